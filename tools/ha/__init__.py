"""Three machines in one: kills, cuts off, freezes and fills the primary under load, and judges.

`make ha-test`. Nothing here is shared with the server: requests go over HTTP, the books are read
and reckoned up by `checker.py` alone.
"""

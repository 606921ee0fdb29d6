"""A soak with faults drawn by a seed, on both databases, and a judge that shares no code with the
server: see `make faults MINUTES=30`.
"""

"""A second opinion on what cards hold: written from the contract, without any of the rules' code.

`points.py` keeps every point as a thing of its own and is as slow as that sounds; `asks.py` makes
up lives of a card; the tests hold the rules and the till to what the second opinion says. `whole/`
is a shop in which all of it happens together: `tests/fuzz/test_whole_lives.py` lives in that.
"""

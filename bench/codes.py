"""Tokens and numbers of the benches' cards: known beforehand, so that nobody needs a list."""

import hashlib

from punchcard.kit.ids import CARD_TOKEN_LENGTH, check_digit


def card_token(number: int) -> str:
    """Return the token of card `number`, counted from 1; stamp_function.sql says it in SQL."""
    digest = hashlib.md5(f"card {number}".encode(), usedforsecurity=False).hexdigest()
    return digest[:CARD_TOKEN_LENGTH]


def card_number(number: int) -> str:
    """Return the printed number of card `number`."""
    body = str(10**10 + number)
    return body + str(check_digit(body))

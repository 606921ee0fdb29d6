"""Which PINs are too easy to guess: pure."""

import itertools
import re

PIN_PATTERN = r"^[0-9]{4,8}$"

_PIN = re.compile(r"[0-9]{4,8}")
_BIRTH_YEARS = range(1940, 2030)


def is_pin(text: str) -> bool:
    """Return whether `text` is written as a PIN: four to eight digits."""
    return _PIN.fullmatch(text) is not None


def is_too_simple(pin: str) -> bool:
    """Return whether a colleague would try `pin` among the first few guesses.

    Too simple are one digit repeated (0000), a run (1234, 9876, 7890), a repeated block (1212,
    12341234), doubled runs (1122, 998877) and, with four digits, a likely year of birth.
    """
    if _is_run(pin) or _is_repeated(pin):
        return True
    if pin[::2] == pin[1::2] and _is_run(pin[::2]):
        return True
    return len(pin) == 4 and int(pin) in _BIRTH_YEARS


def _is_run(digits: str) -> bool:
    """Return whether each digit follows the one before by one step of -1, 0 or 1; 0 follows 9."""
    steps = {(ord(b) - ord(a)) % 10 for a, b in itertools.pairwise(digits)}
    return len(steps) == 1 and steps <= {0, 1, 9}


def _is_repeated(digits: str) -> bool:
    """Return whether `digits` is a shorter block, at least two digits long, repeated."""
    return any(
        len(digits) % size == 0 and digits == digits[:size] * (len(digits) // size)
        for size in range(2, len(digits) // 2 + 1)
    )

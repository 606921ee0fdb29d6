"""Small values that are made by the thousand."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, dataclass_transform

_T = TypeVar("_T")
_Word = TypeVar("_Word", bound=StrEnum)


def as_word(words: type[_Word], text: str | None) -> _Word | None:
    """Return the word of the enum that `text` is, or None if it is not one of them."""
    return next((word for word in words if word == text), None)


@dataclass_transform(frozen_default=True, kw_only_default=True)
def value(made: type[_T]) -> type[_T]:
    """Make a frozen dataclass with named fields, frozen for the type checker alone.

    At run time nothing stands guard: setting each field past a guard triples what a value costs,
    and the till makes several for every stamp.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(made)

"""How a rule refuses a value, and how that becomes the refusal of a field."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from punchcard.kit.errors import InvalidInput, Param, invalid_field
from punchcard.kit.i18n import N_

Checked = TypeVar("Checked")


class InvalidValue(Exception):
    """A value does not fit its rule.

    `sentence` is a marked sentence of the catalogues, `params` fill its placeholders. Neither ever
    holds the value itself: responses do not repeat what was sent.
    """

    def __init__(self, sentence: str, **params: Param) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.params = params


def check_field(
    field: str | tuple[str, ...], rule: Callable[..., Checked], value: Any, **bounds: Any
) -> Checked:
    """Return `value` as `rule` writes it; raises InvalidInput, which names the field.

    `field` is its name, or the whole way to it: `("body", "customer", "phone")`. `bounds` are the
    rule's own, such as `maximum`.
    """
    try:
        return rule(value, **bounds)
    except InvalidValue as error:
        loc = (field,) if isinstance(field, str) else field
        raise invalid_field(*loc, message=error.sentence, **error.params) from None


def check_one_of(given: Mapping[str, Any]) -> None:
    """Raise InvalidInput, naming each of these fields, unless exactly one of them is given."""
    if sum(value is not None for value in given.values()) != 1:
        sentence = N_("Give exactly one of: {names}.")
        told = {"message": sentence, "params": {"names": ", ".join(given)}}
        raise InvalidInput([{"loc": [name], **told} for name in given])

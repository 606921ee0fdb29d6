"""What is wrong with a field, in our own sentences: pydantic's are English and quote values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from punchcard.kit.errors import DomainError, InvalidInput, Kind
from punchcard.kit.i18n import N_

# A batch of five hundred broken operations need not be answered with thousands of lines.
_ERRORS_TOLD = 100
_LOC_CHARACTERS = 100

_NUMBER = N_("Must be a number.")
_WHOLE_NUMBER = N_("Must be a whole number.")
_FLAG = N_("Must be true or false.")
_TEXT = N_("Must be text.")
_LIST = N_("Must be a list.")
_OBJECT = N_("Must be an object.")
_DATE = N_("Must be a date such as 2026-03-14.")
_MOMENT = N_("Must be a time with its zone, such as 2026-03-14T09:26:53Z.")
_ONE_OF = N_("Must be one of: {expected}.")
_OTHER = N_("Is not valid.")

_SENTENCES: dict[str, str] = {
    "missing": N_("Is required."),
    "extra_forbidden": N_("Is not a known field."),
    "none_required": N_("Must be null."),
    "string_type": _TEXT,
    "string_unicode": N_("Must be valid Unicode text."),
    "string_too_short": N_("Must be at least {min_length} characters long."),
    "string_too_long": N_("Must be at most {max_length} characters long."),
    "string_pattern_mismatch": N_("Does not have the expected form."),
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "greater_than": N_("Must be more than {gt}."),
    "greater_than_equal": N_("Must be at least {ge}."),
    "less_than": N_("Must be less than {lt}."),
    "less_than_equal": N_("Must be at most {le}."),
    "multiple_of": N_("Must be a multiple of {multiple_of}."),
    "too_short": N_("Must have a length of at least {min_length}."),
    "too_long": N_("Must have a length of at most {max_length}."),
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "literal_error": _ONE_OF,
    "enum": _ONE_OF,
    "union_tag_invalid": _ONE_OF,
    "union_tag_not_found": N_("Lacks the field that tells its kind: {expected}."),
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": _MOMENT,
}
_EMPTY = N_("Must not be empty.")


class MalformedJson(DomainError):
    """The body is not JSON."""

    code = "malformed_json"
    kind = Kind.MALFORMED
    sentence = N_("The body of the request is not valid JSON.")


class NotSentAsJson(MalformedJson):
    """The body is said to be something else."""

    sentence = N_("Send the body as JSON, with the header Content-Type: application/json.")


class NotFound(DomainError):
    """The address names nothing."""

    code = "not_found"
    kind = Kind.MISSING
    sentence = N_("There is nothing at this address.")


def refusal_of(details: Iterable[Mapping[str, Any]]) -> DomainError:
    """Return the refusal that pydantic's error details amount to.

    A body that is not JSON, or not there, is malformed; an address whose ids are not even written
    like ids names nothing; all else is invalid input, each field with its sentence and never with
    its value.
    """
    faults = list(details)
    if any(fault["type"] == "json_invalid" or _is_no_body(fault) for fault in faults):
        return MalformedJson()
    if any(tuple(fault["loc"])[:1] == ("path",) for fault in faults):
        return NotFound()
    return InvalidInput([_said(fault) for fault in faults[:_ERRORS_TOLD]])


def refusal_of_body(error: ValidationError, *, is_one_of_several: bool = False) -> DomainError:
    """Return the refusal of a body read with `validate_json`, as the framework's routes give it.

    `is_one_of_several` shapes: pydantic puts which one before the names of its fields.
    """
    details = error.errors(include_url=False, include_input=False)
    start = 1 if is_one_of_several else 0
    return refusal_of({**detail, "loc": ("body", *detail["loc"][start:])} for detail in details)


def _is_no_body(fault: Mapping[str, Any]) -> bool:
    return fault["type"] == "missing" and tuple(fault["loc"]) == ("body",)


def _said(fault: Mapping[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = dict(fault.get("ctx") or {})
    kind = fault["type"]
    message = context.pop("sentence", None) if kind == "fault" else _SENTENCES.get(kind, _OTHER)
    if kind in {"string_too_short", "too_short"} and context.get("min_length") == 1:
        message = _EMPTY
    if message == _ONE_OF or kind == "union_tag_not_found":
        context = {"expected": _choices(context)}
    return {"loc": _place(fault["loc"]), "message": message, "params": context}


def _choices(context: Mapping[str, Any]) -> str:
    """Return the values that would fit; pydantic gives them as an English list with quotes."""
    text = str(
        context.get("expected") or context.get("expected_tags") or context.get("discriminator", "")
    )
    return text.replace(" or ", ", ").replace("'", "")


def _place(loc: Sequence[str | int]) -> list[str | int]:
    return [part if isinstance(part, int) else _presentable(part) for part in loc]


def _presentable(name: str) -> str:
    # The name of an unknown field is the sender's own text: it may be anything a str can hold.
    return name[:_LOC_CHARACTERS].encode("utf-8", "replace").decode()

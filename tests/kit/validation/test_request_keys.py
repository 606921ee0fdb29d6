"""A caller's idempotency key is any visible text, but none of those Punchcard asks its till by."""

import pytest

from punchcard.kit.validation.invalid import InvalidValue
from punchcard.kit.validation.request_keys import OWN, request_key

AN_ID = "019cac1e-7b00-7000-8000-000000000001"


@pytest.mark.parametrize(
    "key", ["1", "till-3:2026-11-30:17", AN_ID, "claim:17", "import:monday", "x" * 128]
)
def test_a_key_is_what_a_caller_chose(key: str) -> None:
    assert request_key(key) == key


@pytest.mark.parametrize("begins", OWN)
@pytest.mark.parametrize("told", [AN_ID, AN_ID.upper(), f"{AN_ID}:friend", "a" * 64])
def test_no_caller_takes_a_key_that_is_punchcards_own(begins: str, told: str) -> None:
    with pytest.raises(InvalidValue, match="Choose another"):
        request_key(begins + told)


@pytest.mark.parametrize("key", ["", " ", "a b", "clé", "x" * 129, "a\n", f"claim:{AN_ID}" * 3])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidValue):
        request_key(key)

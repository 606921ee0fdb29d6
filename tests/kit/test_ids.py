"""Numbers of cards as people read them."""

import pytest

from punchcard.kit.ids import as_card_number, readable_number

NUMBER = "572483901167"


@pytest.mark.parametrize(
    ("may_break", "told"),
    [(False, "5724\u00a08390\u00a01167"), (True, "5724 8390 1167")],
)
def test_a_number_is_told_in_fours_and_read_again(may_break: bool, told: str) -> None:
    assert readable_number(NUMBER, may_break=may_break) == told
    assert as_card_number(told) == NUMBER

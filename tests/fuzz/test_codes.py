"""What names a card: numbers, tokens, ids, addresses and codes that move."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.kit.ids import as_card_number, as_card_token, as_id, check_digit
from punchcard.kit.settings import Settings
from punchcard.loyalty.errors.cards import CodeExpired
from punchcard.loyalty.operations import CardRef
from punchcard.loyalty.rotating_codes import RotatingCodes, as_rotating_code
from tests.conftest import MONDAY_MORNING
from tests.contract.conftest import Stage
from tests.fuzz.effort import effort
from tests.fuzz.made_up import anything, nearly, ragged

NUMBER = "482915036272"
TOKEN = "Zk3nX0a_-9bQmT7rLw2EyA"
ID = "0190f6a4-1c2b-7d3e-8f90-a1b2c3d4e5f6"
codes = RotatingCodes(Settings(secret_key="a secret of 32 characters at least"))
CODE = codes.code_for(NUMBER, MONDAY_MORNING)

names = (
    ragged
    | nearly(NUMBER)
    | nearly(TOKEN)
    | nearly(ID)
    | nearly(f"https://shop.example/c/{TOKEN}")
    | st.text("0123456789- \u2011\u0663\uff11", max_size=24)
)


@effort(600)
@given(names)
@example(NUMBER)
@example("4829-1503-6272")
@example(TOKEN)
@example(ID.upper())
@example("\u0664\u0668\u0662\u0669\u0661\u0665\u0660\u0663\u0666\u0662\u0667\u0662")
def test_what_names_a_card_is_read_once_and_for_all(text: str) -> None:
    ref = CardRef.parse(text)
    if ref is not None:
        assert CardRef.parse(ref.value) == ref
        assert ref.value.isascii()
        assert len(ref.value) in (12, 22, 36)
    number, token, named = as_card_number(text), as_card_token(text), as_id(text)
    assert number is None or (as_card_number(number) == number and check_digit(number) == 0)
    assert token is None or as_card_token(token) == token
    assert named is None or as_id(named) == named


@effort(300)
@given(st.integers(0, 11), st.integers(1, 9))
def test_no_wrong_digit_passes_for_a_card_number(place: int, more: int) -> None:
    digit = str((int(NUMBER[place]) + more) % 10)
    assert as_card_number(NUMBER[:place] + digit + NUMBER[place + 1 :]) is None


@effort(600)
@given(ragged | nearly(CODE) | st.from_regex(r"[0-9]{1,12}\.[0-9]{8}/[0-9]{12}"))
@example(CODE)
@example("99999999999.00000000/" + NUMBER)
@example(CODE + "\n")
def test_no_moving_code_but_the_one_of_the_moment_counts(text: str) -> None:
    code = as_rotating_code(text)
    if code is None:
        assert codes.verify(text, MONDAY_MORNING) is None
        return
    try:
        found = codes.verify(text, MONDAY_MORNING)
    except CodeExpired:
        return
    # Whatever second of its half minute it names, the digits are those of the key.
    assert found == code.number
    assert text.partition(".")[2] == codes.code_for(code.number, MONDAY_MORNING).partition(".")[2]


@pytest.fixture(scope="module")
def stage(either_stage: Stage) -> Stage:
    return either_stage


@effort(60)
@given(text=names | anything)
def test_a_search_for_anything_answers(stage: Stage, text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    for path, name in (("/cards", "query"), ("/cards/lookup", "code")):
        answer = stage.as_alices("owner").get(f"/vendor/loyalty{path}", params={name: text})
        assert answer.status_code in (200, 404, 422, 429), answer.text

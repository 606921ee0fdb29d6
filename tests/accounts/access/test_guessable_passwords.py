"""Passwords that whoever guesses tries first, and those that are left alone."""

import pytest

from punchcard.accounts.access.guessable_passwords import refuse_guessable
from punchcard.demo.demo_shop import PASSWORD as DEMO_PASSWORD
from punchcard.kit.errors import InvalidInput
from tests.support.cast import PASSWORD

NAMES = ["Jean-Paul Müller", "jp.muller@cafe-alice.example", "Café Alice", "cafe-alice"]


@pytest.mark.parametrize(
    "password",
    [
        *("password", "Password1!", "PASSW0RD", "iloveyou", "sunshine1", "trustno1", "football"),
        *("12345678", "87654321", "abcdefgh", "qwertzui", "azertyuiop", "1qaz2wsx", "abcd1234"),
        *("qwertz123", "sonnenschein", "Hallo1234", "Moien2026!", "Sommer26!", "luxembourg1"),
        *("hallohallo", "Kaffee2026"),
        *("aaaaaaaa", " " * 8, "abababab", "xyzxyzxyzx", "11112222", "x" * 100 + "1"),
        *("punchcard", "Punchcard 2026", "PUNCHCARD!!"),
        *(
            "jp.muller@cafe-alice.example",
            "cafealice",
            "Cafe Alice 1",
            "Mu\u0308ller2026",
            "müller99!",
        ),
    ],
)
def test_what_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        refuse_guessable("password", password, NAMES)

    assert refusal.value.errors[0]["loc"] == ["password"]


@pytest.mark.parametrize(
    "password",
    [
        *(PASSWORD, DEMO_PASSWORD, "a long enough password 7!", "correct horse battery staple"),
        *("Alice likes her tea hot", "Müller bäckt um vier", "punchcard of my grandmother"),
        *("s8Jw2kQz", "парольнадолго", "長い長い合言葉です"),
    ],
)
def test_what_takes_some_guessing_is_taken(password: str) -> None:
    refuse_guessable("password", password, NAMES)


def test_names_of_others_are_no_reason() -> None:
    refuse_guessable("password", "cafealice", ["Bob", "bob@bakery.example"])

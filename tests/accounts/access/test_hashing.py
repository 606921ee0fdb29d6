"""bcrypt in turn."""

from contextlib import ExitStack
from dataclasses import replace

import pytest

from punchcard.accounts.access.hashing import (
    Hasher,
    cost_of,
    password_bytes,
    password_hasher,
    password_marks,
    pin_hasher,
)
from punchcard.accounts.errors import HasherBusy, TooManyRequests
from punchcard.kit.settings import Settings


def test_a_hash_is_of_its_password_only() -> None:
    hasher = Hasher(threads=1, queue_limit=1)
    hashed = hasher.hash(password_bytes("père noël"), 4)

    assert hasher.verify(password_bytes("pe\u0300re noe\u0308l"), hashed, cost=4)
    assert not hasher.verify(password_bytes("pere noel"), hashed, cost=4)


@pytest.mark.parametrize("made_at", [4, 5, 7])
@pytest.mark.parametrize("typed", [b"right", b"wrong"])
def test_a_hash_from_when_they_cost_less_takes_as_long_as_one_of_today(
    made_at: int, typed: bytes
) -> None:
    hasher = Hasher(threads=1, queue_limit=1)
    hashed = hasher.hash(b"right", made_at)

    assert hasher.verify(typed, hashed, cost=7) == (typed == b"right")
    assert hasher.rounds == 1 << 7
    assert hasher.checked == 1


@pytest.mark.parametrize("cost", [4, 6])
def test_a_hash_made_anew_is_of_the_same_secret_at_another_cost(cost: int) -> None:
    hasher = Hasher(threads=1, queue_limit=1)
    before = hasher.hash(b"right", 5)
    anew = hasher.hash_anew_in_place(b"right", before, cost=cost)

    assert anew is not None
    assert cost_of(anew) == cost
    assert hasher.verify(b"right", anew, cost=cost)
    assert not hasher.verify(b"wrong", anew, cost=cost)
    assert hasher.hash_anew_in_place(b"right", anew, cost=cost) is None
    # Who has it is the same; who sets the same password once more has another.
    assert password_marks(anew)[0] == password_marks(before)[0]
    assert password_marks(hasher.hash(b"right", 5))[0] != password_marks(before)[0]


def test_who_comes_when_the_queue_is_full_is_refused_at_once() -> None:
    hasher = Hasher(threads=1, queue_limit=0)

    with hasher.place(), pytest.raises(HasherBusy) as refusal:
        hasher.hash(b"x", 4)

    assert refusal.value.retry_after_seconds == 1
    assert hasher.hash(b"x", 4)


def test_one_caller_has_a_share_of_the_queue_and_the_others_the_rest() -> None:
    hasher = Hasher(threads=1, queue_limit=4, queue_per_caller=2)

    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(hasher.place("loud"))
        with pytest.raises(TooManyRequests) as refusal:
            hasher.hash(b"x", 4, caller="loud")
        assert refusal.value.retry_after_seconds == 1
        assert hasher.hash(b"x", 4, caller="quiet")
        for caller in ("quiet", None):
            held.enter_context(hasher.place(caller))
        with pytest.raises(HasherBusy):
            hasher.hash(b"x", 4, caller="late")
        assert hasher.taken == hasher.places

    assert hasher.taken == 0
    with hasher.place("loud"):
        assert hasher.taken == 1


def test_a_place_is_given_back_whatever_becomes_of_the_work() -> None:
    hasher = Hasher(threads=1, queue_limit=0, queue_per_caller=0)

    for _ in range(2):
        with pytest.raises(LookupError), hasher.place("a"):
            raise LookupError

    assert hasher.hash(b"x", 4, caller="a")


def test_passwords_and_pins_do_not_wait_for_each_other(settings: Settings) -> None:
    narrow = replace(
        settings,
        bcrypt_threads=1,
        bcrypt_queue_limit=0,
        password_bcrypt_threads=1,
        password_bcrypt_queue_limit=0,
    )
    for_passwords, for_pins = password_hasher(narrow), pin_hasher(narrow)

    with for_passwords.place(), for_passwords.turn():
        assert for_pins.hash(b"x", 4)
    with for_pins.place(), for_pins.turn():
        assert for_passwords.hash(b"x", 4)

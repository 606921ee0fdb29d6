"""Standard Webhooks: its own library and its published vectors judge what we sign."""

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from punchcard.connect.signatures import headers_of, secret_of, signature

BODY = (
    b'{"type":"card.enrolled","timestamp":"2026-03-02T09:00:00.000000Z","data":{"name":"\xc3\xa9"}}'
)
MINE = secret_of(bytes(range(32)))
FORMER = secret_of(bytes(32))


@pytest.mark.parametrize(
    ("secret", "message", "seconds", "body", "signed"),
    [
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1649367553,
            b'{"email":"test@example.com","username":"test_user"}',
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ],
)
def test_the_published_vectors_come_out(
    secret: str, message: str, seconds: int, body: bytes, signed: str
) -> None:
    assert signature(secret, message, seconds, body) == signed


def test_their_library_takes_what_we_sign() -> None:
    now = datetime.now(UTC)

    headers = dict(headers_of([MINE], "0195", now, BODY))

    assert Webhook(MINE).verify(BODY, headers)["data"] == {"name": "é"}
    assert sorted(headers) == ["webhook-id", "webhook-signature", "webhook-timestamp"]


def test_while_a_secret_is_changed_either_one_is_taken() -> None:
    headers = dict(headers_of([MINE, FORMER], "0195", datetime.now(UTC), BODY))

    assert Webhook(MINE).verify(BODY, headers)
    assert Webhook(FORMER).verify(BODY, headers)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"webhook-id": "0196"}, id="another id"),
        pytest.param({"webhook-timestamp": "1"}, id="another time"),
        pytest.param({"webhook-signature": "v1,aGVsbG8="}, id="another signature"),
    ],
)
def test_their_library_refuses_what_was_changed_on_the_way(told: dict[str, str]) -> None:
    headers = dict(headers_of([MINE], "0195", datetime.now(UTC), BODY))

    with pytest.raises(WebhookVerificationError):
        Webhook(MINE).verify(BODY, headers | told)


def test_an_attempt_is_signed_for_its_own_time() -> None:
    now = datetime.now(UTC)
    first, second = (dict(headers_of([MINE], "0195", at, BODY)) for at in (now, now + timedelta(1)))

    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]

"""The Python client tells what the shop's server sent from what it did not send."""

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from punchcard_client import NotVerified, verify_webhook
from standardwebhooks import Webhook

from punchcard.connect.webhooks import endpoint_service
from punchcard.kit.clock import ManualClock
from tests.connect.test_events import stamp
from tests.connect.webhook_shop import Post, Receivers, doing, endpoint, sender, work
from tests.loyalty import shelf
from tests.support.cast import Shop

# An example of Standard Webhooks' own libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
SENT_AT = 1614265330
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "Webhook-Timestamp": str(SENT_AT),
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def verified(body: bytes = BODY, *, at: float = SENT_AT, **changed: str) -> Any:
    """Verify the example, with headers changed."""
    given = {**HEADERS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return verify_webhook(body, given, SECRET, now=lambda: at)


def test_the_example_of_the_standard_is_verified() -> None:
    assert verified() == {"test": 2432232314}
    right = HEADERS["Webhook-Signature"]
    assert verified(Webhook_Signature=f"v1a,Zm9v v1,!!! v1,Zm9v {right}") == {"test": 2432232314}


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b'{"test": 2432232315}'},
        {"at": SENT_AT + 301},
        {"at": SENT_AT - 301},
        {"Webhook_Id": "msg_other"},
        {"Webhook_Id": ""},
        {"Webhook_Timestamp": "yesterday"},
        {"Webhook_Timestamp": "9" * 5000},
        {"Webhook_Timestamp": "²"},
        {"Webhook_Signature": ""},
        {"Webhook_Signature": "v1,"},
        {"Webhook_Signature": "v1,é"},
        {"Webhook_Signature": f"v2,{HEADERS['Webhook-Signature'][3:]}"},
    ],
)
def test_everything_else_is_not(changed: dict[str, Any]) -> None:
    with pytest.raises(NotVerified):
        verified(**changed)


def test_a_secret_of_another_kind_is_told() -> None:
    with pytest.raises(ValueError, match="is no `whsec_"):
        verify_webhook(BODY, HEADERS, "whsec_é", now=lambda: SENT_AT)


def test_it_agrees_with_the_library_of_the_standard() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    secret = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
    signed = Webhook(secret).sign("evt_1", now, "{}")
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signed,
    }
    told: Any = verify_webhook(b"{}", headers, secret, now=now.timestamp)
    assert told == {}


def test_what_the_server_sends_is_verified_also_while_its_secret_changes(
    alice: Shop, clock: ManualClock
) -> None:
    secret, endpoint_id = endpoint(alice)
    program = shelf.program(alice, **{"name": "Card", **shelf.HYBRID})
    card = shelf.opened_card(alice, program)
    receivers = Receivers()
    stamp(alice, card)
    work(sender(alice.context, receivers))
    told = verify_webhook(*heard(receivers.posts[-1]), secret, now=clock.now().timestamp)
    assert told["type"] == "transaction.created"
    assert told["data"]["card_id"] == card

    secrets = alice.context.connect.webhook_secrets
    new, _ = doing(alice, endpoint_service.rotate_secret, endpoint_id, secrets)
    clock.advance(hours=1)
    stamp(alice, card)
    work(sender(alice.context, receivers))
    for either in (secret, new):
        verify_webhook(*heard(receivers.posts[-1]), either, now=clock.now().timestamp)


def heard(post: Post) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of an attempt."""
    return post.body, dict(post.headers)

"""Google's notices: what Google really sent is believed, and nothing that differs from it."""

import json
import threading
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.wallets.google.callback import (
    KeysAway,
    NoticeMalformed,
    NoticeNotGenuine,
    RootKey,
    RootKeys,
    root_keys,
    verify_notice,
)

REAL = json.loads((Path(__file__).parent.parent / "data" / "google_notices.json").read_text())
KEYS_URL = "https://keys.test/keys"


def root_key(expires_at: datetime = datetime(2040, 1, 1, tzinfo=UTC)) -> RootKey:
    key = load_der_public_key(b64decode(REAL["root"]))
    return RootKey(key, expires_at)  # type: ignore[arg-type]


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@pytest.fixture(params=range(len(REAL["notices"])), ids=lambda n: REAL["notices"][n]["issuer_id"])
def real(request: pytest.FixtureRequest) -> dict[str, Any]:
    chosen: dict[str, Any] = REAL["notices"][request.param]
    return chosen


def verify(real: dict[str, Any], **changes: Any) -> Any:
    given = {
        "issuer_id": real["issuer_id"],
        "roots": [root_key()],
        "now": moment(real["now_millis"]),
        **changes,
    }
    body = given.pop("body", real["body"].encode())
    return verify_notice(body, **given)


def test_what_google_really_sent_is_believed(real: dict[str, Any]) -> None:
    said = json.loads(json.loads(real["body"])["signedMessage"])

    notice = verify(real)

    assert (notice.event, notice.nonce) == (said["eventType"], said["nonce"])
    assert notice.class_id == said["classId"]
    assert notice.object_id == said.get("objectId")


def test_a_notice_for_another_issuer_is_refused(real: dict[str, Any]) -> None:
    with pytest.raises(NoticeNotGenuine):
        verify(real, issuer_id="3388000000099999999")


def test_a_late_notice_is_refused(real: dict[str, Any]) -> None:
    late = moment(real["now_millis"]) + timedelta(minutes=1)

    with pytest.raises(NoticeNotGenuine):
        verify(real, now=late)


def test_a_notice_under_an_ended_root_is_refused(real: dict[str, Any]) -> None:
    ended = root_key(moment(real["now_millis"]))

    with pytest.raises(NoticeNotGenuine):
        verify(real, roots=[ended])


def test_without_roots_nothing_is_believed(real: dict[str, Any]) -> None:
    with pytest.raises(NoticeNotGenuine):
        verify(real, roots=[])


def test_an_unknown_root_before_the_right_one_does_no_harm(real: dict[str, Any]) -> None:
    other = json.loads(json.loads(real["body"])["intermediateSigningKey"]["signedKey"])["keyValue"]
    stranger = RootKey(load_der_public_key(b64decode(other)), root_key().expires_at)  # type: ignore[arg-type]

    assert verify(real, roots=[stranger, root_key()])
    with pytest.raises(NoticeNotGenuine):
        verify(real, roots=[stranger])


def _message(change: Callable[[str], str]) -> Callable[[dict[str, Any]], None]:
    def apply(envelope: dict[str, Any]) -> None:
        envelope["signedMessage"] = change(envelope["signedMessage"])

    return apply


def _key(change: Callable[[str], str]) -> Callable[[dict[str, Any]], None]:
    def apply(envelope: dict[str, Any]) -> None:
        inner = envelope["intermediateSigningKey"]
        inner["signedKey"] = change(inner["signedKey"])

    return apply


def _rewritten(text: str) -> str:
    return json.dumps(json.loads(text))


def _swapped(envelope: dict[str, Any]) -> None:
    inner = envelope["intermediateSigningKey"]
    envelope["signature"], inner["signatures"] = inner["signatures"][0], [envelope["signature"]]


TAMPERED: dict[str, Callable[[dict[str, Any]], None]] = {
    "another event": _message(lambda text: text.replace('"count":1', '"count":2')),
    "a later end": _message(lambda text: text.replace('"expTimeMillis":1', '"expTimeMillis":2')),
    "message rewritten": _message(_rewritten),
    "key rewritten": _key(_rewritten),
    "a key that lasts": _key(lambda text: text.replace('Expiration":"1', 'Expiration":"2')),
    "no signature of the key": lambda e: e["intermediateSigningKey"].update(signatures=[]),
    "signatures swapped": _swapped,
    "another protocol": lambda e: e.update(protocolVersion="ECv2"),
    "one more key": lambda e: e.update(extra=1),
    "one key less": lambda e: e.pop("signature"),
    "signature is no base64": lambda e: e.update(signature="§"),
    "signature is a number": lambda e: e.update(signature=1),
    "signature cut short": lambda e: e.update(signature=e["signature"][:-8]),
    "message is an object": lambda e: e.update(signedMessage=json.loads(e["signedMessage"])),
    "message is empty": lambda e: e.update(signedMessage=""),
    "unpaired surrogate": lambda e: e.update(signedMessage="\ud800"),
    "intermediate is a list": lambda e: e.update(intermediateSigningKey=[]),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED.keys())
def test_whatever_differs_from_what_was_signed_is_refused(
    real: dict[str, Any], tamper: Callable[[dict[str, Any]], None]
) -> None:
    envelope = json.loads(real["body"])
    tamper(envelope)

    with pytest.raises((NoticeMalformed, NoticeNotGenuine)):
        verify(real, body=json.dumps(envelope).encode())


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"1", b"\xff", b"[" * 100_000])
def test_what_is_no_notice_at_all_is_refused_as_malformed(body: bytes) -> None:
    with pytest.raises(NoticeMalformed):
        verify(REAL["notices"][0], body=body)


def test_every_changed_byte_is_noticed() -> None:
    real = REAL["notices"][0]
    body = real["body"].encode()

    for place in range(0, len(body), 7):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(DomainError):
            verify(real, body=changed)


def keys_document(expires_at: datetime | None, protocol: str = "ECv2SigningOnly") -> bytes:
    told = {"keyValue": REAL["root"], "protocolVersion": protocol}
    if expires_at is not None:
        told["keyExpiration"] = str(int(expires_at.timestamp() * 1000))
    return json.dumps({"keys": [told]}).encode()


def test_only_keys_of_this_protocol_that_name_a_later_end_are_taken(clock: ManualClock) -> None:
    now = clock.now()

    assert len(root_keys(keys_document(now + timedelta(days=1)), now)) == 1
    assert root_keys(keys_document(now), now) == []
    assert root_keys(keys_document(None), now) == []
    assert root_keys(keys_document(now + timedelta(days=1), "ECv2"), now) == []


class KeyServer:
    """Google's address of public keys."""

    def __init__(self, document: bytes) -> None:
        self.document: bytes | None = document
        self.requests = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.document is None:
            raise httpx.ConnectError("away", request=request)
        return httpx.Response(
            200, content=self.document, headers={"Cache-Control": "public, max-age=86400"}
        )


def open_keys(server: KeyServer, clock: ManualClock) -> RootKeys:
    http = httpx.Client(transport=httpx.MockTransport(server))
    return RootKeys(http, url=KEYS_URL, clock=clock)


def test_keys_are_fetched_once_and_again_at_half_their_time(clock: ManualClock) -> None:
    server = KeyServer(keys_document(clock.now() + timedelta(days=30)))
    keys = open_keys(server, clock)

    for _ in range(3):
        assert len(keys.current()) == 1
    assert server.requests == 1
    clock.advance(hours=12)
    keys.current()
    assert server.requests == 2


def test_while_google_is_away_live_keys_go_on_and_are_asked_for_once_a_minute(
    clock: ManualClock,
) -> None:
    server = KeyServer(keys_document(clock.now() + timedelta(days=1)))
    keys = open_keys(server, clock)
    keys.current()
    server.document = None
    clock.advance(hours=13)

    for _ in range(5):
        assert len(keys.current()) == 1
    assert server.requests == 2

    clock.advance(hours=12)
    with pytest.raises(KeysAway):
        keys.current()


def test_many_callers_at_once_make_one_request(clock: ManualClock) -> None:
    server = KeyServer(keys_document(clock.now() + timedelta(days=1)))
    keys = open_keys(server, clock)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(keys.current()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (found, server.requests) == ([1] * 8, 1)

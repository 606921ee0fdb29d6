"""Google's notices and key documents: nothing that differs from what was signed is believed."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from punchcard.fakes.google_notices import NoticeSigner
from punchcard.wallets.google.callback import (
    Notice,
    NoticeMalformed,
    NoticeNotGenuine,
    root_keys,
    verify_notice,
)
from tests.conftest import MONDAY_MORNING as NOW
from tests.fuzz.effort import effort
from tests.fuzz.made_up import base64_like, json_values, nearly, nearly_bytes

ISSUER = "3388000000022"
signer = NoticeSigner(ISSUER, lambda: NOW)
ROOTS = json.dumps(signer.public_keys()).encode()
NOTICE = signer.notice(class_id=f"{ISSUER}.card", object_id=f"{ISSUER}.1", event="save")
_ENVELOPE = json.loads(NOTICE)


def verified(body: bytes) -> Notice:
    return verify_notice(body, issuer_id=ISSUER, roots=root_keys(ROOTS, NOW), now=NOW)


@effort(300)
@given(nearly_bytes(NOTICE) | st.binary(max_size=200))
@example(b"[" * 100_000)
@example(b'{"protocolVersion":' * 5000)
@example(b"\xff\xfe{}")
def test_no_notice_but_a_signed_one_is_believed(body: bytes) -> None:
    try:
        notice = verified(body)
    except (NoticeMalformed, NoticeNotGenuine):
        return
    # What lies between the signed texts may differ: blanks, the way a character is escaped.
    assert json.loads(body) == _ENVELOPE
    assert notice == verified(NOTICE)


@st.composite
def envelopes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a notice with one of its parts made up anew, at any depth."""
    envelope = json.loads(NOTICE)
    place: Any = envelope
    while True:
        name = draw(st.sampled_from(sorted(place)))
        if isinstance(place[name], dict) and draw(st.booleans()):
            place = place[name]
            continue
        kept = place[name] if isinstance(place[name], str) else json.dumps(place[name])
        place[name] = draw(json_values() | base64_like | nearly(kept))
        return dict(envelope)


@effort(300)
@given(envelopes())
def test_no_part_of_a_notice_can_be_another(envelope: dict[str, Any]) -> None:
    body = json.dumps(envelope).encode()
    if envelope == _ENVELOPE:
        assert verified(body).class_id == f"{ISSUER}.card"
        return
    try:
        # A list of signatures may hold others beside the right one.
        assert verified(body) == verified(NOTICE)
        assert envelope | {"intermediateSigningKey": 0} == _ENVELOPE | {"intermediateSigningKey": 0}
    except (NoticeMalformed, NoticeNotGenuine):
        pass


@effort(300)
@given(json_values().map(lambda value: json.dumps(value).encode()) | nearly_bytes(ROOTS))
@example(b"[" * 100_000)
@example(b'{"keys": [{"protocolVersion": "ECv2SigningOnly", "keyExpiration": "1e400"}]}')
@example(
    b'{"keys": [{"protocolVersion": "ECv2SigningOnly", "keyExpiration": ' + b"9" * 5000 + b"}]}"
)
def test_a_document_that_holds_no_keys_gives_none(document: bytes) -> None:
    try:
        keys = root_keys(document, NOW)
    except ValueError:
        return
    assert all(key.expires_at > NOW for key in keys)


def test_what_is_signed_is_believed() -> None:
    assert verified(NOTICE).object_id == f"{ISSUER}.1"
    with pytest.raises(NoticeNotGenuine):
        verify_notice(NOTICE, issuer_id=ISSUER, roots=[], now=NOW)

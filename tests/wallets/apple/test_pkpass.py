"""Passes as OpenSSL, a ZIP reader and Apple's documented keys see them."""

import subprocess
import time
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from punchcard.kit.i18n import LANGUAGES
from punchcard.wallets.apple.pass_images import pass_pictures
from punchcard.wallets.apple.pass_json import PassIdentity, text_files
from punchcard.wallets.apple.pass_texts import words_of
from punchcard.wallets.apple.pkpass import PassFile, build_pkpass
from punchcard.wallets.apple.signing import PassSigner
from punchcard.wallets.pass_content import card_language, for_holder, pass_content
from punchcard.wallets.pass_facts import CardFacts, ProgramFacts
from tests.wallets.apple.opened_pass import (
    OpenedPass,
    check_document,
    check_pictures,
    open_pass,
    verify_signature,
)
from tests.wallets.facts import card, program

SIGNED_AT = datetime(2026, 11, 22, 8, 30, 15, tzinfo=timezone(timedelta(hours=1)))
NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('"\\\n%☕שלום😀'),
    min_size=1,
    max_size=300,
)


def built(signer: PassSigner, program: ProgramFacts, card: CardFacts) -> OpenedPass:
    return open_pass(packed(signer, program, card))


def packed(signer: PassSigner, program: ProgramFacts, card: CardFacts) -> bytes:
    identity = PassIdentity(
        pass_type_id=signer.pass_type_id,
        team_id=signer.team_id,
        serial_number=card.number,
        web_service_url="https://shop.test/api/v1/loyalty/apple",
        authentication_token="a token of sixteen characters",
    )
    content = pass_content(program, card, card_language(program, card))
    pictures = pass_pictures(content, logo=None, hero=None)
    sign = partial(signer.sign, at=SIGNED_AT)
    return build_pkpass([*texts(program, card, identity), *pictures], sign)


def texts(program: ProgramFacts, card: CardFacts, identity: PassIdentity) -> tuple[PassFile, ...]:
    words = words_of(program, card)
    content = for_holder(words.content, program, card)
    assert content == pass_content(program, card, card_language(program, card))
    return text_files(content, words, identity)


@pytest.mark.parametrize("kind", ["stamps", "points", "hybrid"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_card_is_a_pass_apple_documents(
    signer: PassSigner, kind: str, language: str
) -> None:
    opened = built(signer, program(type=kind), card(language=language, stamps=7, points=12))
    check_document(opened.document)
    check_pictures(opened.files)
    assert {f"{name}.lproj/pass.strings" for name in LANGUAGES} <= opened.files.keys()


def test_openssl_verifies_the_signature_from_outside(signer: PassSigner, root_file: Path) -> None:
    opened = built(signer, program(), card())
    said = verify_signature(opened, root_file)
    assert "eContent: <ABSENT>" in said
    assert said.count("signingTime") == 1
    assert "UTCTIME:Nov 22 07:30:15 2026 GMT" in said
    assert said.count("Worldwide Developer Relations") >= 2, "the intermediate is missing"


def test_unzip_finds_every_file_whole(signer: PassSigner, tmp_path: Path) -> None:
    archive = tmp_path / "card.pkpass"
    archive.write_bytes(packed(signer, program(), card()))
    said = subprocess.run(["unzip", "-t", archive], check=True, capture_output=True, text=True)
    assert "No errors detected" in said.stdout
    assert "extra bytes" not in said.stdout + said.stderr


def test_changed_manifest_is_refused(signer: PassSigner, root_file: Path) -> None:
    opened = built(signer, program(), card())
    forged = opened.files | {"manifest.json": opened.files["manifest.json"] + b" "}
    with pytest.raises(subprocess.CalledProcessError, match="cms"):
        verify_signature(OpenedPass(forged), root_file)


@settings(max_examples=60, deadline=None)
@given(shop=NAMES, name=NAMES, customer=NAMES, reward=NAMES, french=NAMES)
def test_any_name_comes_through(
    signer: PassSigner, shop: str, name: str, customer: str, reward: str, french: str
) -> None:
    facts = program(
        vendor_name=shop,
        name=name,
        stamp_reward={"name": reward},
        texts={"fr": {"name": french}},
    )
    opened = built(signer, facts, card(customer_name=customer))
    check_document(opened.document)
    assert opened.document["organizationName"] == shop
    assert opened.document["logoText"].rstrip("\u200b") == name.rstrip("\u200b")
    in_french = opened.strings("fr")
    assert in_french.get(opened.document["logoText"], name) == french
    shown = opened.fields("auxiliaryFields")["customer"]
    assert in_french.get(shown, shown).rstrip("\u200b") == customer.rstrip("\u200b")


def test_customer_named_like_a_label_keeps_their_name(signer: PassSigner) -> None:
    opened = built(signer, program(), card(customer_name="Stamps"))
    shown = opened.fields("auxiliaryFields")["customer"]
    assert shown.rstrip("\u200b") == "Stamps"
    assert shown not in opened.strings("de") or opened.strings("de")[shown] == "Stamps"
    assert opened.strings("de")["Stamps"] == "Stempel"


def test_cards_in_the_same_state_share_all_but_what_is_their_holders(signer: PassSigner) -> None:
    cards = [card(number="111122223333", customer_name="Zoë"), card(customer_name="Stamps")]
    zoe, stamps = (built(signer, program(), one) for one in cards)
    differing = {name for name, content in zoe.files.items() if stamps.files[name] != content}
    assert differing == {
        "pass.json",
        "manifest.json",
        "signature",
        *(f"{language}.lproj/pass.strings" for language in LANGUAGES),
    }
    again = built(signer, program(), card(number="111122223333", customer_name="Ada"))
    differing = {name for name, content in zoe.files.items() if again.files[name] != content}
    assert differing == {"pass.json", "manifest.json", "signature"}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Tea card"},
        {"vendor_name": "Bob"},
        {"texts": {"de": {"name": "Teekarte"}}},
        {"stamp_reward": {"name": "Tea for free"}},
        {"terms_text": "Be nice."},
    ],
)
def test_changed_program_says_so_at_once(signer: PassSigner, changes: dict[str, Any]) -> None:
    before = built(signer, program(), card())
    after = built(signer, program(**changes), card())
    assert before.files != after.files
    assert built(signer, program(), card()).files == before.files


def test_same_card_makes_the_same_files(signer: PassSigner) -> None:
    first, second = (built(signer, program(), card(stamps=3)) for _ in range(2))
    assert first.files["manifest.json"] == second.files["manifest.json"]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("stamps", {"stamps": "7/10"}),
        ("points", {"points": 12}),
        ("hybrid", {"stamps": "7/10", "points": 12}),
    ],
)
def test_balance_shows_while_passes_lie_on_each_other(
    signer: PassSigner, kind: str, shown: dict[str, object]
) -> None:
    opened = built(signer, program(type=kind), card(stamps=7, points=12))
    assert opened.fields("headerFields") == shown


@pytest.mark.parametrize(
    ("logo_url", "has_text"),
    [
        (None, True),
        ("https://elsewhere.example/logo.png", True),
        ("/api/v1/loyalty/programs/x/logo.png?v=1", False),
    ],
)
def test_name_stands_beside_the_mark_but_not_beside_a_logo(
    signer: PassSigner, logo_url: str | None, has_text: Any
) -> None:
    document = built(signer, program(branding={"logo_url": logo_url}), card()).document
    assert ("logoText" in document) == has_text


def test_card_out_of_use_becomes_a_void_pass(signer: PassSigner) -> None:
    document = built(signer, program(), card(status="closed")).document
    assert document["voided"] is True
    assert "barcodes" not in document


def test_till_scans_the_token(signer: PassSigner) -> None:
    barcode = built(signer, program(), card()).document["barcodes"][0]
    assert (barcode["message"], barcode["altText"]) == ("123456789012", "1234 5678 9012")


@pytest.mark.parametrize(
    ("address", "is_named"),
    [
        ("https://shop.test/x", True),
        ("http://127.0.0.1:8000/x", True),
        ("http://shop.test/x", False),
    ],
)
def test_phone_is_only_told_of_an_address_it_accepts(address: str, is_named: Any) -> None:
    identity = PassIdentity(
        pass_type_id="pass.x",
        team_id="T",
        serial_number="1",
        web_service_url=address,
        authentication_token="a token of sixteen characters",
    )
    document = texts(program(), card(), identity)[0].record
    assert (b"webServiceURL" in document) == is_named


def test_key_is_parsed_once_so_a_pass_takes_milliseconds(signer: PassSigner) -> None:
    built(signer, program(), card())
    started = time.process_time()
    for stamps in range(10):
        built(signer, program(), card(stamps=7, points=stamps))
    assert (time.process_time() - started) / 10 < 0.03

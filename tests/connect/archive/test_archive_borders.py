"""What an archive brings is its own shop's, and leads to nothing of another: by key or by id."""

from collections.abc import Callable

import orjson
import pytest
from sqlalchemy import select

from punchcard.connect.archive.borders import refuse_strangers
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.claims.models import ReceiptClaim
from punchcard.connect.claims.vocabulary import ClaimSource, ClaimState
from punchcard.connect.integrations.models import Integration
from punchcard.connect.integrations.order_book import hold_order
from punchcard.connect.integrations.vocabulary import IntegrationKind, IntegrationStatus
from punchcard.kit.ids import IntegrationId, ReceiptClaimId, VendorId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.vocabulary import ActorKind
from tests.connect.archive.conftest import Home, Town
from tests.connect.archive.forgery import (
    concealing,
    files_of,
    forged,
    packed,
    with_a_change,
    with_a_row_of,
)

NEW_ID = "018f0000-0000-7000-8000-0000000000ff"


@pytest.fixture
def cafe(town: Town, cafes_archive: bytes, elsewhere: Home) -> VendorId:
    """Have another shop move in before the archive comes."""
    elsewhere.takes_in(cafes_archive)
    return town.cafe_id


def test_an_order_names_no_receipt_of_another_shop(
    town: Town, archive: bytes, elsewhere: Home, cafe: VendorId
) -> None:
    """What an order left has an id there, and no key that the database would look at."""
    elsewhere.takes_in(archive)
    act = elsewhere.act()
    with elsewhere.database.write() as session:
        [ours, theirs] = [
            session.scalars(
                select(LoyaltyProgram.id).where(LoyaltyProgram.vendor_id == one)
            ).first()
            for one in (town.bakery_id, cafe)
        ]
        assert ours is not None
        assert theirs is not None
        claim = ReceiptClaim(
            id=ReceiptClaimId(act.ids.new_id()),
            vendor_id=cafe,
            program_id=theirs,
            source=ClaimSource.API,
            amount_minor=100,
            reference="R-1",
            occurred_at=act.now,
            expires_at=act.now,
            state=ClaimState.OPEN,
            actor_kind=ActorKind.PUBLIC,
            created_at=act.now,
        )
        row = Integration(
            id=IntegrationId(act.ids.new_id()),
            vendor_id=town.bakery_id,
            program_id=ours,
            kind=IntegrationKind.GENERIC,
            name="",
            mapping={},
            status=IntegrationStatus.ACTIVE,
            address_digest=b"0" * 32,
            created_at=act.now,
            updated_at=act.now,
        )
        session.add_all([claim, row])
        session.flush()
        order = hold_order(session, row, "1", act.ids, act.now)
        refuse_strangers(session.connection(), town.bakery_id)
        order.claim_id = claim.id
        session.flush()
        with pytest.raises(ArchiveRefused, match="A row of integration_orders names something"):
            refuse_strangers(session.connection(), town.bakery_id)


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("api_keys", {"id": NEW_ID, "prefix": "pk_forged", "key_hash": "00" * 32}),
        ("members", {"id": NEW_ID, "email": "thief@shop.example", "role": "owner"}),
        ("devices", {"id": NEW_ID, "token_hash": "00" * 32}),
    ],
)
def test_an_archive_brings_nothing_into_another_shop(
    archive: bytes, elsewhere: Home, cafe: VendorId, table: str, changed: dict[str, object]
) -> None:
    files = files_of(archive)
    more = forged(with_a_row_of(table, files, vendor_id=cafe, **changed))

    for forgery in (more, concealing(more, files)):
        with pytest.raises(ArchiveRefused, match=r"is not what was sent|are another shop's"):
            elsewhere.takes_in(packed(forgery))


@pytest.mark.usefixtures("cafe")
def test_an_archive_names_nothing_of_another_shop(
    archive: bytes, cafes_archive: bytes, elsewhere: Home
) -> None:
    files, theirs = files_of(archive), files_of(cafes_archive)
    for table, column, of in (
        ("loyalty_cards", "customer_id", "customers"),
        ("rewards", "program_id", "loyalty_programs"),
        ("staff_pins", "program_id", "loyalty_programs"),
        ("devices", "location_id", "locations"),
        ("loyalty_transactions", "reward_id", "rewards"),
    ):
        strange = orjson.loads(theirs[f"tables/{of}.jsonl"].splitlines()[0])["id"]
        forgery = packed(forged(with_a_change(table, files, **{column: strange})))
        refusal = f"A row of {table} names something of another shop"
        with pytest.raises(ArchiveRefused, match=refusal):
            elsewhere.takes_in(forgery)


@pytest.mark.usefixtures("cafe")
@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("promotions", lambda strange: {"location_ids": [strange]}),
        ("promotions", lambda strange: {"effect": {"kind": "gift", "reward_id": strange}}),
        ("promotions", lambda strange: {"effect": {"a": [{strange.replace("-", "").upper(): 1}]}}),
        ("loyalty_transactions", lambda strange: {"details": f'{{"reward_id":"{strange}"}}'}),
        ("loyalty_daily_rollup", lambda strange: {"location_id": strange}),
        ("audit_events", lambda strange: {"subject_id": strange}),
    ],
    ids=["list", "document", "key of a document", "hashed document", "column", "audit trail"],
)
def test_no_document_and_no_column_without_a_key_names_what_is_another_shops(
    archive: bytes,
    cafes_archive: bytes,
    elsewhere: Home,
    table: str,
    changed: Callable[[str], dict[str, object]],
) -> None:
    files, theirs = files_of(archive), files_of(cafes_archive)
    refusal = f"A row of {table} names something of another shop"
    for of in ("locations", "rewards"):
        strange = orjson.loads(theirs[f"tables/{of}.jsonl"].splitlines()[0])["id"]
        forgery = packed(forged(with_a_change(table, files, **changed(strange))))
        with pytest.raises(ArchiveRefused, match=refusal):
            elsewhere.takes_in(forgery)

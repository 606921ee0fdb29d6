"""Who asks in tests of requests, and what they ask for."""

from typing import Any

from punchcard.accounts.subjects import Subject
from punchcard.kit.ids import EntryId
from punchcard.loyalty.operations import (
    Operation,
    OperationMetadata,
    VoidEntry,
)
from punchcard.loyalty.till.requests import (
    OperationBuilder,
    OperationCaller,
    OperationServices,
)
from tests.support.cast import Shop

GARE, VILLE = "the location Gare", "the location Ville"
TILL = "01976f3e-8a4b-7c21-9d52-3f0e6a1b2c3d"
KEY: dict[str, Any] = {"idempotency_key": "key 1", "fingerprint": b"f" * 32}


def a_till(shop: Shop, **fields: Any) -> Subject:
    return Subject(**{"kind": "device", "id": TILL, "vendor_id": shop.id, **fields})


def builder(
    services: OperationServices, shop: Shop, subject: Subject | None = None
) -> OperationBuilder:
    caller = OperationCaller(
        subject=subject or a_till(shop),
        vendor_id=shop.id,
        request_id="request 1",
        address="192.0.2.7",
        user_agent="Browser",
    )
    return OperationBuilder(services, caller)


def void(metadata: OperationMetadata) -> Operation:
    return VoidEntry(transaction_id=EntryId("entry 1"), **metadata)

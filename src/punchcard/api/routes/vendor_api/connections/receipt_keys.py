"""Keys that tills sign receipts with, for those that print codes without a line."""

from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.connections.receipt_keys import (
    NewReceiptKeySchema,
    ReceiptKeyRequest,
    ReceiptKeySchema,
    new_receipt_key_schema,
    receipt_key_schema,
)
from punchcard.connect.claims import receipt_keys
from punchcard.kit.ids import ReceiptKeyId

router = api_router("/api/v1/vendor/loyalty/receipt-keys", tag="Receipts")


@router.get("")
def list_receipt_keys(caller: CallerDep, page: PageDep) -> Listed[ReceiptKeySchema]:
    """List the keys, revoked ones included, oldest first."""
    with caller.context.database.read() as session:
        rows = receipt_keys.list_keys(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, list(rows), receipt_key_schema, lambda row: row.id)


@router.post("", status_code=201, responses=problems(404, 409))
def create_receipt_key(body: ReceiptKeyRequest, caller: CallerDep) -> NewReceiptKeySchema:
    """Make a key; its secret is shown now and never again."""
    context = caller.context
    with context.database.write() as session:
        secret, row = receipt_keys.create_key(
            session,
            caller.act(),
            caller.vendor_id,
            context.connect.receipt_secrets,
            program_id=body.program_id,
            location_id=body.location_id,
            name=body.name,
            limit=context.settings.receipt_keys_per_vendor,
        )
        response = new_receipt_key_schema(row, secret)
        caller.remember(session, 201, response.model_copy(update={"secret": None}))
    return response


@router.get("/{receipt_key_id}", responses=problems(404))
def get_receipt_key(receipt_key_id: ReceiptKeyId, caller: CallerDep) -> ReceiptKeySchema:
    """Show one key, without its secret."""
    with caller.context.database.read() as session:
        return receipt_key_schema(receipt_keys.get_key(session, caller.vendor_id, receipt_key_id))


@router.delete("/{receipt_key_id}", responses=problems(404))
def revoke_receipt_key(receipt_key_id: ReceiptKeyId, caller: CallerDep) -> ReceiptKeySchema:
    """Revoke a key permanently: what it has signed gives nothing any more.

    A second time changes nothing.
    """
    with caller.context.database.write() as session:
        row = receipt_keys.revoke_key(session, caller.act(), caller.vendor_id, receipt_key_id)
        return receipt_key_schema(row)

"""The keys of the vendor's own software."""

from punchcard.accounts import api_key_service
from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.accounts import (
    ApiKeyRequest,
    ApiKeySchema,
    NewApiKeySchema,
    api_key_schema,
)
from punchcard.kit.ids import ApiKeyId

router = api_router("/api/v1/vendor/api-keys", tag="API keys")


@router.get("")
def list_api_keys(caller: CallerDep, page: PageDep) -> Listed[ApiKeySchema]:
    """List the vendor's keys, revoked ones included, oldest first."""
    with caller.context.database.read() as session:
        rows = api_key_service.list_api_keys(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, rows, api_key_schema, lambda row: row.id)


@router.post("", status_code=201)
def create_api_key(body: ApiKeyRequest, caller: CallerDep) -> NewApiKeySchema:
    """Make a key; it is shown now and never again."""
    caller.require_confirmation()
    expires_at = body.expires_at
    if "expires_at" not in body.model_fields_set:
        days = caller.context.settings.api_key_days
        expires_at = api_key_service.default_end(caller.context.clock.now(), days)
    with caller.context.database.write() as session:
        key, row = api_key_service.create_api_key(
            session,
            caller.act(),
            caller.vendor_id,
            name=body.name,
            scopes=list(body.scopes),
            expires_at=expires_at,
        )
        response = NewApiKeySchema(key=key, **api_key_schema(row).model_dump())
        caller.remember(session, 201, response.model_copy(update={"key": None}))
    return response


@router.delete("/{api_key_id}", responses=problems(404))
def revoke_api_key(api_key_id: ApiKeyId, caller: CallerDep) -> ApiKeySchema:
    """Revoke a key permanently: it stops working at once. A second time changes nothing."""
    with caller.context.database.write() as session:
        row = api_key_service.revoke_api_key(session, caller.act(), caller.vendor_id, api_key_id)
        return api_key_schema(row)

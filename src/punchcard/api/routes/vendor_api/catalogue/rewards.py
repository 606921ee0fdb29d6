"""What points can be exchanged for."""

from typing import Annotated

from fastapi import Query

from punchcard.api.http.dependencies import CallerDep, Confirm, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import OneOf
from punchcard.api.schemas.programs import (
    RewardChange,
    RewardRequest,
    RewardSchema,
    fields_of,
    reward_schema,
)
from punchcard.engage import automation_service
from punchcard.kit.ids import ProgramId, RewardId
from punchcard.loyalty.programs import reward_service
from punchcard.loyalty.programs.lowering_changes import Lowering
from punchcard.loyalty.vocabulary import RewardFilter

router = api_router("/api/v1/vendor/loyalty", tag="rewards")


@router.get("/programs/{program_id}/rewards", responses=problems(404))
def list_rewards(
    caller: CallerDep,
    page: PageDep,
    program_id: ProgramId,
    status: Annotated[
        OneOf[RewardFilter], Query(description="Which rewards to return.")
    ] = RewardFilter.ACTIVE,
) -> Listed[RewardSchema]:
    """Return a program's rewards, oldest first."""
    with caller.context.database.read() as session:
        rows = reward_service.list_rewards(
            session,
            caller.vendor_id,
            program_id,
            limit=page.fetch,
            after_id=page.cursor,
            status=status,
        )
    return listed(page, list(rows), reward_schema, lambda row: row.id)


@router.post("/programs/{program_id}/rewards", status_code=201, responses=problems(404))
def create_reward(caller: CallerDep, program_id: ProgramId, request: RewardRequest) -> RewardSchema:
    """Add a reward to a program."""
    with caller.context.database.write() as session:
        row = reward_service.create_reward(
            session, caller.act(), caller.vendor_id, program_id, fields_of(request)
        )
        return caller.remember(session, 201, reward_schema(row))


@router.get("/rewards/{reward_id}", responses=problems(404))
def get_reward(caller: CallerDep, reward_id: RewardId) -> RewardSchema:
    """Return one reward, archived or not."""
    with caller.context.database.read() as session:
        row = reward_service.get_reward(session, caller.vendor_id, reward_id)
        return caller.tagged(reward_schema(row))


@router.patch("/rewards/{reward_id}", responses=problems(404, 409))
def update_reward(
    caller: CallerDep, reward_id: RewardId, request: RewardChange, confirm: Confirm = None
) -> RewardSchema:
    """Change the given fields of a reward; null takes a limit away.

    What lowers what cards have is counted, refused with 409 `change_lowers_cards`, and made once it
    is sent with its `confirm`.
    """
    fields = fields_of(request)
    lowering = Lowering(confirm, caller.context.clock.now())
    with caller.context.database.write() as session:
        row = reward_service.update_reward(
            session,
            caller.act(),
            caller.vendor_id,
            reward_id,
            fields,
            guard=caller.guard(reward_schema),
            ask=lowering.ask_of_reward,
        )
        return caller.tagged(reward_schema(row))


@router.delete("/rewards/{reward_id}", status_code=204, responses=problems(404, 409))
def archive_reward(caller: CallerDep, reward_id: RewardId) -> None:
    """Take a reward out of the catalogue; the ledger keeps its own copy of it."""
    with caller.context.database.write() as session:
        automation_service.refuse_if_given(session, caller.vendor_id, reward_id)
        reward_service.archive_reward(session, caller.act(), caller.vendor_id, reward_id)

"""Entries as the API tells them: whoever asked for one, its card's history can be read."""

from typing import get_args

from punchcard.api.schemas.transactions import TransactionActor
from punchcard.loyalty.vocabulary import ActorKind


def test_everybody_who_can_ask_for_an_entry_can_stand_in_a_history() -> None:
    kinds = get_args(TransactionActor.model_fields["kind"].annotation)
    assert set(kinds) == {str(kind) for kind in ActorKind}

"""`punchcard wallet status`, `retry` and `test-pass`."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.cli.support import CommandFailed, Json, opened_context, say

if TYPE_CHECKING:
    from punchcard.wallets.wallet_service import WalletStatus

commands = typer.Typer(help="Cards in Apple Wallet and Google Wallet.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="wallet")


@commands.command()
def status(as_json: Json = False) -> None:
    """Show which wallets are set up, what waits for them, and how far redesigns have come."""
    with opened_context() as context, context.database.read() as session:
        found = context.wallets.service.status(session)
    say(_plain(asdict(found)), as_json=as_json, text=_text(found))


@commands.command()
def retry(as_json: Json = False) -> None:
    """Try again what was parked, after its reason was put right."""
    with opened_context() as context, context.database.write() as session:
        number = context.wallets.service.retry_parked(session)
    say({"retried": number}, as_json=as_json, text=f"Tried again: {number:,}.")


@commands.command("test-pass")
def test_pass(
    program: Annotated[str, typer.Argument(help="The program's short name in addresses.")],
    to: Annotated[Path, typer.Option(help="The file to write, such as test.pkpass.")],
) -> None:
    """Write a pass of a card that nobody holds: an iPhone shows whether it takes such passes."""
    from sqlalchemy import select

    from punchcard.loyalty.models import LoyaltyProgram
    from punchcard.wallets.platform import WalletAway

    with opened_context() as context:
        with context.database.read() as session:
            wanted = select(LoyaltyProgram.id).where(LoyaltyProgram.slug == program)
            program_id = session.scalar(wanted)
        if program_id is None:
            raise CommandFailed(f"There is no program {program}.")
        try:
            content = context.wallets.apple.sample(program_id)
        except WalletAway as error:
            why = context.wallets.apple.fault or "it is not set up."
            raise CommandFailed(f"Apple Wallet hands out no passes: {why}") from error
    to.write_bytes(content)
    say({"path": str(to)}, as_json=False, text=f"Written to {to}. It belongs to nobody.")


def _text(found: "WalletStatus") -> str:
    lines = [f"Set up: {', '.join(found.configured) or 'no wallet'}."]
    lines += [f"  {name} hands out no passes: {fault}" for name, fault in found.faults.items()]
    for work in found.work:
        lines.append(f"{work.topic}: {work.waiting:,} waiting, {work.parked:,} parked.")
        if work.last_error:
            lines.append(f"  Last reason: {work.last_error}")
    for one in found.redesigns:
        share = f"{one.cards_done:,} of {one.cards_total:,} cards"
        lines.append(f"Redesign of {one.program_id}: {share}, {one.cards_failed:,} failed.")
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value

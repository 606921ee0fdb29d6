"""`punchcard ledger verify`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.cli.support import Json, opened_to_read, say

if TYPE_CHECKING:
    from punchcard.db.database import Database
    from punchcard.loyalty.ledger.ledger_verify import Damage, Verdict

commands = typer.Typer(help="The ledger of every stamp and point.", no_args_is_help=True)

_DAMAGES_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="ledger")


@commands.callback()
def group() -> None:
    """Keep `verify` a command of its own although it is the only one."""


@commands.command()
def verify(
    vendor: Annotated[str | None, typer.Option(help="Only the shop with this short name.")] = None,
    as_json: Json = False,
) -> None:
    """Derive every hash and every balance again, and compare the cards with them.

    Exits with 1, naming the entry, when anything is damaged. It only reads, and may run beside a
    server.
    """
    with opened_to_read() as database:
        verdict = _verify(database, vendor, shows_progress=not as_json)
    say(_facts(verdict), as_json=as_json, text=_text(verdict))
    if not verdict.is_sound:
        raise typer.Exit(1)


def _verify(database: "Database", slug: str | None, *, shows_progress: bool) -> "Verdict":
    from rich.console import Console

    from punchcard.accounts.vendor_service import get_vendor_by_slug
    from punchcard.loyalty.ledger.ledger_verify import count_entries, verify_ledger

    vendor_id = None
    if slug is not None:
        with database.read() as session:
            vendor_id = get_vendor_by_slug(session, slug).id
    # The bar is drawn on standard error, so that the answer can be piped.
    console = Console(stderr=True, quiet=not shows_progress)
    with database.snapshot() as connection, _bar(console) as bar:
        total = count_entries(connection, vendor_id=vendor_id)
        task = bar.add_task("Verifying", total=total)
        return verify_ledger(
            connection,
            vendor_id=vendor_id,
            progress=lambda entries: bar.update(task, completed=entries),
        )


def _bar(console: Any) -> Any:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many entries a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} entries/s" if speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, Rate(), TimeRemainingColumn(), console=console)


def _facts(verdict: "Verdict") -> dict[str, Any]:
    return {
        "entries": verdict.entries,
        "cards": verdict.cards,
        "is_sound": verdict.is_sound,
        "damage_count": verdict.damage_count,
        "damages": [
            {"entry_id": damage.entry_id, "card_id": damage.card_id, "what": damage.what}
            for damage in verdict.damages
        ],
    }


def _text(verdict: "Verdict") -> str:
    counted = f"{verdict.entries:,} entries of {verdict.cards:,} cards"
    if verdict.is_sound:
        return f"The ledger is sound: {counted}."
    lines = [f"The ledger is damaged in {verdict.damage_count:,} places ({counted}):"]
    lines += [_line(damage) for damage in verdict.damages[:_DAMAGES_SHOWN]]
    if verdict.damage_count > _DAMAGES_SHOWN:
        lines.append(f"and {verdict.damage_count - _DAMAGES_SHOWN:,} more (--json lists them)")
    return "\n".join(lines)


def _line(damage: "Damage") -> str:
    where = f"entry {damage.entry_id} of card" if damage.entry_id else "card"
    return f"  {where} {damage.card_id}: {damage.what}"

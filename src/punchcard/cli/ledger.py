"""`punchcard ledger verify` and `punchcard ledger checkpoint`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.cli.support import CommandFailed, Json, opened_context, opened_to_read, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from punchcard.db.database import Database
    from punchcard.loyalty.ledger.ledger_verify import Damage, Verdict
    from punchcard.loyalty.transparency.log_verdict import LogVerdict
    from punchcard.loyalty.transparency.signing.checkpoint_text import Checkpoint

commands = typer.Typer(help="The ledger of every stamp and point.", no_args_is_help=True)

_DAMAGES_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="ledger")


@commands.command()
def verify(
    vendor: Annotated[str | None, typer.Option(help="Only the shop with this short name.")] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="A checkpoint that was kept elsewhere; may be given several times."),
    ] = None,
    public_key: Annotated[
        str | None, typer.Option(help="The key it is signed by (name+id+key), if not this one's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Derive every hash and every balance again, and compare the cards and the log with them.

    With --against also everything that was there when the checkpoint was made: an entry that was
    cut off, put in or rewritten since, a card that is gone, an older database put back.
    Exits with 1, naming the entry, when anything is damaged. It only reads, and may run beside a
    server.
    """
    from punchcard.cli import ledger_log

    if vendor is not None and against:
        raise CommandFailed("A checkpoint is of all shops: leave --vendor out.")
    public = ledger_log.own_public_key(public_key)
    checkpoints = ledger_log.read_checkpoints(against or (), public)
    with opened_to_read() as database:
        verdict = _verify(database, vendor, shows_progress=not as_json)
        log = None
        if vendor is None:
            log = _verify_log(database, checkpoints, public, shows_progress=not as_json)
    facts, text = _facts(verdict), _text(verdict)
    if log is not None:
        if verdict.is_sound and not log.is_sound:
            # Not the last word: whoever rewrites a chain leaves one that is sound in itself.
            text = text.replace("The ledger is sound", "The chains are sound in themselves", 1)
        facts["log"] = ledger_log.facts_of_log(log)
        text = "\n".join(filter(None, (text, ledger_log.text_of_log(log))))
    say(facts, as_json=as_json, text=text)
    if not verdict.is_sound or not (log is None or log.is_sound):
        raise typer.Exit(1)


@commands.command()
def checkpoint(
    begin_anew: Annotated[
        bool,
        typer.Option("--begin-anew", help="Sign although the log does not go on from the last."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Sign the state of the ledger and print it: keep it where this server's operator cannot write.

    `punchcard ledger verify --against FILE` holds the ledger against it later. The server may go
    on serving. A ledger that was never taken up takes a while.
    """
    from rich.console import Console

    from punchcard.cli import ledger_log
    from punchcard.loyalty.transparency.log_key import LogKeyMissing, load_log_key
    from punchcard.loyalty.transparency.signing.checkpoints import LogBroken

    console = Console(stderr=True, quiet=as_json)
    with opened_context() as context, _bar(console) as bar:
        task = bar.add_task("Taking up", total=None)
        try:
            made = context.loyalty.checkpoint_maker.make(
                begins_anew=begin_anew, progress=lambda done: bar.update(task, completed=done)
            )
            key = load_log_key(context.settings).verifier
        except (LogBroken, LogKeyMissing) as error:
            raise CommandFailed(str(error)) from error
    facts = ledger_log.facts_of_checkpoint(made, str(key))
    say(facts, as_json=as_json, text=ledger_log.text_of_checkpoint(made))


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


def _verify_log(
    database: "Database",
    checkpoints: "Sequence[Checkpoint]",
    public: bytes | None,
    *,
    shows_progress: bool,
) -> "LogVerdict | None":
    """Hold the log against the ledger; None while there is neither a log nor a checkpoint."""
    from rich.console import Console

    from punchcard.cli import ledger_log
    from punchcard.loyalty.transparency.tree_reader import tree_size
    from punchcard.loyalty.transparency.vocabulary import LogTree

    console = Console(stderr=True, quiet=not shows_progress)
    with database.snapshot() as connection, _bar(console) as bar:
        total = tree_size(connection, LogTree.LEDGER)
        if not (total or checkpoints):
            return None
        task = bar.add_task("Holding against the log", total=total)
        return ledger_log.verify_with(
            connection, checkpoints, public, lambda entries: bar.update(task, completed=entries)
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

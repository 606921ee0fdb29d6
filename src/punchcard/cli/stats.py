"""`punchcard stats rebuild`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.cli.support import CommandFailed, Json, opened_context, say

if TYPE_CHECKING:
    from punchcard.context import Context
    from punchcard.loyalty.reports.stats_rebuild import Comparison, Difference

SHOWN_DIFFERENCES = 20

commands = typer.Typer(help="Figures by day, kept beside the ledger.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="stats")


@commands.callback()
def group() -> None:
    """Keep `rebuild` a command of its own although it is the only one."""


@commands.command()
def rebuild(
    check: Annotated[bool, typer.Option("--check", help="Only compare; correct nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Derive the figures again from the ledger, and correct what is kept otherwise.

    The server may go on serving. With --check the exit code is 1 when anything differs.
    """
    from punchcard.db.limits import WorkKind, working_as
    from punchcard.loyalty.reports import stats_rebuild

    with opened_context() as context:
        found = _compare(context, is_silent=as_json)
        is_corrected = bool(found.differences) and not check
        if is_corrected:
            with working_as(WorkKind.WORKER), context.database.write() as session:
                stats_rebuild.correct(session.connection(), found.differences)
    say(_facts(found, is_corrected=is_corrected), as_json=as_json, text=_text(found, is_corrected))
    if check and found.differences:
        raise CommandFailed("The figures are not those of the ledger. Run: punchcard stats rebuild")


def _compare(context: "Context", *, is_silent: bool) -> "Comparison":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from punchcard.loyalty.reports import stats_rebuild

    with context.database.snapshot() as connection:
        total = stats_rebuild.count_rows(connection)
    columns = (
        "[progress.description]{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=Console(stderr=True), disable=is_silent, transient=True)
    with progress, context.database.snapshot() as connection:
        task = progress.add_task("Reading the ledger", total=total)
        return stats_rebuild.compare(connection, lambda rows: progress.advance(task, rows))


def _facts(found: "Comparison", *, is_corrected: bool) -> dict[str, Any]:
    return {
        "entries": found.entries,
        "days": found.days,
        "differences": len(found.differences),
        "corrected": is_corrected,
        "first_differences": [_difference(one) for one in found.differences[:SHOWN_DIFFERENCES]],
    }


def _difference(one: "Difference") -> dict[str, Any]:
    names = one.columns()
    return {
        "program_id": one.program_id,
        "day": one.day.isoformat(),
        "kept": {name: one.kept[name] for name in names},
        "ledger": {name: one.derived[name] for name in names},
    }


def _text(found: "Comparison", is_corrected: bool) -> str:
    if not found.differences:
        return f"Entries: {found.entries:,}. Days: {found.days:,}. No difference."
    lines = [
        f"{one.day} {one.program_id} {name}: kept {one.kept[name]:,}, ledger {one.derived[name]:,}"
        for one in found.differences[:SHOWN_DIFFERENCES]
        for name in one.columns()
    ]
    outcome = "corrected" if is_corrected else "that differ"
    lines.append(f"Entries: {found.entries:,}. Days {outcome}: {len(found.differences):,}.")
    return "\n".join(lines)

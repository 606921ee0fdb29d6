"""`punchcard keys`: the secrets of the server, and how one takes the place of another."""

from collections.abc import Sequence
from contextlib import closing
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from punchcard.cli.support import CommandFailed, Json, say

if TYPE_CHECKING:
    from punchcard.cli.rotation.leftovers import Leftovers
    from punchcard.db.database import Database
    from punchcard.kit.settings import Settings

commands = typer.Typer(help="The secret key and the PIN pepper.", no_args_is_help=True)

_SEE: Final = 'See "Change the keys" in docs/operations.md.'


class Secret(StrEnum):
    """The secrets of a database, as options name them."""

    SECRET_KEY = "secret_key"  # noqa: S105 a name
    PIN_PEPPER = "pin_pepper"


Only = Annotated[Secret | None, typer.Option(help="This one only; else both.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="keys")


@commands.command()
def new(as_json: Json = False) -> None:
    """Print a secret that nobody can guess, for SECRET_KEY or PIN_PEPPER; nothing is changed."""
    from punchcard.cli.rotation.key_files import new_secret

    secret = new_secret()
    say({"secret": secret}, as_json=as_json, text=secret)


@commands.command()
def status(as_json: Json = False) -> None:
    """Show the keys by their ids, and what still depends on old ones."""
    from punchcard.cli.support import opened_to_read
    from punchcard.kit.settings import load_settings

    settings = load_settings()
    with opened_to_read() as database:
        facts = _facts(database, settings)
    say(facts, as_json=as_json, text="\n".join(_lines(facts)))


@commands.command()
def rotate(only: Only = None, as_json: Json = False) -> None:
    """Make a new key the one in use, and seal everything anew with it. Nothing is lost.

    Links of cards, running shifts, links in mails, passes and PINs stay good; the old key is kept
    until `keys retire`. Broken off, it goes on where it was when it is called again. With SQLite
    stop the server first. With PostgreSQL the keys are variables: this says what to set, and once
    every process has both, does the rest beside them.
    """
    from punchcard.cli.rotation import key_files
    from punchcard.cli.server_lock import only_server
    from punchcard.cli.support import ready_settings
    from punchcard.db.database import open_database
    from punchcard.kit.settings import load_settings

    wanted = [only] if only else list(Secret)
    with only_server(load_settings()):
        settings = ready_settings()
        with closing(open_database(settings)) as database:
            begun = [name for name in Secret if _is_behind(database, settings, name)]
        if not begun:
            _check_kept(settings, wanted)
            for name in wanted:
                key_files.put_new(settings, name)
            settings, begun = load_settings(), wanted
        with closing(open_database(settings)) as database:
            lost = _finish(database, settings, begun, is_silent=as_json)
            facts = _facts(database, settings)
    told = [*_lines(facts), _SEE]
    if lost:
        told.insert(0, f"{lost} values could be opened with no key, before as now.")
    say({**facts, "lost": lost}, as_json=as_json, text="\n".join(told))


@commands.command()
def retire(
    only: Only = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Although something still depends on the old ones.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let old keys no longer be accepted, once nothing depends on them."""
    from punchcard.cli.rotation import key_files
    from punchcard.cli.support import opened_context

    with opened_context() as context:
        settings, database = context.settings, context.database
        wanted = [name for name in ([only] if only else list(Secret)) if _ring(settings, name).old]
        if not wanted:
            raise CommandFailed("There are no old keys.")
        if begun := [name for name in wanted if _is_behind(database, settings, name)]:
            raise CommandFailed(
                f"{' and '.join(begun)}: run punchcard keys rotate to its end first."
            )
        for name in wanted:
            _refuse_losses(database, settings, name, anyway=anyway)
            if not key_files.are_old_kept(settings, name):
                raise CommandFailed(
                    f"Take {_variable(name, is_old=True)} away from the environment of every"
                    " process and restart them: that retires the old keys."
                )
        retired = {name: [key.name for key in _ring(settings, name).old] for name in wanted}
        told = [one for names in retired.values() for one in names]
        _record(context, "keys.retired", {"retired": told})
        for name in wanted:
            key_files.forget_old(settings, name)
    text = "The old keys are retired: restart the server. Copies of them can be destroyed."
    say({"retired": retired}, as_json=as_json, text=text)


def _ring(settings: "Settings", name: str) -> Any:
    return settings.keys if name == Secret.SECRET_KEY else settings.peppers


def _variable(name: str, *, is_old: bool = False) -> str:
    from punchcard.kit.environment.kept_secrets import OLD_SECRETS
    from punchcard.kit.environment.reading import PREFIX

    return PREFIX + (OLD_SECRETS[name] if is_old else name).upper()


def _is_behind(database: "Database", settings: "Settings", name: str) -> bool:
    from punchcard.db.secret_checks import is_behind

    with database.read_connection() as connection:
        return is_behind(connection, name, settings)


def _check_kept(settings: "Settings", wanted: Sequence[str]) -> None:
    """Raise CommandFailed for secrets that are variables: only who has set them can change them."""
    from punchcard.cli.rotation import key_files

    outside = [
        name
        for name in wanted
        if not key_files.is_kept(settings, name) or not key_files.are_old_kept(settings, name)
    ]
    if outside:
        steps = " ".join(
            f"Set {_variable(name)} to a new secret (punchcard keys new) and"
            f" {_variable(name, is_old=True)} to the one of now, above older ones."
            for name in outside
        )
        raise CommandFailed(
            f"These secrets are variables, nothing was changed. {steps} Restart every process, then"
            f" run this again. {_SEE}"
        )


def _finish(
    database: "Database", settings: "Settings", begun: Sequence[str], *, is_silent: bool
) -> int:
    """Seal everything anew, let passes follow, and let the database know the keys as its own."""
    from sqlalchemy import select

    from punchcard.accounts import audit_service
    from punchcard.accounts.subjects import SYSTEM
    from punchcard.cli.rotation.leftovers import name_what_has_none
    from punchcard.db import outbox
    from punchcard.db.secret_checks import remember_secrets
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.ids import SystemIds
    from punchcard.loyalty.events import PROGRAM_CHANGED
    from punchcard.loyalty.models import LoyaltyProgram

    with database.write_connection() as connection:
        name_what_has_none(connection, settings)
    lost = _seal_anew(database, settings, is_silent=is_silent)
    clock = SystemClock()
    now = clock.now()
    with database.write() as session:
        if Secret.SECRET_KEY in begun:
            programs = session.scalars(select(LoyaltyProgram.id)).all()
            outbox.enqueue_each(session, PROGRAM_CHANGED, programs, now)
        remember_secrets(session.connection(), settings, now)
        audit_service.record(
            session,
            subject=SYSTEM,
            action="keys.rotated",
            subject_kind="keys",
            subject_id=",".join(begun),
            vendor_id=None,
            now=now,
            ids=SystemIds(clock),
            new={"current": [_ring(settings, name).current.name for name in begun]},
        )
    return lost


def _seal_anew(database: "Database", settings: "Settings", *, is_silent: bool) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from punchcard.cli.rotation.sealed_columns import count_behind, seal_anew

    total = sum(count_behind(database, settings.keys).values())
    columns = (
        "[progress.description]{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True, quiet=is_silent)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("Sealed values", total=total)
        done = seal_anew(database, settings.keys, lambda more: progress.advance(task, more))
    return done.lost


def _refuse_losses(database: "Database", settings: "Settings", name: str, *, anyway: bool) -> None:
    left = _leftovers(database, settings, name)
    if not left or anyway:
        return
    told = [f"{count} {what}" for what, count in left.counts.items() if count]
    if left.lent_until is not None:
        told.append(f"shifts and links in mails until {left.lent_until:%Y-%m-%d %H:%M} UTC")
    raise CommandFailed(
        f"Nothing was changed. On the old {_variable(name)} still depend: {', '.join(told)}."
        " Wait, or lose them with --anyway."
    )


def _leftovers(database: "Database", settings: "Settings", name: str) -> "Leftovers":
    from punchcard.cli.rotation.leftovers import left_of_pepper, left_of_secret_key
    from punchcard.kit.clock import SystemClock

    if name == Secret.PIN_PEPPER:
        return left_of_pepper(database, settings)
    return left_of_secret_key(database, settings, SystemClock().now())


def _record(context: Any, action: str, new: dict[str, Any]) -> None:
    from punchcard.accounts.audit_service import record_act
    from punchcard.cli.support import by_operator

    with context.database.write() as session:
        of = ("keys", "server")
        record_act(session, by_operator(context), action, of=of, vendor_id=None, new=new)


def _facts(database: "Database", settings: "Settings") -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name in Secret:
        ring = _ring(settings, name)
        left = _leftovers(database, settings, name) if ring.old else None
        facts[name] = {
            "in_use": ring.current.name,
            "old": [key.name for key in ring.old],
            "is_finished": not _is_behind(database, settings, name),
            "left": {what: count for what, count in left.counts.items() if count} if left else {},
            "lent_until": left.lent_until.isoformat() if left and left.lent_until else None,
        }
    return facts


def _lines(facts: dict[str, Any]) -> list[str]:
    lines = []
    for name, one in facts.items():
        old = f"; old, still accepted: {', '.join(one['old'])}" if one["old"] else ""
        lines.append(f"{name}: {one['in_use']} is in use{old}")
        if not one["is_finished"]:
            lines.append("  The change is not finished: run punchcard keys rotate.")
        lines += [f"  {count} {what}" for what, count in one["left"].items()]
        if one["lent_until"]:
            lines.append(f"  shifts and links in mails until {one['lent_until']}")
    return lines

"""The command line: `punchcard COMMAND`, one file a group of commands.

A file has a function `register(app)` that adds its commands; it imports what is heavy inside
them, so that `--help` is quick. Whatever goes wrong is one line on standard error and exit code 1.
"""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer

from punchcard.cli import (
    admin,
    api_key,
    demo,
    doctor,
    init,
    keys,
    ledger,
    mcp,
    migrate,
    move,
    secrets,
    serve,
    stats,
    vendor,
    wallet,
)
from punchcard.cli.backups import backup, restore
from punchcard.cli.support import explain

_GROUPS = (
    init,
    serve,
    demo,
    migrate,
    move,
    vendor,
    admin,
    api_key,
    mcp,
    stats,
    ledger,
    wallet,
    doctor,
    backup,
    restore,
    secrets,
    keys,
)
_OWNER_ALONE: Final = 0o077

app = typer.Typer(
    name="punchcard",
    help="A loyalty server: stamp cards, points and a ledger anyone can verify.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in _GROUPS:
    group.register(app)


@app.callback()
def choose_settings(
    settings: Annotated[
        Path | None,
        typer.Option(help="A file of settings, such as `punchcard init` writes; variables win."),
    ] = None,
) -> None:
    """A loyalty server: stamp cards, points and a ledger anyone can verify."""
    if settings is not None:
        from punchcard.kit.settings import use_settings_file

        use_settings_file(settings)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command (the process's own arguments when None) and exit with its code.

    What it writes, and what processes that it starts write, is its owner's alone.
    """
    usual_mask = os.umask(_OWNER_ALONE)
    for stream in (sys.stdout, sys.stderr):
        _print_anything(stream)
    try:
        _run(arguments)
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        typer.echo(f"punchcard: {line}", err=True)
        raise SystemExit(1) from None
    finally:
        os.umask(usual_mask)


def _print_anything(stream: TextIO) -> None:
    """Let `stream` show a question mark for a letter that its encoding does not have.

    What a command did is done: it must not look as if it had failed because of a name.
    """
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")


def _run(arguments: Sequence[str] | None) -> None:
    try:
        app(args=arguments)
    finally:
        try:
            sys.stdout.flush()
        except OSError:
            # Full, or nobody reads on. It must not be tried once more at the interpreter's end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise

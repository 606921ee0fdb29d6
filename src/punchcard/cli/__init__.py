"""The command line: `punchcard COMMAND`, one file a group of commands.

A file has a function `register(app)` that adds its commands; it imports what is heavy inside
them, so that `--help` is quick. Whatever goes wrong is one line on standard error and exit code 1.
"""

import os
from collections.abc import Sequence
from typing import Final

import typer

from punchcard.cli import (
    admin,
    api_key,
    backup,
    demo,
    doctor,
    ledger,
    migrate,
    serve,
    stats,
    vendor,
    wallet,
)
from punchcard.cli.support import explain

_GROUPS = (serve, demo, migrate, vendor, admin, api_key, stats, ledger, wallet, doctor, backup)
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command (the process's own arguments when None) and exit with its code.

    What it writes, and what processes that it starts write, is its owner's alone.
    """
    usual_mask = os.umask(_OWNER_ALONE)
    try:
        app(args=arguments)
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        typer.echo(f"punchcard: {line}", err=True)
        raise SystemExit(1) from None
    finally:
        os.umask(usual_mask)

"""`punchcard keys`: the secrets of the server, and how one takes the place of another."""

import secrets

import typer

from punchcard.cli.support import Json, say

commands = typer.Typer(help="The secret key and the PIN pepper.", no_args_is_help=True)

_BYTES = 48


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="keys")


@commands.callback()
def group() -> None:
    """Keep a group of commands even while there is one."""


@commands.command()
def new(as_json: Json = False) -> None:
    """Print a secret that nobody can guess, for SECRET_KEY or PIN_PEPPER; nothing is changed."""
    secret = secrets.token_urlsafe(_BYTES)
    say({"secret": secret}, as_json=as_json, text=secret)

"""`punchcard api-key create`."""

from typing import Annotated

import typer

from punchcard.cli.support import Json, by_operator, opened_context, say

commands = typer.Typer(help="Keys for shops' own software.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="api-key")


@commands.callback()
def group() -> None:
    """Keep `create` a command of its own although it is the only one."""


@commands.command()
def create(
    vendor: Annotated[str, typer.Option(help="The shop's short name.")],
    scopes: Annotated[
        str, typer.Option(help="loyalty:read, loyalty:operate, loyalty:manage, with commas.")
    ],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "Command line",
    as_json: Json = False,
) -> None:
    """Make a key; it is shown now and never again."""
    from punchcard.accounts import api_key_service, vendor_service

    wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
    with opened_context() as context:
        act = by_operator(context)
        with context.database.write() as session:
            owner = vendor_service.get_vendor_by_slug(session, vendor)
            key, row = api_key_service.create_api_key(
                session, act, owner.id, name=name, scopes=wanted
            )
    facts = {"key": key, "id": row.id, "vendor": vendor, "scopes": row.scopes}
    say(facts, as_json=as_json, text=key)

"""`punchcard mcp`."""

from typing import Annotated

import typer

from punchcard.cli.support import CommandFailed


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="mcp")(mcp)


def mcp(
    url: Annotated[str, typer.Option(help="The server's address, such as https://cards.example.")],
    allow_operate: Annotated[
        bool, typer.Option("--allow-operate", help="Offer stamp, earn, redeem and refund, too.")
    ] = False,
    accept_wider_key: Annotated[
        bool,
        typer.Option("--accept-wider-key", help="Take a key that may do more than the tools."),
    ] = False,
) -> None:
    """Let an assistant read a shop's cards and figures: Model Context Protocol over stdio.

    The API key is read from PUNCHCARD_API_KEY; a staff PIN for what changes a card, where the
    program wants one, from PUNCHCARD_STAFF_PIN.
    """
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.environment.variables import API_KEY_VARIABLE, STAFF_PIN_VARIABLE
    from punchcard.kit.ids import SystemIds
    from punchcard.kit.settings import text_of

    key = text_of(API_KEY_VARIABLE)
    if key is None:
        raise CommandFailed(f"There is no API key in {API_KEY_VARIABLE}.")
    try:
        from punchcard.mcp.server import KeyNotAccepted, Wish, serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mcp":
            raise
        raise CommandFailed(
            "The package mcp is missing. Run: pip install 'punchcard[mcp]'"
        ) from None
    wish = Wish(url, key, allow_operate, accept_wider_key, text_of(STAFF_PIN_VARIABLE))
    try:
        serve(wish, SystemIds(SystemClock()))
    except KeyNotAccepted as error:
        raise CommandFailed(str(error)) from None

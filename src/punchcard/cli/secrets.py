"""`punchcard secrets renew`: the way on for a shop whose secrets are lost."""

from contextlib import closing
from typing import Annotated

import typer

from punchcard.cli.support import CommandFailed, Json, say

commands = typer.Typer(help="The secret key and the PIN pepper.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="secrets")


@commands.callback()
def group() -> None:
    """Keep `renew` a command of its own although it is the only one."""


@commands.command()
def renew(
    are_lost: Annotated[
        bool, typer.Option("--they-are-lost", help="The old secrets are nowhere to be found.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Let the database take the secrets that are set, or new ones, for its own.

    Only for a shop that has lost them for good. Cards, balances and the ledger stay, and links that
    customers have go on working; but no link or QR code of a card can be shown again, no pass in
    an Apple Wallet is updated any more, every shift ends, and every PIN has to be given anew.
    """
    from punchcard.accounts.audit_service import Act, record_act
    from punchcard.accounts.subjects import SYSTEM
    from punchcard.cli.server_lock import only_server
    from punchcard.db.database import open_database
    from punchcard.db.migrate import is_current
    from punchcard.db.secret_checks import foreign_secrets, remember_secrets
    from punchcard.kit.clock import SystemClock
    from punchcard.kit.ids import SystemIds
    from punchcard.kit.settings import load_settings

    if not are_lost:
        raise CommandFailed(
            "Nothing was changed. Read `punchcard secrets renew --help`; if the secrets are lost"
            " for good, add --they-are-lost."
        )
    settings = load_settings(renews_secrets=True)
    with only_server(settings), closing(open_database(settings)) as database:
        if not is_current(database):
            raise CommandFailed("The database is not up to date. Run: punchcard migrate")
        clock = SystemClock()
        with database.write() as session:
            foreign = foreign_secrets(session.connection(), settings)
            remember_secrets(session.connection(), settings, clock.now())
            act = Act(subject=SYSTEM, now=clock.now(), ids=SystemIds(clock))
            of, new = ("keys", "server"), {"fields": foreign}
            record_act(session, act, "keys.renewed", of=of, vendor_id=None, new=new)
    text = "The database takes the secrets that are set for its own. Keep a copy of them."
    say({"renewed": foreign}, as_json=as_json, text=text)

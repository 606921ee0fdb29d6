"""`punchcard admin`: people who run the server, and what people sign in with."""

from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.support import (
    CommandFailed,
    GivenPassword,
    Json,
    PasswordFile,
    PasswordStdin,
    by_operator,
    new_password,
    opened_context,
    say,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from punchcard.accounts.models import Admin, User

commands = typer.Typer(help="The people who run this server.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="admin")


@commands.command()
def create(
    *,
    email: Annotated[str, typer.Option(help="The address the admin signs in with.")],
    name: Annotated[str, typer.Option(help="The admin's name.")] = "Admin",
    password: GivenPassword = None,
    is_piped: PasswordStdin = False,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Add a platform admin: sees all shops, has no shop's till."""
    from punchcard.accounts.admin_service import create_admin

    chosen = new_password(password, is_piped=is_piped, file=password_file)
    with opened_context() as context:
        hashed = context.accounts.sign_in.hash_password(chosen, names=[email, name])
        with context.database.write() as session:
            admin = create_admin(
                session, by_operator(context), email=email, name=name, password_hash=hashed
            )
    facts = {"id": admin.id, "email": admin.email, "name": admin.name}
    say(facts, as_json=as_json, text=f"Added the admin {admin.email}.")


@commands.command("reset-second-factor")
def reset_second_factor(
    email: Annotated[str, typer.Option(help="The address that the person signs in with.")],
    as_json: Json = False,
) -> None:
    """Let a person of a shop or an admin sign in with the password alone, and mail them so.

    For whoever has lost the app and the recovery codes. Make sure that it is they who ask.
    """
    with opened_context() as context, context.database.write() as session:
        person = _person(session, email)
        context.accounts.second_factors.reset(session, by_operator(context), person)
        facts = {"id": person.id, "email": person.email}
    say(facts, as_json=as_json, text=f"Removed the second factor of {email}.")


@commands.command("remove-identity")
def remove_identity(
    email: Annotated[str, typer.Option(help="The address that the person signs in with.")],
    as_json: Json = False,
) -> None:
    """Unlink the account at your identity provider from a person of a shop or an admin.

    Their sessions end and a mail tells them; their password goes on working.
    """
    with opened_context() as context, context.database.write() as session:
        person = _person(session, email)
        context.accounts.identities.reset(session, by_operator(context), person)
        facts = {"id": person.id, "email": person.email}
    say(facts, as_json=as_json, text=f"Removed the linked account of {email}.")


def _person(session: "Session", email: str) -> "User | Admin":
    """Return who signs in with an address. Raises CommandFailed."""
    from punchcard.accounts.access.people import find_person

    person = find_person(session, email)
    if person is None:
        raise CommandFailed("Nobody signs in with this address.")
    return person

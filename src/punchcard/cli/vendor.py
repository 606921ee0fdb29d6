"""`punchcard vendor create` and `punchcard vendor list`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.accounts.vocabulary import Role
from punchcard.cli.support import (
    GivenPassword,
    Json,
    PasswordFile,
    PasswordStdin,
    as_line,
    by_operator,
    new_password,
    opened_context,
    say,
)

if TYPE_CHECKING:
    from punchcard.accounts.models import Vendor

_PAGE = 200

commands = typer.Typer(help="Shops: the vendors on this server.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="vendor")


@commands.command()
def create(
    *,
    name: Annotated[str, typer.Option(help="What the shop is called.")],
    slug: Annotated[str, typer.Option(help="Its short name, for addresses: cafe-alice.")],
    email: Annotated[str, typer.Option(help="The address its owner signs in with.")],
    currency: Annotated[str, typer.Option(help="A currency code: EUR.")],
    timezone: Annotated[str, typer.Option(help="A time zone: Europe/Luxembourg.")],
    language: Annotated[str, typer.Option(help="en, fr, de or lb.")] = "en",
    country: Annotated[
        str | None,
        typer.Option(
            help="Where it is: LU. Phone numbers without a country code are from there."
            " Left out, it is taken from the time zone or the currency."
        ),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="The owner's name.")] = None,
    location: Annotated[str | None, typer.Option(help="The first location's name.")] = None,
    password: GivenPassword = None,
    is_piped: PasswordStdin = False,
    password_file: PasswordFile = None,
    as_json: Json = False,
) -> None:
    """Create a shop with its first owner and its first location."""
    from punchcard.accounts import vendor_service
    from punchcard.accounts.user_service import NewUser
    from punchcard.accounts.vendor_service import NewVendor

    chosen = new_password(password, is_piped=is_piped, file=password_file)
    with opened_context() as context:
        person = NewUser(
            email=email,
            name=owner or name,
            role=Role.OWNER,
            is_confirmed=True,
            password_hash=context.accounts.sign_in.hash_password(
                chosen, names=[email, owner or name, name, slug]
            ),
        )
        wanted = NewVendor(
            name=name,
            slug=slug,
            currency=currency,
            timezone=timezone,
            language=language,
            owner=person,
            location_name=location,
            country=country,
        )
        with context.database.write() as session:
            vendor = vendor_service.create_vendor(session, by_operator(context), wanted)
    text = f"Created {vendor.name} ({vendor.slug}). Its owner signs in as {email}."
    say(_facts(vendor), as_json=as_json, text=text)


@commands.command("list")
def list_vendors(as_json: Json = False) -> None:
    """List all shops."""
    from punchcard.accounts import vendor_service

    with opened_context() as context:
        vendors: list[Vendor] = []
        while True:
            after_id = vendors[-1].id if vendors else None
            with context.database.read() as session:
                page = vendor_service.list_vendors(session, after_id=after_id, limit=_PAGE)
            vendors += page
            if len(page) < _PAGE:
                break
    if as_json:
        typer.echo(as_line([_facts(vendor) for vendor in vendors]))
        return
    _print_table(vendors)


def _print_table(vendors: list["Vendor"]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Short name", "Name", "Currency", "Time zone", "Language", "Status")
    for vendor in vendors:
        table.add_row(
            vendor.slug,
            vendor.name,
            vendor.currency,
            vendor.timezone,
            vendor.language,
            vendor.status,
        )
    Console().print(table)


def _facts(vendor: "Vendor") -> dict[str, Any]:
    fields = ("id", "slug", "name", "currency", "timezone", "language", "country", "status")
    return {field: getattr(vendor, field) for field in fields}

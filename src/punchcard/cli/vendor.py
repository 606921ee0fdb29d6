"""`punchcard vendor`: `create`, `list`, `usage`, `export` and `import`."""

import secrets
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from punchcard.accounts.vocabulary import Role
from punchcard.cli.support import (
    CommandFailed,
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
    from punchcard.accounts.user_service import NewUser
    from punchcard.connect.archive.manifest import Manifest
    from punchcard.context import Context

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
    from punchcard.accounts.vendor_service import NewVendor

    chosen = new_password(password, is_piped=is_piped, file=password_file)
    with opened_context() as context:
        wanted = NewVendor(
            name=name,
            slug=slug,
            currency=currency,
            timezone=timezone,
            language=language,
            owner=_owner(context, email, owner or name, chosen, shop=(name, slug)),
            location_name=location,
            country=country,
        )
        with context.database.write() as session:
            vendor = vendor_service.create_vendor(session, by_operator(context), wanted)
    text = f"Created {vendor.name} ({vendor.slug}). Its owner signs in as {email}."
    say(_facts(vendor), as_json=as_json, text=text)


def _owner(
    context: "Context", email: str, name: str, password: str, *, shop: tuple[str, str]
) -> "NewUser":
    """Return a shop's first owner, who needs not confirm; the password may name none of them."""
    from punchcard.accounts.user_service import NewUser

    hashed = context.accounts.sign_in.hash_password(password, names=[email, name, *shop])
    return NewUser(email=email, name=name, role=Role.OWNER, is_confirmed=True, password_hash=hashed)


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


@commands.command()
def usage(
    month: Annotated[
        str | None, typer.Option(help="Such as 2026-11; the last one that is over if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell what each shop used in a month (UTC), as CSV for bills.

    The figures of a month that is closed never change; closed_at says which are.
    """
    from punchcard.accounts.plans.month_counts import month_of
    from punchcard.connect.usage import bills
    from punchcard.connect.usage.month_service import month_before

    with opened_context() as context:
        wanted = month_before(month_of(context.clock.now())) if month is None else _month(month)
        if as_json:
            facts = [bills.bill_facts(one) for one in bills.all_bills(context.database, wanted)]
            typer.echo(as_line(facts))
            return
        for part in bills.month_csv(context.database, wanted):
            typer.echo(part.decode().replace("\r\n", "\n"), nl=False)


def _month(text: str) -> date:
    from punchcard.kit.validation.days import within_years
    from punchcard.kit.validation.invalid import InvalidValue

    try:
        return within_years(datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date())
    except (ValueError, InvalidValue):
        raise CommandFailed(f"{text} is no month: write it as 2026-11.") from None


@commands.command("export")
def export_vendor(
    slug: Annotated[str, typer.Argument(help="The shop's short name.")],
    to: Annotated[Path, typer.Option("--to", help="The file to write: shop.zip.")],
    as_json: Json = False,
) -> None:
    """Write all of a shop into an archive, with its ledger and what checks it anywhere.

    The file holds the links of all cards and the customers' names and addresses: keep it as a key.
    """
    from punchcard.accounts import vendor_service
    from punchcard.accounts.audit_service import record_act
    from punchcard.accounts.export_files import EXPORT
    from punchcard.accounts.vocabulary import SecurityEvent
    from punchcard.connect.archive.departure import write_archive

    if to.exists():
        raise CommandFailed(f"{to} is there already.")
    part = to.with_name(f"{to.name}.part")
    with opened_context() as context:
        with context.database.read() as session:
            vendor_id = vendor_service.get_vendor_by_slug(session, slug).id
        act, keys = by_operator(context), context.settings.keys
        try:
            with context.database.snapshot() as connection, part.open("wb") as out:
                manifest = write_archive(connection, vendor_id, out, keys=keys, now=act.now)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
        with context.database.write() as session:
            record_act(
                session,
                act,
                SecurityEvent.EXPORT_TAKEN,
                of=(EXPORT, "archive"),
                vendor_id=vendor_id,
                new={"format": "zip", "rows": manifest.entries},
            )
    say(
        {"file": str(to), "bytes": to.stat().st_size, **_told(manifest)},
        as_json=as_json,
        text=f"Wrote {manifest.name} ({manifest.slug}) to {to}: {manifest.cards:,} cards,"
        f" {manifest.entries:,} entries. Check it anywhere with the verify.py inside.",
    )


@commands.command("import")
def import_vendor(
    file: Annotated[Path, typer.Argument(help="An archive that `vendor export` wrote.")],
    as_json: Json = False,
) -> None:
    """Take a shop in from an archive, with the same ids and links: cards go on working.

    It is all or nothing. The team chooses new passwords with "Forgot your password?".
    """
    from punchcard.connect.archive.arrival import Arrival, move_in
    from punchcard.connect.archive.unloading import Unloading
    from punchcard.db.migrate import head

    with opened_context() as context, file.open("rb") as source:
        settings = context.settings
        nobodys = context.accounts.sign_in.hash_password(secrets.token_urlsafe(32))
        arrival = Arrival(Unloading(settings.keys, nobodys), settings.data_dir)
        manifest = move_in(context.database, by_operator(context), source, arrival)
    text = (
        f"{manifest.name} ({manifest.slug}) has moved in: {manifest.cards:,} cards. The ledger"
        f" is sound: {manifest.entries:,} entries."
    )
    if manifest.revision != head():
        text += f" It was brought from revision {manifest.revision} to {head()}."
    say(
        {**_told(manifest), "revision_before": manifest.revision, "revision": head()},
        as_json=as_json,
        text=text,
    )


def _told(manifest: "Manifest") -> dict[str, Any]:
    names = ("vendor_id", "slug", "name", "made_at", "cards", "entries")
    return {name: getattr(manifest, name) for name in names}


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

"""An operator sets up a shop, an admin and a key."""

from contextlib import closing

import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent
from punchcard.context import build_context
from punchcard.kit.settings import load_settings
from tests.cli.conftest import Punchcard
from tests.support import cast, typed

ALICE = (
    "--name",
    "Café Alice",
    "--slug",
    "cafe-alice",
    "--email",
    "Alice@Cafe.example",
    "--password",
    cast.PASSWORD,
    "--currency",
    "EUR",
    "--timezone",
    "Europe/Luxembourg",
)

on_a_used_machine = pytest.mark.usefixtures("migrated")


def test_a_fresh_machine_gets_a_shop_whose_owner_signs_in(punchcard: Punchcard) -> None:
    made = punchcard("vendor", "create", *ALICE, "--json")

    assert made.exit_code == 0
    assert made.json["slug"] == "cafe-alice"
    with closing(build_context(load_settings())) as context:
        assert cast.sign_in(context, "alice@cafe.example").startswith("at_")
        with context.database.read() as session:
            events = session.scalars(select(AuditEvent)).all()
    assert {event.actor_kind for event in events} == {"system", "member"}


@on_a_used_machine
def test_shops_are_listed_for_people_and_for_machines(punchcard: Punchcard) -> None:
    punchcard("vendor", "create", *ALICE)

    assert "cafe-alice" in punchcard("vendor", "list").out
    [vendor] = punchcard("vendor", "list", "--json").json
    assert vendor["name"] == "Café Alice"
    assert vendor["status"] == "active"


@on_a_used_machine
@pytest.mark.parametrize("field", sorted(typed.VENDOR_FIELDS))
def test_a_shops_field_is_taken_or_refused_as_by_api_and_pages(
    punchcard: Punchcard, field: str
) -> None:
    for number, (text, kept) in enumerate(typed.VENDOR_FIELDS[field].items()):
        owner = ("--slug", f"shop-{number}", "--email", f"owner-{number}@cafe.example")
        # Of an option that is given twice, the last one counts.
        made = punchcard("vendor", "create", *ALICE, *owner, f"--{field}", text, "--json")
        if kept is None:
            assert made.exit_code != 0, text
            assert field in made.err, text
        else:
            assert made.json[field] == kept, text


@on_a_used_machine
@pytest.mark.parametrize("text", [text for text, kept in typed.EMAILS.items() if kept is None])
def test_an_address_that_is_none_opens_no_shop(punchcard: Punchcard, text: str) -> None:
    made = punchcard("vendor", "create", *ALICE, "--email", text)
    assert made.exit_code != 0
    assert "Must be an e-mail address such as name@example.com." in " ".join(made.err.split())
    assert punchcard("vendor", "list", "--json").json == []


@on_a_used_machine
def test_a_shop_is_where_its_time_zone_is_unless_told(punchcard: Punchcard) -> None:
    assert punchcard("vendor", "create", *ALICE, "--json").json["country"] == "LU"
    bob = ("--slug", "bob", "--email", "bob@bob.example", "--country", "BE", "--json")
    assert punchcard("vendor", "create", *ALICE, *bob).json["country"] == "BE"


@on_a_used_machine
def test_a_key_is_printed_once_and_works(punchcard: Punchcard) -> None:
    punchcard("vendor", "create", *ALICE)
    asked = ("--vendor", "cafe-alice", "--scopes", "loyalty:operate, loyalty:read")

    made = punchcard("api-key", "create", *asked, "--json")
    plain = punchcard("api-key", "create", *asked)

    assert plain.out.startswith("pk_")
    with closing(build_context(load_settings())) as context:
        subject = context.accounts.credentials.resolve(made.json["key"])
    assert subject.permissions == {"loyalty:read", "loyalty:operate"}


@on_a_used_machine
def test_an_admin_is_added(punchcard: Punchcard) -> None:
    made = punchcard(
        "admin",
        "create",
        "--email",
        "admin@platform.example",
        "--password",
        cast.PASSWORD,
        "--json",
    )

    assert made.json["email"] == "admin@platform.example"
    with closing(build_context(load_settings())) as context:
        token = cast.sign_in(context, "admin@platform.example")
        assert context.accounts.credentials.resolve(token).kind == "admin"


@on_a_used_machine
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("vendor", "create", *ALICE), "This short name is already taken."),
        (("vendor", "create", *ALICE, "--slug", "Cafe"), "slug: Must consist of"),
        (("vendor", "create", *ALICE, "--password", "short"), "password: Must have between 8"),
        (("api-key", "create", "--vendor", "bob", "--scopes", "loyalty:read"), "no such shop"),
        (("api-key", "create", "--vendor", "cafe-alice", "--scopes", "all"), "scopes: "),
        (
            ("admin", "create", "--email", "alice@cafe.example", "--password", cast.PASSWORD),
            "already signs in",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_1(
    punchcard: Punchcard, arguments: tuple[str, ...], said: str
) -> None:
    punchcard("vendor", "create", *ALICE)

    ran = punchcard(*arguments)

    assert ran.exit_code == 1
    assert ran.out == ""
    assert ran.err.startswith("punchcard: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_setting_that_cannot_be_read_is_one_line(punchcard: Punchcard) -> None:
    ran = punchcard("vendor", "list", till_queue_limit="many")

    assert ran.exit_code == 1
    assert ran.err == "punchcard: PUNCHCARD_TILL_QUEUE_LIMIT: 'many' is not a number\n"


def test_migrate_says_where_the_database_is(punchcard: Punchcard) -> None:
    first = punchcard("migrate", "--json")
    again = punchcard("migrate")

    assert first.exit_code == again.exit_code == 0
    assert first.json["revision"] in again.out


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_same_commands_work_on_postgresql(punchcard: Punchcard, database_url: str) -> None:
    keys = {"secret_key": "a secret of 32 characters at least", "pin_pepper": "a pepper of 32"}

    made = punchcard("vendor", "create", *ALICE, "--json", database_url=database_url, **keys)

    assert made.json["slug"] == "cafe-alice"


def test_help_and_wrong_commands_have_their_exit_codes(punchcard: Punchcard) -> None:
    assert punchcard("--help").exit_code == 0
    assert punchcard("bogus").exit_code == 2

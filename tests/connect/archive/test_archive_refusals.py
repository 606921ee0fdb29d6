"""What is no archive, a broken one, or one of a shop that is here: refused whole, with why."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from punchcard import __version__
from punchcard.accounts.models import User, Vendor
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.db import migrate
from punchcard.db.outbox import OutboxRow
from punchcard.loyalty.models import LoyaltyCard
from tests.connect.archive.conftest import Home, Town
from tests.connect.archive.forgery import (
    CARDS,
    Files,
    files_of,
    forged,
    manifest_with,
    packed,
    richer,
    said_to_be_encrypted,
    with_a_change,
    with_a_spoiled_file,
    with_another_balance,
    without_an_entry,
)


def refused(elsewhere: Home, archive: bytes, why: str) -> None:
    with pytest.raises(ArchiveRefused, match=why):
        elsewhere.takes_in(archive)
    with elsewhere.database.read() as session:
        for table in (Vendor, User, LoyaltyCard, OutboxRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.parametrize(
    "change", [richer, without_an_entry, with_another_balance], ids=["entry", "gap", "balance"]
)
def test_a_forged_ledger_is_found_even_where_the_manifest_agrees(
    archive: bytes, elsewhere: Home, change: Callable[[Files], Files]
) -> None:
    refused(elsewhere, packed(change(files_of(archive))), "is not what it says")
    refused(
        elsewhere, packed(forged(change(files_of(archive)))), "ledger of the archive is damaged"
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda files: b"", "cannot be read"),
        (lambda files: packed(files)[:-2000], "cannot be read"),
        (with_a_spoiled_file, "cannot be read"),
        (said_to_be_encrypted, "packed in a way"),
        (lambda files: packed(files, zipfile.ZIP_LZMA), "packed in a way"),
        (lambda files: packed({"readme.txt": b"hello"}), "no archive of a shop"),
        (lambda files: packed({**files, "manifest.json": b"{}"}), "no archive of a shop"),
        (lambda files: packed(manifest_with(files, revision=7)), "no archive of a shop"),
        (lambda files: packed(manifest_with(files, vendor_id="no id")), "no archive of a shop"),
        (lambda files: packed(manifest_with(files, slug="a\0b")), "no archive of a shop"),
        (lambda files: packed(manifest_with(files, cards="many")), "no archive of a shop"),
        (lambda files: packed(manifest_with(files, cards=10**6)), "says that it has"),
        (
            lambda files: packed(forged({**files, "README.txt": b" " * 70_000_000})),
            "far more than any shop's does",
        ),
        (lambda files: packed({**files, "more.txt": b"x"}), "other files than it says"),
        (
            lambda files: packed({n: c for n, c in files.items() if n != CARDS}),
            "other files than it says",
        ),
        (lambda files: packed(manifest_with(files, version=2)), "newer form"),
        (lambda files: packed(manifest_with(files, revision="9999")), "made by a newer version"),
        (lambda files: packed(manifest_with(files, revision="0001")), "none that wrote archives"),
        (
            lambda files: packed(forged({**files, CARDS: b'{"id": 1}\n'})),
            "has other columns than it should",
        ),
        (lambda files: packed(forged({**files, CARDS: b"nonsense\n"})), "cannot be read"),
        (
            lambda files: packed(forged({**files, "tables/customers.jsonl": b""})),
            "here already, or belongs to nothing",
        ),
    ],
    ids=[
        *(
            "nothing",
            "cut off",
            "spoiled",
            "encrypted",
            "other packing",
            "another zip",
            "no manifest",
            "a number for a version",
            "no id",
            "NUL",
            "no number",
            "another number",
            "a bomb",
            "a file too many",
            "a file too few",
        ),
        *("newer form", "newer version", "older version", "other columns", "no JSON", "orphans"),
    ],
)
def test_what_cannot_be_taken_in_leaves_nothing(
    archive: bytes, elsewhere: Home, spoil: Callable[[Files], bytes], why: str
) -> None:
    refused(elsewhere, spoil(files_of(archive)), why)


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("vendors", {"name": {"an": "object"}}),
        ("vendors", {"created_at": "2026-06-17T13:30:00"}),
        ("customers", {"is_verified": "perhaps"}),
        ("loyalty_cards", {"points": 2**63}),
        ("loyalty_cards", {"id": 17}),
        ("loyalty_cards", {"points": "many"}),
        ("loyalty_cards", {"points": True}),
        ("loyalty_cards", {"points": 1.5}),
        ("members", {"email": {"an": "object"}}),
        ("members", {"name": "a\0b"}),
        ("loyalty_programs", {"branding": {"a\0b": 1}}),
        ("loyalty_programs", {"timezone": "../../etc/passwd"}),
        ("vendors", {"currency": "EURO"}),
    ],
    ids=[
        *("object", "no offset", "no boolean", "large", "no id"),
        *("no number", "a boolean", "a fraction", "no address", "NUL", "NUL in a document"),
        *("no zone", "no currency"),
    ],
)
def test_values_that_no_row_can_have_are_refused_with_their_table_row_and_field(
    archive: bytes, elsewhere: Home, table: str, changed: dict[str, object]
) -> None:
    forgery = forged(with_a_change(table, files_of(archive), **changed))
    why = f"A row of {table} cannot be kept as it is: id [^:]+: {next(iter(changed))}: it "
    refused(elsewhere, packed(forgery), why)


def test_what_is_shown_of_a_row_s_name_is_short_and_moves_no_cursor(
    archive: bytes, elsewhere: Home
) -> None:
    forgery = forged(with_a_change("members", files_of(archive), id="\x1b[2J" + "a" * 10_000))
    refused(elsewhere, packed(forgery), r"id '\\x1b\[2Ja{1,60}: id: it is no id\.$")


@pytest.mark.parametrize("levels", [300, 900, 1020])
def test_a_document_deeper_than_any_is_refused_with_its_table(
    archive: bytes, elsewhere: Home, levels: int
) -> None:
    files = with_a_change("loyalty_programs", files_of(archive), branding="deep")
    name = "tables/loyalty_programs.jsonl"
    document = b'{"in":' * levels + b"{}" + b"}" * levels
    forgery = forged({**files, name: files[name].replace(b'"deep"', document)})
    refused(elsewhere, packed(forgery), "A row of loyalty_programs cannot be kept as it is")


def test_no_archive_ends_the_count_that_all_shops_share(archive: bytes, elsewhere: Home) -> None:
    forgery = forged(with_a_change("apple_passes", files_of(archive), update_tag=2**63 - 1))
    refused(elsewhere, packed(forgery), "tags of passes that no server has counted up to")


def test_a_shop_that_is_here_is_not_taken_in_twice(
    town: Town, archive: bytes, elsewhere: Home
) -> None:
    elsewhere.takes_in(archive)
    with pytest.raises(ArchiveRefused, match="There is a shop “boulangerie-bob” here already"):
        elsewhere.takes_in(archive)
    with elsewhere.database.write() as session:
        session.execute(update(Vendor).values(slug="another"))
    with pytest.raises(ArchiveRefused, match="here already"):
        elsewhere.takes_in(archive)


def test_an_archive_of_a_newer_version_is_told_with_both_and_what_to_do(
    archive: bytes, elsewhere: Home
) -> None:
    refused(
        elsewhere,
        packed(manifest_with(files_of(archive), revision="9999", server="0.0.9")),
        r"Punchcard 0\.0\.9 with database 9999 wrote it.*"
        rf"Punchcard {re.escape(__version__)} with database {migrate.head()}\. Update this server",
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("'a' || char(0)", "it has a NUL character"),
        ("CAST(x'61ff' AS TEXT)", "it is no text in UTF-8"),
        ("x'61'", "it is no text in UTF-8"),
    ],
    ids=["NUL", "not UTF-8", "bytes"],
)
def test_what_could_arrive_nowhere_is_named_before_it_leaves(
    archive: bytes, town: Town, elsewhere: Home, value: str, why: str
) -> None:
    elsewhere.takes_in(archive)
    spoiled = update(User).where(User.vendor_id == town.bakery_id).values(name=text(value))
    with elsewhere.database.write() as session:
        session.execute(spoiled)

    with pytest.raises(ArchiveRefused, match=f"A row of members .+: id [^:]+: name: {why}"):
        elsewhere.leaves(town.bakery_id)


def test_a_damaged_ledger_leaves_nowhere(archive: bytes, town: Town, elsewhere: Home) -> None:
    elsewhere.takes_in(archive)
    with elsewhere.database.write() as session:
        session.execute(update(LoyaltyCard).values(points=LoyaltyCard.points + 1))

    with pytest.raises(ArchiveRefused, match="The ledger is damaged"):
        elsewhere.leaves(town.bakery_id)


def checked(*arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of the archive, without anything that is installed here."""
    script, *rest = arguments
    return subprocess.run(
        [sys.executable, "-I", "-S", str(script), *map(str, rest)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_inside_checks_it_anywhere(archive: bytes, tmp_path: Path) -> None:
    whole = tmp_path / "shop.zip"
    whole.write_bytes(archive)
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(whole) as zipped:
        zipped.extractall(unpacked)
    script = unpacked / "verify.py"

    for answer in (checked(script), checked(script, whole)):
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.startswith("Sound: Boulangerie Bob (boulangerie-bob), ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (richer, "is not what was hashed"),
        (without_an_entry, "lacks entries"),
        (with_another_balance, "has another balance than its entries"),
    ],
    ids=["entry", "gap", "balance"],
)
def test_the_script_inside_finds_what_was_forged(
    archive: bytes, tmp_path: Path, change: Callable[[Files], Files], said: str
) -> None:
    files = files_of(archive)
    script = tmp_path / "verify.py"
    script.write_bytes(files["verify.py"])
    plain, careful = tmp_path / "plain.zip", tmp_path / "careful.zip"
    plain.write_bytes(packed(change(files)))
    careful.write_bytes(packed(forged(change(files))))

    assert "is not what the manifest says" in checked(script, plain).stderr
    found = checked(script, careful)
    assert (found.returncode, said in found.stderr) == (1, True), found.stderr

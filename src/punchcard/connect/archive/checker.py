#!/usr/bin/env python3
"""Check a shop's archive without a server: python3 verify.py [ARCHIVE.zip or its unpacked folder]

Compares every file with the manifest, derives every hash of the ledger again, and holds each card's
balance against its entries. What it cannot show is that the manifest itself is as it was made: keep
the SHA-256 of the whole file, or a signed checkpoint of the server that it comes from, elsewhere.
Needs Python 3.9 and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any, cast

PART_BYTES = 1 << 20
FIRST_HASH = "0" * 64
UTC = timezone(timedelta(0))
FORMAT, VERSION = "punchcard-archive", 1
ENTRIES, CARDS = "tables/loyalty_transactions.jsonl", "tables/loyalty_cards.jsonl"

Row = dict[str, Any]

# What an archive is read with raises whatever it stumbles over in one that somebody else made.
FAULTS = (
    *(OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError, EOFError),
    *(zipfile.BadZipFile, zlib.error),
)


class ArchiveFaulty(Exception):
    """The archive is not what it should be; the text says what is wrong."""


class Archive:
    """An archive as a ZIP file or as an unpacked folder."""

    def __init__(self, path: Path) -> None:
        self.folder = path if path.is_dir() else None
        self.zip = None if self.folder else zipfile.ZipFile(path)

    def open(self, name: str) -> IO[bytes]:
        """Open one of its files."""
        try:
            if self.zip is not None:
                return self.zip.open(name)
            assert self.folder is not None
            return (self.folder / name).open("rb")
        except (KeyError, FileNotFoundError):
            raise ArchiveFaulty(f"{name} is missing") from None

    def rows(self, name: str) -> Iterator[Row]:
        """Give the rows of a table."""
        with self.open(name) as file:
            for line in file:
                yield json.loads(line)


class Chain:
    """The entries of one card, one after the other; those that come too early wait."""

    def __init__(self) -> None:
        self.sequence = self.stamps = self.points = 0
        self.head = FIRST_HASH
        self.waiting: dict[int, Row] = {}

    def add(self, entry: Row) -> None:
        """Take an entry up. Raises ArchiveFaulty for one that does not follow."""
        self.waiting[entry["sequence"]] = entry
        while self.sequence + 1 in self.waiting:
            self.follow(self.waiting.pop(self.sequence + 1))

    def follow(self, entry: Row) -> None:
        """Check the next entry. Raises ArchiveFaulty."""
        named = f"entry {entry['id']}"
        if hex_of(entry["previous_hash"]) != self.head:
            raise ArchiveFaulty(f"{named} does not follow the one before it")
        if hash_of(entry) != hex_of(entry["hash"]):
            raise ArchiveFaulty(f"{named} is not what was hashed")
        self.sequence = entry["sequence"]
        self.head = hex_of(entry["hash"])
        self.stamps += entry["stamps_delta"]
        self.points += entry["points_delta"]
        if (self.stamps, self.points) != (entry["stamps_after"], entry["points_after"]):
            raise ArchiveFaulty(f"{named} does not add up to the balance after it")


def hex_of(value: str) -> str:
    """Return bytes, as lines hold them, in hexadecimal digits."""
    return base64.b64decode(value).hex()


def moment(text: str) -> str:
    """Return a moment as it is hashed."""
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hash_of(entry: Row) -> str:
    """Return the hash of an entry: docs/ledger.md of Punchcard, "What is hashed"."""
    reward = entry["reward"] or {}
    values = [
        *(entry[name] for name in ("id", "vendor_id", "program_id", "program_version", "card_id")),
        *(entry[name] for name in ("sequence", "type", "stamps_delta", "points_delta")),
        *(entry[name] for name in ("stamps_after", "points_after", "points_carry_after")),
        *(entry[name] for name in ("amount_minor", "currency", "reference", "reward_id")),
        *(reward.get("name"), reward.get("value_minor")),
        *(entry[name] for name in ("staff_pin_id", "location_id", "actor_kind", "actor_id")),
        *(entry["voids"], entry["idempotency_key"]),
        *(moment(entry["occurred_at"]), moment(entry["created_at"])),
        hex_of(entry["previous_hash"]),
    ]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    form = entry["form"]
    if form != 1:
        text = f"{text[:-1]},{entry['details']}]"
    return hashlib.sha256(f"punchcard-entry-{form}\n{text}".encode()).hexdigest()


def check_files(archive: Archive) -> Row:
    """Return the manifest once every file is as it says. Raises ArchiveFaulty."""
    with archive.open("manifest.json") as file:
        manifest = cast(Row, json.load(file))
    if manifest.get("format") != FORMAT or manifest.get("version") != VERSION:
        raise ArchiveFaulty("this is no archive that this script knows")
    for told in manifest["files"]:
        sha, rows = hashlib.sha256(), 0
        with archive.open(told["name"]) as file:
            while part := file.read(PART_BYTES):
                sha.update(part)
                rows += part.count(b"\n")
        if sha.hexdigest() != told["sha256"]:
            raise ArchiveFaulty(f"{told['name']} is not what the manifest says")
        if told["rows"] is not None and rows != told["rows"]:
            raise ArchiveFaulty(f"{told['name']} has {rows} rows, and not {told['rows']}")
    return manifest


def check_ledger(archive: Archive) -> tuple[int, int]:
    """Return how many entries and cards there are, all sound. Raises ArchiveFaulty."""
    chains: dict[str, Chain] = {}
    entries = 0
    for entry in archive.rows(ENTRIES):
        chains.setdefault(entry["card_id"], Chain()).add(entry)
        entries += 1
    cards = len(chains)
    for card in archive.rows(CARDS):
        chain = chains.pop(card["id"], None)
        if chain is None or chain.waiting:
            raise ArchiveFaulty(f"card {card['id']} lacks entries")
        kept = (card["sequence"], hex_of(card["head_hash"]), card["stamps"], card["points"])
        if kept != (chain.sequence, chain.head, chain.stamps, chain.points):
            raise ArchiveFaulty(f"card {card['id']} has another balance than its entries")
    if chains:
        raise ArchiveFaulty(f"card {min(chains)} is missing, its entries are there")
    return entries, cards


def main() -> int:
    """Check the archive that is named, or the folder this script is in; returns 0 if sound."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    try:
        archive = Archive(path)
        manifest = check_files(archive)
        entries, cards = check_ledger(archive)
    except (ArchiveFaulty, *FAULTS) as fault:
        sys.stderr.write(f"Not sound: {fault}.\n")
        return 1
    sys.stdout.write(
        f"Sound: {manifest['name']} ({manifest['slug']}), {entries} entries of {cards} cards,"
        f" {len(manifest['files'])} files as they were made at {manifest['made_at']}.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

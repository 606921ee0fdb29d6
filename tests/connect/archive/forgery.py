"""An archive as its files, changed by whoever wants something of it, and packed again."""

import zipfile
from hashlib import sha256
from io import BytesIO

import orjson

from punchcard.connect.archive.rows import Digest

ENTRIES = "tables/loyalty_transactions.jsonl"
CARDS = "tables/loyalty_cards.jsonl"
Files = dict[str, bytes]


def files_of(archive: bytes) -> Files:
    with zipfile.ZipFile(BytesIO(archive)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def packed(files: Files, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", packing) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return out.getvalue()


def forged(files: Files) -> Files:
    """Return the files with a manifest that agrees with them, as a careful forger makes it."""
    manifest = orjson.loads(files["manifest.json"])
    for told in manifest["files"]:
        content = files[told["name"]]
        told |= {"sha256": sha256(content).hexdigest(), "bytes": len(content)}
        if told["rows"] is not None:
            digest = Digest()
            for line in content.splitlines(keepends=True):
                digest.add(line)
            told |= {"rows": digest.rows, "digest": digest.text}
    return {**files, "manifest.json": orjson.dumps(manifest)}


def manifest_with(files: Files, **changed: object) -> Files:
    told = orjson.loads(files["manifest.json"]) | changed
    return {**files, "manifest.json": orjson.dumps(told)}


def with_a_spoiled_file(files: Files) -> bytes:
    """Return an archive whose first file is no longer what was packed."""
    whole = packed(files)
    at = 30 + len(next(iter(files)))
    return whole[:at] + b"\xff" * 16 + whole[at + 16 :]


def said_to_be_encrypted(files: Files) -> bytes:
    """Return an archive whose directory says that a password opens its first file."""
    whole = bytearray(packed(files))
    whole[whole.index(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


def richer(files: Files) -> Files:
    """Return the files with one entry that gives more than it gave."""
    rows = [orjson.loads(line) for line in files[ENTRIES].splitlines()]
    rows[-1]["points_delta"] += 1000
    rows[-1]["points_after"] += 1000
    return {**files, ENTRIES: lines_of(rows)}


def without_an_entry(files: Files) -> Files:
    return {**files, ENTRIES: files[ENTRIES].split(b"\n", 1)[1]}


def with_another_balance(files: Files) -> Files:
    rows = [orjson.loads(line) for line in files[CARDS].splitlines()]
    rows[0]["points"] += 1
    return {**files, CARDS: lines_of(rows)}


def lines_of(rows: list[dict[str, object]]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n" for row in rows)


def with_a_row_of(table: str, files: Files, **changed: object) -> Files:
    """Return the files with one more row of a table, like its last one but for what is changed."""
    name = f"tables/{table}.jsonl"
    row = orjson.loads(files[name].splitlines()[-1]) | changed
    return {**files, name: files[name] + lines_of([row])}


def with_a_change(table: str, files: Files, **changed: object) -> Files:
    """Return the files with the last row of a table changed."""
    name = f"tables/{table}.jsonl"
    rows = [orjson.loads(line) for line in files[name].splitlines()]
    return {**files, name: lines_of([*rows[:-1], rows[-1] | changed])}


def concealing(files: Files, before: Files) -> Files:
    """Return forged files whose manifest tells what it did `before`, and of nothing more."""
    was = {one["name"]: one for one in orjson.loads(before["manifest.json"])["files"]}
    manifest = orjson.loads(files["manifest.json"])
    for told in manifest["files"]:
        told |= {"rows": was[told["name"]]["rows"], "digest": was[told["name"]]["digest"]}
    return {**files, "manifest.json": orjson.dumps(manifest)}

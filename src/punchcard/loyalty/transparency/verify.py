#!/usr/bin/env python3
"""Check the proof of a card without its server: python3 verify.py PROOF.json [--key KEY]

PROOF.json is what /api/v1/loyalty/cards/TOKEN/proof answers. KEY is the public key of the log as
you know it from elsewhere (name+id+key); without it the key in the file is taken, and all that is
shown is that the file agrees with itself. Needs Python 3.9 and nothing else.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

# Ed25519 (RFC 8032, section 5.1): the curve -x**2 + y**2 = 1 + d x**2 y**2 over the prime P.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]
ProofEntry = dict[str, Any]


class ProofFaulty(Exception):
    """The proof does not show what it should; the text says what is wrong."""


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(number: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point = _add(point, point)
        number >>= 1
    return result


def _is_same(one: Point, other: Point) -> bool:
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (
        one[1] * other[2] - other[1] * one[2]
    ) % P == 0


def _point(encoded: bytes) -> Point:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        raise ProofFaulty("a point of the signature is none")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        raise ProofFaulty("a point of the signature is none")
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


_BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = _point(_BASE_Y.to_bytes(32, "little"))


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether an Ed25519 signature is the key's."""
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    try:
        key, commitment = _point(public), _point(signature[:32])
    except ProofFaulty:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    return _is_same(_times(scalar, BASE), _add(commitment, _times(challenge, key)))


def open_checkpoint(note: str, key: str) -> tuple[int, bytes, list[str]]:
    """Return size, root and further lines of a checkpoint signed by `key`. Raises ProofFaulty."""
    try:
        name, key_id, material = key.strip().split("+", 2)
        public = base64.b64decode(material, validate=True)
    except ValueError:
        raise ProofFaulty("the key does not read name+id+key") from None
    expected = hashlib.sha256(f"{name}\n".encode() + public).digest()[:4]
    if public[:1] != b"\x01" or expected.hex() != key_id:
        raise ProofFaulty("the key is damaged")
    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for line in signatures.splitlines():
        _dash, _, rest = line.partition(" ")
        signer, _, told = rest.partition(" ")
        try:
            signature = base64.b64decode(told, validate=True)
        except ValueError:
            continue
        if signer == name and signature[:4] == expected:
            if not is_signed(public[1:], text.encode(), signature[4:]):
                raise ProofFaulty("the checkpoint was changed: its signature does not fit")
            lines = text.splitlines()
            return int(lines[1]), base64.b64decode(lines[2]), lines[3:]
    raise ProofFaulty(f"the checkpoint is not signed by {name}+{key_id}")


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that a path of RFC 6962 leads to. Raises ProofFaulty."""
    place, last, found = index, size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    for step in path:
        if last == 0:
            raise ProofFaulty("a path is too long")
        if place % 2 or place == last:
            found = hashlib.sha256(b"\x01" + step + found).digest()
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + step).digest()
        place, last = place >> 1, last >> 1
    if last:
        raise ProofFaulty("a path is too short")
    return found


def entry_hash(values: list[object]) -> str:
    """Return the hash of an entry, as docs/ledger.md tells it; with details it is of form 2."""
    form = 1 if len(values) == 27 else 2
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(f"punchcard-entry-{form}\n{text}".encode()).hexdigest()


def check_entries(card: str, entries: list[ProofEntry]) -> None:
    """Check the hashes, the chain and the sums of a card's entries. Raises ProofFaulty."""
    before: ProofEntry | None = None
    for entry in entries:
        values = entry["values"]
        number = values[5]
        if entry_hash(values) != entry["hash"]:
            raise ProofFaulty(f"entry {number} does not have the hash that it says")
        if values[4] != card:
            raise ProofFaulty(f"entry {number} is another card's")
        if before is None:
            if number == 1 and values[26] != "0" * 64:
                raise ProofFaulty("the first entry follows something")
        else:
            earlier = before["values"]
            if (number, values[26]) != (earlier[5] + 1, before["hash"]):
                raise ProofFaulty(f"entry {number} does not follow the one before it")
            if [earlier[9] + values[7], earlier[10] + values[8]] != values[9:11]:
                raise ProofFaulty(f"the balance after entry {number} does not add up")
        before = entry


def check_paths(entries: list[ProofEntry], size: int, root: bytes) -> None:
    """Check that each of these entries is in the tree of a checkpoint. Raises ProofFaulty."""
    for entry in entries:
        path = [bytes.fromhex(step) for step in entry["path"]]
        if not 0 <= entry["place"] < size:
            raise ProofFaulty("an entry stands outside of the checkpoint")
        if root_of(bytes.fromhex(entry["hash"]), entry["place"], size, path) != root:
            raise ProofFaulty(f"entry {entry['values'][5]} is not in the checkpoint")


def check(proof: dict[str, Any], key: str | None = None) -> list[str]:
    """Return what was checked, a sentence each. Raises ProofFaulty at the first fault."""
    if proof.get("format") != "punchcard-proof-1":
        raise ProofFaulty("this is no proof of a card, or one of a newer kind")
    entries = proof["entries"]
    check_entries(proof["card_id"], entries)
    told = [f"{len(entries)} entries have the hashes they say, follow one another and add up."]
    if proof["checkpoint"] is None:
        told.append("The server has signed no checkpoint yet: nothing proves when they were there.")
        return told
    signed_by = key or proof["public_key"] or ""
    size, root, further = open_checkpoint(proof["checkpoint"], signed_by)
    anchored = [entry for entry in entries if entry["place"] is not None]
    check_paths(anchored, size, root)
    made = next((line.split()[1] for line in further if line.startswith("punchcard-made ")), "?")
    told.append(f"{len(anchored)} of them are in the checkpoint of {made}, of {size} entries.")
    if len(anchored) < len(entries):
        told.append(f"{len(entries) - len(anchored)} are newer than the checkpoint.")
    told.append(f"It is signed by {signed_by.strip()}" + (", which you gave." if key else "."))
    if not key:
        told.append("Whether that key is the shop's own you must know from elsewhere: give --key.")
    return told


def main(arguments: list[str] | None = None) -> int:
    """Check the file named; return 0 when nothing is wrong."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("proof")
    parser.add_argument("--key", help="the public key of the log, from elsewhere")
    asked = parser.parse_args(arguments)
    try:
        told = check(json.loads(Path(asked.proof).read_text("utf-8")), asked.key)
    except ProofFaulty as error:
        sys.stderr.write(f"NOT PROVED: {error}.\n")
        return 1
    except (
        *(OSError, ValueError, LookupError, TypeError, AttributeError),
        # Brackets within brackets, a few thousand deep.
        RecursionError,
    ) as error:
        sys.stderr.write(f"NOT PROVED: {asked.proof} cannot be read: {error}\n")
        return 1
    sys.stdout.write("\n".join(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

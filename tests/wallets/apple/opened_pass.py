"""Opens a .pkpass as a phone would, and holds it to Apple's rules."""

import hashlib
import io
import json
import re
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_FIELD_KEYS = {"key", "label", "value", "changeMessage"}
_REQUIRED = {
    "formatVersion",
    "passTypeIdentifier",
    "serialNumber",
    "teamIdentifier",
    "organizationName",
    "description",
}
_KNOWN = _REQUIRED | {
    "storeCard",
    "logoText",
    "backgroundColor",
    "foregroundColor",
    "labelColor",
    "barcodes",
    "voided",
    "locations",
    "featuredActions",
    "webServiceURL",
    "authenticationToken",
}
_PLACES = {"headerFields": 3, "primaryFields": 1, "secondaryFields": 4, "auxiliaryFields": 4}
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)" = "((?:[^"\\]|\\.)*)";\n', re.DOTALL)


@dataclass(frozen=True)
class OpenedPass:
    """The files of a pass."""

    files: dict[str, bytes]

    @property
    def document(self) -> dict[str, Any]:
        """Return `pass.json`."""
        parsed: dict[str, Any] = json.loads(self.files["pass.json"])
        return parsed

    def strings(self, language: str) -> dict[str, str]:
        """Return the translations into a language."""
        text = self.files[f"{language}.lproj/pass.strings"].decode()
        assert _STRING.sub("", text) == "", "a line is no line of a strings file"
        return {_plain(key): _plain(value) for key, value in _STRING.findall(text)}

    def fields(self, place: str) -> dict[str, Any]:
        """Return the values of the fields at a place, by key."""
        return {field["key"]: field["value"] for field in self.document["storeCard"][place]}


def open_pass(content: bytes) -> OpenedPass:
    """Open a pass and check archive and manifest."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        files = {name: archive.read(name) for name in names}
    manifest = json.loads(files["manifest.json"])
    signed = {name: data for name, data in files.items() if name not in _UNSIGNED}
    assert manifest == {
        name: hashlib.sha1(data, usedforsecurity=False).hexdigest() for name, data in signed.items()
    }
    return OpenedPass(files)


_UNSIGNED = ("manifest.json", "signature")


def verify_signature(opened: OpenedPass, root: Path) -> str:
    """Let OpenSSL verify the signature against the root; returns what it says of the signature."""
    return verify_detached(opened.files["manifest.json"], opened.files["signature"], root)


def verify_detached(content: bytes, signature: bytes, root: Path) -> str:
    """Let both of OpenSSL's readers verify a signature; returns what one says of it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "content").write_bytes(content)
        (folder / "signature").write_bytes(signature)
        given = ["-binary", "-inform", "DER", "-in", "signature", "-content", "content"]
        trust = ["-CAfile", str(root), "-purpose", "any", "-out", "/dev/null"]
        for reader in ("cms", "smime"):
            _openssl(folder, reader, "-verify", *given, *trust)
        return _openssl(folder, "cms", "-cmsout", "-print", "-inform", "DER", "-in", "signature")


def _openssl(folder: Path, *arguments: str) -> str:
    done = ["openssl", *arguments]
    return subprocess.run(done, check=True, capture_output=True, text=True, cwd=folder).stdout


def check_document(document: dict[str, Any]) -> None:
    """Hold `pass.json` to the keys Apple documents and the rules they follow."""
    assert _REQUIRED <= document.keys() <= _KNOWN
    assert document["storeCard"]["headerFields"], "nothing shows while passes lie on each other"
    assert document["formatVersion"] == 1
    assert ("webServiceURL" in document) == ("authenticationToken" in document)
    assert len(document.get("authenticationToken", "x" * 16)) >= 16
    for name in ("backgroundColor", "foregroundColor", "labelColor"):
        assert re.fullmatch(r"rgb\(\d{1,3}, \d{1,3}, \d{1,3}\)", document[name])
    for barcode in document.get("barcodes", []):
        assert barcode.keys() == {"format", "message", "messageEncoding", "altText"}
        assert barcode["format"] in ("PKBarcodeFormatQR", "PKBarcodeFormatCode128")
        barcode["message"].encode(barcode["messageEncoding"])
    assert len(document.get("locations", [])) <= 10
    for place in document.get("locations", []):
        assert place.keys() == {"latitude", "longitude", "relevantText"}
    assert len(document.get("featuredActions", [])) <= 2
    for action in document.get("featuredActions", []):
        assert action.keys() == {"identifier", "type", "url"}
        assert action["url"].startswith("tel://") == (action["type"] == "call")
    card = document["storeCard"]
    assert card.keys() <= {*_PLACES, "backFields"}
    for place, most in _PLACES.items():
        assert len(card.get(place, [])) <= most
    assert len(card.get("secondaryFields", []) + card.get("auxiliaryFields", [])) <= 4
    fields = [field for place in card.values() for field in place]
    keys = [field["key"] for field in fields]
    assert len(keys) == len(set(keys))
    for field in fields:
        assert {"key", "label", "value"} <= field.keys() <= _FIELD_KEYS
        assert field["value"] != ""
        assert "%@" in field.get("changeMessage", "%@")


def check_pictures(files: dict[str, bytes]) -> None:
    """Hold the pictures to their sizes: an icon, and each at one, two and three times."""
    from PIL import Image

    sizes = {}
    for name, content in files.items():
        if name.endswith(".png"):
            with Image.open(io.BytesIO(content)) as picture:
                assert picture.format == "PNG"
                assert not picture.info.keys() & {"exif", "icc_profile", "Software"}
                sizes[name.removesuffix(".png")] = picture.size
    assert sizes["icon"] == (38, 38)
    assert "logo" in sizes, "every pass displays a logo"
    assert sizes["logo"][0] <= 160
    assert sizes["logo"][1] <= 50
    for name, (width, height) in sizes.items():
        if "@" not in name:
            assert sizes[f"{name}@2x"] == (width * 2, height * 2)
            assert sizes[f"{name}@3x"] == (width * 3, height * 3)
    if "strip" in sizes:
        assert sizes["strip"] == (375, 144)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "r": "\r"}.get(match[1], match[1]), text)

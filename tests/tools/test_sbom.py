"""The bill of materials names what Python runs and every file that browsers get."""

from tools.sbom import npm_components, whole
from tools.vendor import shelves

PYTHON = {
    "bomFormat": "CycloneDX",
    "metadata": {"timestamp": "2026-03-02T09:00:00Z"},
    "components": [{"type": "library", "bom-ref": "requirements-L1", "name": "fastapi"}],
}


def test_every_vendored_file_is_there_with_its_hash() -> None:
    files = [file for shelf in shelves() for file in shelf.files()]
    listed = {
        (package["name"], package["version"], part["name"], part["hashes"][0]["content"])
        for package in npm_components(files)
        for part in package["components"]
    }
    assert listed == {(f["name"], f["version"], f["file"], f["sha256"]) for f in files}


def test_a_package_has_its_address_and_its_licences() -> None:
    one = {"name": "@a/b", "version": "1.2", "file": "b.js", "sha256": "00", "licence": "MIT"}
    two = {**one, "name": "c", "licence": "ISC AND MIT"}
    first, second = npm_components([two, one])
    assert first["purl"] == "pkg:npm/%40a/b@1.2"
    assert first["licenses"] == [{"license": {"id": "MIT"}}]
    assert second["licenses"] == [{"expression": "ISC AND MIT"}]


def test_the_program_depends_on_every_part() -> None:
    npm = npm_components([file for shelf in shelves() for file in shelf.files()])
    bill = whole(PYTHON, npm, "0.1.0")
    assert bill["metadata"]["component"]["version"] == "0.1.0"
    assert bill["metadata"]["timestamp"] == PYTHON["metadata"]["timestamp"]  # type: ignore[index]
    above = bill["dependencies"][0]
    assert above["ref"] == "punchcard"
    assert set(above["dependsOn"]) == {part["bom-ref"] for part in bill["components"]}
    assert len(bill["components"]) == 1 + len(npm)

"""`make vendor`: fetch what every `vendor.toml` lists from the npm registry, and note new hashes.

A `vendor.toml` may lie in any folder of src and tests; its files lie beside it in
`vendor/NAME-VERSION/`, under their paths in the package. Files that are there already must be the
ones that were listed; one that is new gets its hash written down, so a new entry needs none.
Folders that nothing lists are removed.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parent.parent
FIELDS = ("name", "version", "file", "sha256", "licence")

File = dict[str, str]


@dataclass(frozen=True)
class Shelf:
    """What one `vendor.toml` lists, and where it lies."""

    toml: Path

    @property
    def folder(self) -> Path:
        """Return the folder of everything that is listed."""
        return self.toml.parent / "vendor"

    def files(self) -> list[File]:
        """Return the files that are listed."""
        files: list[File] = tomllib.loads(self.toml.read_text(encoding="utf-8"))["file"]
        return files

    def place(self, file: File) -> Path:
        """Return where a listed file lies."""
        return self.folder / package_folder(file) / file["file"]


def shelves() -> list[Shelf]:
    """Return every list of the project."""
    found = [path for top in ("src", "tests") for path in (ROOT / top).rglob("vendor.toml")]
    return [Shelf(path) for path in sorted(found)]


def package_folder(file: File) -> str:
    """Return the name of the folder of a file's package and version."""
    return f"{file['name'].removeprefix('@').replace('/', '-')}-{file['version']}"


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Fetch everything; return 1 when a known version has become another one."""
    changed = [line for shelf in shelves() for line in fill(shelf)]
    for line in changed:
        print(f"not the file that was listed, and not taken: {line}", file=sys.stderr)
    return 1 if changed else 0


def fill(shelf: Shelf) -> list[str]:
    """Fetch what one list names; returns what has become another file, and was not taken."""
    files = shelf.files()
    changed = []
    for (name, version), wanted in groupby(files, lambda f: (f["name"], f["version"])):
        with tempfile.TemporaryDirectory() as folder:
            package = _unpacked(name, version, Path(folder))
            for file in wanted:
                found, place = package / file["file"], shelf.place(file)
                if place.exists() and digest(found) != file["sha256"]:
                    changed.append(f"{name} {version}: {file['file']}")
                    continue
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, place)
                file["sha256"] = digest(found)
    _write(shelf.toml, files)
    _remove_unlisted(shelf, files)
    return changed


def _unpacked(name: str, version: str, folder: Path) -> Path:
    subprocess.run(
        ["npm", "pack", "--silent", f"{name}@{version}"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def _write(path: Path, files: list[File]) -> None:
    comments = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
    entries = [
        "\n".join(["[[file]]", *(f'{field} = "{file[field]}"' for field in FIELDS)])
        for file in files
    ]
    path.write_text("\n".join(comments) + "\n\n" + "\n\n".join(entries) + "\n", encoding="utf-8")


def _remove_unlisted(shelf: Shelf, files: list[File]) -> None:
    listed = {package_folder(file) for file in files}
    for folder in shelf.folder.iterdir():
        if folder.name not in listed:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())

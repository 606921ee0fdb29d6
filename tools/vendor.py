"""`make vendor`: fetch what `vendor.toml` lists from the npm registry, and note new hashes.

The files of a version that is there already must be the ones that were listed; a version that is
new gets its hashes written down. Folders that nothing lists are removed.
"""

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from itertools import groupby
from pathlib import Path

STATIC = Path(__file__).parent.parent / "src" / "punchcard" / "api" / "static"
LIST = STATIC / "vendor.toml"
FIELDS = ("name", "version", "file", "sha256", "licence")

File = dict[str, str]


def listed() -> list[File]:
    """Return the files that `vendor.toml` lists."""
    files: list[File] = tomllib.loads(LIST.read_text(encoding="utf-8"))["file"]
    return files


def place(file: File) -> Path:
    """Return where a listed file lies."""
    folder = f"{file['name'].removeprefix('@').replace('/', '-')}-{file['version']}"
    return STATIC / "vendor" / folder / file["file"]


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> int:
    """Fetch everything; return 1 when a known version has become another one."""
    files = listed()
    known = {place(file).parent for file in files if place(file).parent.exists()}
    changed = []
    for (name, version), wanted in groupby(files, lambda f: (f["name"], f["version"])):
        with tempfile.TemporaryDirectory() as folder:
            package = _unpacked(name, version, Path(folder))
            for file in wanted:
                found = package / file["file"]
                if place(file).parent in known and digest(found) != file["sha256"]:
                    changed.append(f"{name} {version}: {file['file']}")
                    continue
                place(file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, place(file))
                file["sha256"] = digest(found)
    _write(files)
    _remove_unlisted(files)
    for line in changed:
        print(f"not the file that was listed, and not taken: {line}", file=sys.stderr)
    return 1 if changed else 0


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


def _write(files: list[File]) -> None:
    comments = [line for line in LIST.read_text(encoding="utf-8").splitlines() if line[:1] == "#"]
    entries = [
        "\n".join(["[[file]]", *(f'{field} = "{file[field]}"' for field in FIELDS)])
        for file in files
    ]
    LIST.write_text("\n".join(comments) + "\n\n" + "\n\n".join(entries) + "\n", encoding="utf-8")


def _remove_unlisted(files: list[File]) -> None:
    folders = {place(file).parent for file in files}
    for folder in (STATIC / "vendor").iterdir():
        if folder not in folders:
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())

"""`make wheel`: the package as it is installed elsewhere, built from what the repository holds."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BESIDE = ("pyproject.toml", "README.md", "LICENSE")


def build_wheel(folder: Path) -> Path:
    """Build the wheel into `folder` and return its file.

    From a copy of the files under version control: what lies about in a work tree, and what an
    earlier build has left, does not get in.
    """
    with tempfile.TemporaryDirectory(prefix="punchcard-wheel-") as place:
        for name in tracked("src", *_BESIDE):
            copy = Path(place) / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy)
        made = Path(place) / "dist"
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        options = ["--no-build-isolation", "--disable-pip-version-check"]
        subprocess.run([*command, *options, f"--wheel-dir={made}", place], check=True)
        [wheel] = made.glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, folder))


def tracked(*under: str) -> list[str]:
    """Return the files of the repository in these places, also those that are not committed yet."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *under]
    listed = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


if __name__ == "__main__":
    print(build_wheel(ROOT / "dist"))

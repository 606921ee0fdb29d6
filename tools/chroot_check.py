"""`make chroot-test`: the steps of the Containerfile, done in a bare Debian in a folder.

Where no images can be fetched this stands in for a build: the same instructions, read from the
file, in a root file system of debootstrap's. It takes root, and Debian's mirror.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tools import debian
from tools.containerfile import instructions
from tools.wheel import ROOT, build_wheel

_CONTAINERFILE = ROOT / "deploy" / "container" / "Containerfile"
_SUITE = "bookworm"
_PYTHON = "python3,python3-venv,ca-certificates"
# What the steps name, as pip and the program are called there.
_PATH = "/opt/punchcard/bin:/usr/local/bin:/usr/bin:/usr/sbin:/bin"
_USER = "10001:10001"


def main() -> int:
    """Build the root file system, follow the Containerfile, run the server; 1 if it cannot be."""
    if shutil.which("debootstrap") is None:
        debian.install(["debootstrap"], "Installing Debian's debootstrap: only once")
    if shutil.which("debootstrap") is None or not debian.is_root():
        print("This takes root and debootstrap: apt install debootstrap", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="punchcard-chroot-") as place, ExitStack() as stack:
        root = Path(place) / "root"
        bootstrap = ["debootstrap", "--variant=minbase", f"--include={_PYTHON}", _SUITE, str(root)]
        subprocess.run(bootstrap, check=True, stdout=subprocess.DEVNULL)
        (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        subprocess.run(["mount", "--bind", "/dev", root / "dev"], check=True)
        stack.callback(_unmount, root / "dev")
        _bring(root)
        _follow(root)
        _try(root)
    return 0


def _unmount(place: Path) -> None:
    subprocess.run(["umount", place], check=True)


def _bring(root: Path) -> None:
    """Put into the folder what COPY takes from the repository, and the packages that are locked."""
    wheels = root / "wheels"
    locked = ROOT / "requirements-s3.txt"
    python = (
        f"3.{subprocess.check_output([root / 'usr/bin/python3', '-V'], text=True).split('.')[1]}"
    )
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
    options = [f"--python-version={python}", "--require-hashes", f"--dest={wheels}"]
    subprocess.run([*download, *options, f"--requirement={locked}"], check=True)
    (root / "build").mkdir()
    shutil.copy(locked, root / "build")
    build_wheel(root / "build")
    # The folder has no way to the package index: pip takes what was brought.
    (root / "etc/pip.conf").write_text("[install]\nno-index = true\nfind-links = /wheels\n")


def _follow(root: Path) -> None:
    """Do what RUN says, as root; COPY from another stage is where it belongs already."""
    for one in instructions(_CONTAINERFILE):
        if one.word == "RUN":
            print(f"RUN {one.rest[:70]}…")
            _run(root, ["sh", "-ec", one.rest], env={"PACKAGES": ""})


def _try(root: Path) -> None:
    """Run what the image runs, as its user: a shop is set up, backed up, and tried out."""
    secrets = {name: str(number) * 3 + os.urandom(24).hex() for number, name in enumerate("ab")}
    settings = {
        "PUNCHCARD_DATA_DIR": "/var/lib/punchcard",
        "PUNCHCARD_SECRET_KEY": secrets["a"],
        "PUNCHCARD_PIN_PEPPER": secrets["b"],
    }
    for words in (["migrate"], ["backup"], ["backup", "drill"], ["doctor"]):
        _run(root, ["punchcard", *words], env=settings, user=_USER)
        print(f"punchcard {' '.join(words)}: as it should be")
    found = _run(root, ["find", "/opt/punchcard", "-name", "pip*", "-path", "*/bin/*"], env={})
    if found.strip():
        raise SystemExit(f"tools are left: {found}")


def _run(root: Path, words: list[str], *, env: dict[str, str], user: str = "0:0") -> str:
    done = subprocess.run(
        ["chroot", f"--userspec={user}", str(root), *words],
        env={"PATH": _PATH, "HOME": "/nonexistent", "LANG": "C.UTF-8", **env},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

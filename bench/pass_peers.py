"""Other builders of passes, fetched for the length of a run, on the same content as ours.

They are run by the scripts of `bench/peers`, in processes and environments of their own. What
cannot be fetched is not measured, and says so.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from punchcard.fakes.apple_chain import PASS_TYPE, TEAM, AppleChain
from punchcard.wallets.apple.pkpass import PassFile

_SCRIPTS: Final = Path(__file__).parent / "peers"
_FETCH_SECONDS: Final = 180
_RUN_SECONDS: Final = 120
_LOCAL_HEAD_BYTES: Final = 30
_PYTHON: Final = (
    ("django-walletpass", "5.0.1", "django_walletpass_peer.py"),
    ("py-pkpass", "1.0.2", "py_pkpass_peer.py"),
)
# The newest pass-js that Node 20 runs; from 7 on it needs Node 24.12.
_NODE: Final = (
    ("passkit-generator", "3.6.1", "passkit-generator"),
    ("@walletpass/pass-js", "6.9.8", "pass-js"),
)


@dataclass(frozen=True)
class Ingredients:
    """What every builder is given."""

    chain: AppleChain
    files: Sequence[PassFile]


@dataclass
class Peer:
    """A builder to measure; `missing` says why it cannot be."""

    name: str
    version: str
    command: Sequence[str]
    folder: Path
    names: frozenset[str]
    missing: str | None = None

    def rate(self, seconds: float) -> float:
        """Return its passes a second of processor time, after a look at the last one."""
        command = [*self.command, str(self.folder), str(seconds), PASS_TYPE, TEAM]
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_RUN_SECONDS
        )
        if done.returncode:
            raise RuntimeError(f"{self.name} failed:\n{done.stderr[-2000:]}")
        self._check()
        told = json.loads(done.stdout)
        return float(told["passes"] / told["seconds"])

    def _check(self) -> None:
        with zipfile.ZipFile(self.folder / "made.pkpass") as archive:
            manifest = json.loads(archive.read("manifest.json"))
            for name in self.names:
                content = archive.read(name)
                sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
                if manifest[name] != sha1:
                    raise RuntimeError(f"{self.name} made a pass with a wrong manifest: {name}")
            if not archive.read("signature"):
                raise RuntimeError(f"{self.name} made a pass without a signature")


@contextmanager
def peers(given: Ingredients) -> Iterator[list[Peer]]:
    """Fetch the other builders into a temporary folder, and give those there are and are not."""
    with TemporaryDirectory(prefix="punchcard-peers-") as name:
        root = Path(name)
        _lay_out(given, root / "pass")
        yield [*_python_peers(given, root), *_node_peers(given, root)]


def _lay_out(given: Ingredients, folder: Path) -> None:
    for file in given.files:
        path = folder / "files" / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.record[_LOCAL_HEAD_BYTES + len(file.name) :])
    for name, pem in (
        ("certificate.pem", given.chain.certificate_pem),
        ("key.pem", given.chain.key_pem),
        ("wwdr.pem", given.chain.intermediate_pem),
    ):
        (folder / name).write_text(pem, encoding="ascii")


def _python_peers(given: Ingredients, root: Path) -> Iterator[Peer]:
    home = root / "python"
    python = home / "bin" / "python"
    uv = str(Path(sys.executable).with_name("uv"))
    wanted = [f"{name}=={version}" for name, version, _ in _PYTHON]
    missing = _fetched([uv, "venv", "--quiet", "--python", sys.executable, str(home)]) or _fetched(
        [uv, "pip", "install", "--quiet", "--python", str(python), *wanted]
    )
    for name, version, script in _PYTHON:
        command = [str(python), str(_SCRIPTS / script)]
        yield Peer(name, f"{name} {version}", command, root / "pass", _pictures(given), missing)


def _node_peers(given: Ingredients, root: Path) -> Iterator[Peer]:
    home = root / "node"
    home.mkdir()
    shutil.copy(_SCRIPTS / "node_peers.mjs", home)
    npm = shutil.which("npm")
    wanted = [f"{name}@{version}" for name, version, _ in _NODE]
    quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(home)]
    missing = _fetched([npm, "install", *quiet, *wanted]) if npm else "there is no npm"
    for name, version, spoken in _NODE:
        command = ["node", str(home / "node_peers.mjs"), spoken]
        label = f"{name} {version}"
        yield Peer(spoken, label, command, root / "pass", _pictures(given), missing)


def _pictures(given: Ingredients) -> frozenset[str]:
    """Return the files that must be in each builder's pass as they were given."""
    return frozenset(file.name for file in given.files if file.name.endswith(".png"))


def _fetched(command: Sequence[str]) -> str | None:
    """Run what fetches a package; returns why that failed, None if it did not."""
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_FETCH_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        return f"it could not be fetched ({type(error).__name__})"
    return None

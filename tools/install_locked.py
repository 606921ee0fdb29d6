"""Installs the locked dependencies into the interpreter that runs it, and this package: by uv in
seconds, told of whatever pip is configured with here, or by pip where uv has no word for it.

Needs nothing but the standard library and pip, as it runs before anything else is there.
"""

import ast
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = "requirements-dev.txt"
_PACKAGE = ["--no-deps", "--no-build-isolation", "--editable", "."]

# pip takes the best of all places it is given. uv would take the first that knows a name, against
# swapped packages; here hashes stand against them.
_ALWAYS = ["--quiet", "--index-strategy", "unsafe-best-match"]
_OF_ONE = {
    "index-url": "--index-url",
    "extra-index-url": "--extra-index-url",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
}
_IN_THE_ENVIRONMENT = {
    "cert": "SSL_CERT_FILE",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
# How pip behaves, not where it finds what; and bounds of versions, where a lock leaves no choice.
_WITHOUT_EFFECT = {
    "break-system-packages",
    "cache-dir",
    "constraint",
    "disable-pip-version-check",
    "no-color",
    "no-input",
    "progress-bar",
    "quiet",
    "require-virtualenv",
    "retries",
    "root-user-action",
    "verbose",
}
_SECTIONS = ("global.", "install.", ":env:.")


def main() -> int:
    """Install, from the root of the repository; return the exit code of what failed at last."""
    if _uv_installs():
        return 0
    lock = ["--require-hashes", "--requirement", LOCK]
    return _pip(lock) or _pip(_PACKAGE)


def configured(listing: str) -> dict[str, str]:
    """Read what `pip config list` printed; of a key that stands in several places the last says."""
    found = {}
    for section in _SECTIONS:
        for line in listing.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(section):
                found[key.removeprefix(section)] = str(ast.literal_eval(value))
    return found


def for_uv(configuration: dict[str, str]) -> tuple[list[str], dict[str, str]] | None:
    """Return the same as options of uv and variables; None if there is something it cannot do."""
    options: list[str] = []
    variables: dict[str, str] = {}
    for key, value in configuration.items():
        if key in _OF_ONE:
            options += [part for one in value.split() for part in (_OF_ONE[key], one)]
        elif key in _IN_THE_ENVIRONMENT:
            variables[_IN_THE_ENVIRONMENT[key]] = value
        elif key == "no-index":
            options += ["--no-index"] * (value.lower() in ("1", "true", "yes", "on"))
        elif key not in _WITHOUT_EFFECT:
            return None
    return options, variables


def part_of(lock: Iterable[str], name: str) -> str:
    """Return what a lock file says of one package: its version and its hashes."""
    kept = []
    for line in lock:
        if not line.startswith(" "):
            is_it = line.startswith(f"{name}==")
        if is_it:
            kept.append(line)
    return "".join(kept)


def _uv_installs() -> bool:
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    told = None if listing.returncode else for_uv(configured(listing.stdout))
    if told is None or not _has_uv():
        return False
    options, variables = told
    environment = {**os.environ, **variables}
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", sys.executable]
    for what in (["--require-hashes", "--requirement", LOCK], _PACKAGE):
        command = [*uv, *_ALWAYS, *options, *what]
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            print("uv could not do it: pip tries", file=sys.stderr)
            return False
    return True


def _has_uv() -> bool:
    """Return whether uv is there, in the locked version."""
    with (ROOT / LOCK).open(encoding="utf-8") as lock, tempfile.TemporaryDirectory() as place:
        alone = Path(place) / "uv.txt"
        alone.write_text(part_of(lock, "uv"), encoding="utf-8")
        return _pip(["--require-hashes", "--requirement", str(alone)]) == 0


def _pip(what: list[str]) -> int:
    command = [sys.executable, "-m", "pip", "install", "--quiet", *what]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

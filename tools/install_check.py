"""`make install-test`: the wheel installed as users do, its dependencies from the package index."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.wheel import build_wheel

_UV = Path(sys.executable).with_name("uv")


def main() -> int:
    """Run the program by `uvx` and from a virtual environment of its own; returns 0, or raises."""
    with tempfile.TemporaryDirectory(prefix="punchcard-install-") as place:
        folder = Path(place)
        wheel = build_wheel(folder)
        by_uvx = [str(_UV), "tool", "run", "--from", str(wheel), "punchcard"]
        _try(by_uvx, folder / "uvx")
        venv = folder / "venv"
        subprocess.run([_UV, "venv", "--quiet", venv], check=True)
        python = f"--python={venv}"
        subprocess.run([_UV, "pip", "install", "--quiet", python, f"{wheel}[s3,mcp]"], check=True)
        _try([str(venv / "bin" / "punchcard")], folder / "pip")
    return 0


def _try(program: list[str], folder: Path) -> None:
    """Set a server up and look whether it is whole, in a folder that was empty before."""
    folder.mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PUNCHCARD_", "PYTHON", "VIRTUAL_ENV"))
    }

    def run(*words: str) -> str:
        done = subprocess.run(
            [*program, *words],
            cwd=folder,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join([*program, *words])}: {done.stderr}")
        return done.stdout

    run("init", "--no-ask")
    settings = ("--settings", "punchcard.env")
    run(*settings, "migrate")
    run(*settings, "backup")
    run(*settings, "backup", "drill")
    found = json.loads(run(*settings, "doctor", "--json"))["findings"]
    print(f"{Path(program[0]).name}: {len(found)} findings, none of them an error")


if __name__ == "__main__":
    sys.exit(main())

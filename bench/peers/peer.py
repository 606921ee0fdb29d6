# mypy: ignore-errors
"""What the measured Python packages share: files of a pass in, passes a second out.

Runs in an environment of the package's own, without Punchcard. A pass is for one more card each
time: its serial number differs. The last one is kept for the bench to look at.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LEAST_PASSES = 3


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the files beside `pass.json` by their name in a pass."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in found
        if path.name != "pass.json"
    }


def measure(folder: Path, seconds: float, build: Callable[[dict[str, Any]], bytes]) -> None:
    """Print how many passes `build` makes of `pass.json` in so much processor time."""
    document = json.loads((folder / "files" / "pass.json").read_bytes())
    made = build(document)
    passes, begun = 0, time.process_time()
    while passes < LEAST_PASSES or time.process_time() - begun < seconds:
        passes += 1
        made = build({**document, "serialNumber": f"{passes:012}"})
    took = time.process_time() - begun
    (folder / "made.pkpass").write_bytes(made)
    print(json.dumps({"passes": passes, "seconds": took}))

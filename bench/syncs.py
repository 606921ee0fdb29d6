"""How often the embedded database waits for the disk before stamps are answered, by strace.

The same stamps as those whose instructions are counted, at full proof: fewer syncs than commits
would mean answers that a power cut can take back, more would be waits that nobody needs.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.counted import CARDS, DONE
from bench.counted_shops import make_shop
from bench.figures import Figure, Goal, figure
from bench.workshop import Workshop
from tools.debian import install

_SYNC: Final = re.compile(r"\b(?:fsync|fdatasync)\(")
_OPENING: Final = 12
"""How many syncs a file may need that is opened, grows its log past its length, and is closed."""
_TOLD: Final = {"stamp": "a stamp alone in its batch", "operation": "a list of 250"}


def syncs(workshop: Workshop) -> list[Figure]:
    """Count the syncs of stamps that come alone, and of lists."""
    strace = shutil.which("strace")
    if strace is None:
        install(["strace"], "Installing Debian's strace to count syncs")
        strace = shutil.which("strace")
    if strace is None:
        raise SystemExit("Syncs are counted by strace, and it was not found: apt install strace")
    with (
        TemporaryDirectory(prefix="punchcard-bench-") as folder,
        workshop.counting("counting syncs", len(_TOLD)) as advance,
    ):
        path = Path(folder) / "stamps"
        shop = make_shop(path, "stamps", CARDS)
        figures = []
        for what in _TOLD:
            shutil.copyfile(path / "punchcard.db", path / f"{what}.db")
            noted = path / "strace.out"
            traced = [strace, "-f", "-e", "trace=fsync,fdatasync", "-o", str(noted)]
            counted = [sys.executable, "-m", "bench.counted", str(path), what]
            ids = [shop.vendor_id, shop.api_key_id, shop.pin_id]
            subprocess.run([*traced, *counted, *ids], check=True, capture_output=True)
            found = len(_SYNC.findall(noted.read_text(encoding="utf-8")))
            figures.append(_figure(what, found))
            advance(1)
    return figures


def _figure(what: str, found: int) -> Figure:
    done = DONE[what]
    commits = done.before + done.counted // done.size
    return figure(
        f"syncs-{what}",
        found,
        f"syncs of the disk for {commits} commits of {_TOLD[what]}",
        reference="one for each commit",
        reference_value=commits,
        goal=Goal("difference", "<=", _OPENING),
    )

"""A Containerfile, read instruction by instruction."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word in capitals, and what follows in one line."""

    word: str
    rest: str


def instructions(path: Path) -> list[Instruction]:
    """Return the instructions of a file in their order, lines that go on put together."""
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    found, held = [], ""
    for line in lines:
        held += line.rstrip("\\").strip() + " "
        if line.endswith("\\"):
            continue
        word, _, rest = held.strip().partition(" ")
        found.append(Instruction(word.upper(), " ".join(rest.split())))
        held = ""
    return found

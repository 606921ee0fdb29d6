"""What verifying the log found: damages by name, and the checkpoints that fit."""

from dataclasses import dataclass, field
from datetime import datetime

from punchcard.kit.ids import CardId
from punchcard.loyalty.ledger.ledger_verify import DAMAGES_TOLD
from punchcard.loyalty.transparency.signing.checkpoint_text import Checkpoint


@dataclass(frozen=True, slots=True)
class LogDamage:
    """Something that is not as the log has it; `subject`: entry, card, event or log."""

    subject: str
    subject_id: str | None
    card_id: CardId | None
    what: str


@dataclass(slots=True)
class LogVerdict:
    """What was found; `waiting`: entries that have no place yet and are covered by nothing."""

    entries: int = 0
    events: int = 0
    waiting: int = 0
    fitting: list[Checkpoint] = field(default_factory=list)
    damage_count: int = 0
    damages: list[LogDamage] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Return whether nothing is damaged."""
        return self.damage_count == 0

    @property
    def anchored(self) -> Checkpoint | None:
        """Return the newest checkpoint that everything before it fits."""
        return max(self.fitting, key=lambda one: one.made_at, default=None)

    def add(
        self, subject: str, subject_id: str | None, what: str, card_id: CardId | None = None
    ) -> None:
        """Note a damage."""
        self.damage_count += 1
        if len(self.damages) < DAMAGES_TOLD:
            self.damages.append(LogDamage(subject, subject_id, card_id, what))


class Misfits:
    """Checkpoints that the trees do not lead to; told once, with the last that they do lead to."""

    def __init__(self, verdict: LogVerdict) -> None:
        self.verdict = verdict
        self.found: dict[Checkpoint, str] = {}

    def add(self, checkpoint: Checkpoint, what: str) -> None:
        """Note why a checkpoint does not fit."""
        self.found.setdefault(checkpoint, what)

    def tell(self, fitting: Checkpoint | None) -> None:
        """Name the oldest that does not fit; `fitting` is the newest that does."""
        for checkpoint in sorted(self.found, key=lambda one: one.made_at)[:1]:
            until = (
                f"all is as it was up to the checkpoint of {shown_moment(fitting.made_at)}"
                if fitting is not None and fitting.made_at < checkpoint.made_at
                else "no earlier checkpoint is known that fits"
            )
            made_at = shown_moment(checkpoint.made_at)
            what = f"checkpoint of {made_at}: {self.found[checkpoint]}; {until}"
            self.verdict.add("log", None, what)


def shown_moment(moment: datetime) -> str:
    """Return a moment as a damage tells it."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"

"""What happens by itself in the demonstration: automations act, and friends are paid for.

A server does it when it is due; here it is done once a day, in the morning.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from punchcard.context import Context
from punchcard.demo.guests import ZONE, Guest
from punchcard.kit.ids import CardId

# No automation of the demonstration acts before.
_EIGHT: Final = time(8)


@dataclass
class Mornings:
    """Does each morning what is due by then; `came` are friends whose first visit is new."""

    context: Context
    _came: list[CardId] = field(default_factory=list)

    def note_visit(self, guest: Guest) -> None:
        """Remember a visit if it is the first of a guest whom another one brought."""
        if guest.is_brought and not guest.has_come and guest.card is not None:
            guest.has_come = True
            self._came.append(guest.card.id)

    def do_what_is_due(self) -> None:
        """Let automations act and pay for friends, as of the clock's time."""
        loyalty = self.context.loyalty
        for card_id in self._came:
            loyalty.referral_keeper.follow(card_id)
        self._came.clear()
        loyalty.referral_keeper.take_turn()
        loyalty.automation_keeper.take_turn()


def morning_of(day: date) -> datetime:
    """Return the moment of a day at which it is done."""
    return datetime.combine(day, _EIGHT, ZONE)

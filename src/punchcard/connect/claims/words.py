"""What states and sources of receipts are called on pages and in files."""

from collections.abc import Mapping
from typing import Final

from punchcard.connect.claims.vocabulary import ClaimSource, ClaimState
from punchcard.kit.i18n import N_

CLAIM_STATES: Final[Mapping[ClaimState, str]] = {
    ClaimState.OPEN: N_("open"),
    ClaimState.TAKING: N_("being put on a card"),
    ClaimState.CLAIMED: N_("on a card"),
    ClaimState.WITHDRAWN: N_("withdrawn"),
    ClaimState.EXPIRED: N_("let pass"),
}
CLAIM_SOURCES: Final[Mapping[ClaimSource, str]] = {
    ClaimSource.API: N_("By the till's software"),
    ClaimSource.SIGNED: N_("Signed by the till"),
    ClaimSource.ORDER: N_("An order of the web shop"),
}

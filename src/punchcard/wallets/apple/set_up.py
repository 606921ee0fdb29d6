"""What the operator set up for Apple Wallet: the signer, and what keeps its passes off phones."""

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Final

from punchcard.kit.clock import Clock
from punchcard.kit.settings import Settings
from punchcard.wallets.apple.certificates import CertificateError
from punchcard.wallets.apple.signing import PassSigner, load_signer

_log = logging.getLogger(__name__)


_PUSH_KINDS: Final = {"background": (1, 5), "alert": (1, 5, 10)}
"""The kinds of push that may reach a pass, and the priorities Apple takes with each."""


def push_faults(settings: Settings) -> Iterator[str]:
    """Yield what keeps Apple from taking a push: no pass would ever be updated."""
    kind, priority = settings.apple_push_type, settings.apple_push_priority
    if kind not in _PUSH_KINDS:
        yield f"PUNCHCARD_APPLE_PUSH_TYPE is {kind}, not {' or '.join(_PUSH_KINDS)}."
    elif priority not in _PUSH_KINDS[kind]:
        allowed = " or ".join(map(str, _PUSH_KINDS[kind]))
        yield (
            f"PUNCHCARD_APPLE_PUSH_PRIORITY is {priority}, but Apple takes {kind} pushes with"
            f" {allowed} only."
        )


class AppleSetUp:
    """Reads the certificates once, when first asked, and tells each fault in the log once."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    @property
    def signer(self) -> PassSigner | None:
        """Return the operator's signer, also one whose passes no phone would take: see `fault`."""
        return self._loaded[0]

    @property
    def fault(self) -> str | None:
        """Return what the operator must put right, if anything.

        What is set can't be read, belongs to somebody else, or has ended: phones refuse what it
        signs.
        """
        signer, fault = self._loaded
        if fault is None and signer is not None and self._clock.now() >= self._ends_at(signer):
            return self._ended
        return fault

    @property
    def signs_until(self) -> datetime | None:
        """Return when the first of its certificates ends; None while there is none."""
        return self._ends_at(self.signer) if self.signer is not None else None

    @cached_property
    def _loaded(self) -> tuple[PassSigner | None, str | None]:
        try:
            signer = load_signer(self._settings)
        except CertificateError as error:
            return None, _logged(str(error))
        if signer is None:
            return None, None
        told = " ".join((*signer.faults(self._clock.now()), *push_faults(self._settings)))
        return signer, _logged(told) if told else None

    @cached_property
    def _ended(self) -> str:
        return _logged(f"The certificate ended on {self.signs_until:%Y-%m-%d}: renew it.")

    def _ends_at(self, signer: PassSigner) -> datetime:
        return min(one.not_valid_after_utc for one in (signer.certificate, signer.intermediate))


def _logged(fault: str) -> str:
    """Return what is wrong, once it is in the log."""
    _log.error("Apple Wallet hands out no passes (see punchcard doctor): %s", fault)
    return fault

"""What a program says about its tiers, each a field of its own over one kept document."""

from typing import Any

from sqlalchemy.orm import Mapped

from punchcard.loyalty.vocabulary import (
    TIER_BASIS_OF_TYPE,
    ProgramType,
    TierBasis,
    TierDowngrade,
    TierWindow,
)


class TierRuleFields:
    """What a program says about how cards move between its tiers, kept as one document."""

    type: Mapped[ProgramType]
    tier_rules: Mapped[dict[str, Any] | None]

    @property
    def tier_basis(self) -> TierBasis:
        """What counts towards a tier: what the program collects, unless it says."""
        named = (self.tier_rules or {}).get("basis")
        return TierBasis(named) if named else TIER_BASIS_OF_TYPE[ProgramType(self.type)]

    @tier_basis.setter
    def tier_basis(self, value: TierBasis) -> None:
        self._keep(basis=value)

    @property
    def tier_window(self) -> TierWindow:
        """In which time it counts."""
        return TierWindow((self.tier_rules or {}).get("window") or TierWindow.LIFETIME)

    @tier_window.setter
    def tier_window(self, value: TierWindow) -> None:
        self._keep(window=value)

    @property
    def tier_downgrade(self) -> TierDowngrade:
        """Where a card goes whose tier has come to its date."""
        return TierDowngrade((self.tier_rules or {}).get("downgrade") or TierDowngrade.NEVER)

    @tier_downgrade.setter
    def tier_downgrade(self, value: TierDowngrade) -> None:
        self._keep(downgrade=value)

    @property
    def tier_holds_months(self) -> int:
        """For how many months after its period a tier is kept."""
        return (self.tier_rules or {}).get("holds_months") or 0

    @tier_holds_months.setter
    def tier_holds_months(self, value: int) -> None:
        self._keep(holds_months=value)

    @property
    def tier_grace_days(self) -> int:
        """For how many days after its date a tier is kept all the same."""
        return (self.tier_rules or {}).get("grace_days") or 0

    @tier_grace_days.setter
    def tier_grace_days(self, value: int) -> None:
        self._keep(grace_days=value)

    def _keep(self, **rules: Any) -> None:
        self.tier_rules = {**(self.tier_rules or {}), **rules}

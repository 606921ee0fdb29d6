"""`punchcard vendor usage`: what shops used in a month, for bills."""

import csv
import io
from datetime import UTC, datetime

import pytest

from tests.cli.conftest import Punchcard

pytestmark = pytest.mark.usefixtures("migrated")


def test_a_month_is_told_as_csv_and_as_json(punchcard: Punchcard) -> None:
    made = punchcard(
        *("vendor", "create", "--name", "Café Alice", "--slug", "cafe-alice"),
        *("--email", "alice@cafe.example", "--currency", "EUR"),
        *("--timezone", "Europe/Luxembourg", "--password", "a password for tests"),
    )
    assert made.exit_code == 0, made.err
    month = f"{datetime.now(UTC):%Y-%m}"
    told = punchcard("vendor", "usage", "--month", month)
    [row] = csv.DictReader(io.StringIO(told.out))
    assert (row["slug"], row["month"], row["entries"], row["closed_at"]) == (
        *("cafe-alice", month, "0"),
        "",
    )
    [facts] = punchcard("vendor", "usage", "--month", month, "--json").json
    assert facts["slug"] == "cafe-alice"
    assert facts["closed_at"] is None


def test_no_month_is_told_for_what_is_none(punchcard: Punchcard) -> None:
    # The month after the last of the calendar is none.
    assert "9999-12 is no month" in punchcard("vendor", "usage", "--month", "9999-12").err
    refused = punchcard("vendor", "usage", "--month", "November")
    assert refused.exit_code == 1
    assert "November is no month" in refused.err

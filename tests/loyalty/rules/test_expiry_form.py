"""What a program may say about ends: each fault at its field."""

from typing import Any

import pytest

from punchcard.loyalty.rules.dated.expiry_rules import expiry_faults


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        ({}, []),
        ({"points_expiry": {"kind": "never"}, "stamps_expiry": None}, []),
        ({"points_expiry": {"kind": "year_end"}, "expiry_notice_days": [30, 7]}, []),
        ({"points_expiry": {"kind": "fixed"}}, [["points_expiry", "months"]]),
        ({"stamps_expiry": {"kind": "inactivity", "months": 0}}, [["stamps_expiry", "months"]]),
        ({"expiry_notice_days": [7, 7]}, [["expiry_notice_days"]]),
        (
            {"points_expiry": {"kind": "inactivity"}, "expiry_notice_days": [1, 2, 1]},
            [["points_expiry", "months"], ["expiry_notice_days"]],
        ),
    ],
)
def test_each_fault_is_at_its_field(fields: dict[str, Any], places: list[list[str]]) -> None:
    assert [fault["loc"] for fault in expiry_faults(fields)] == places

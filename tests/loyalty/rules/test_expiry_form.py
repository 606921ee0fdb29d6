"""What a program may say about ends: each fault at its field."""

from typing import Any

import pytest

from punchcard.loyalty.rules.dated.expiry_rules import expiry_faults, idle_faults, without_idle


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


def end(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, **more}


@pytest.mark.parametrize(
    ("fields", "type", "places"),
    [
        ({"points_expiry": end("never"), "stamps_expiry": end("never")}, "points", []),
        ({"points_expiry": end("never", months=None, round_to="day")}, "points", []),
        ({"points_expiry": end("year_end", months=None, round_to="year_end")}, "hybrid", []),
        ({"points_expiry": end("fixed", months=12, round_to="month_end")}, "points", []),
        ({"points_expiry": end("never", months=12)}, "points", [["points_expiry", "months"]]),
        ({"points_expiry": end("year_end", months=12)}, "points", [["points_expiry", "months"]]),
        ({"stamps_expiry": end("never", months=1)}, "stamps", [["stamps_expiry", "months"]]),
        (
            {"points_expiry": end("never", months=3, round_to="month_end")},
            "hybrid",
            [["points_expiry", "months"], ["points_expiry", "round_to"]],
        ),
        ({"points_expiry": end("year_end")}, "stamps", [["points_expiry", "kind"]]),
        ({"stamps_expiry": end("fixed", months=1)}, "points", [["stamps_expiry", "kind"]]),
        ({"points_activation_days": 14}, "stamps", [["points_activation_days"]]),
        ({"points_activation_days": 0, "stamps_expiry": None}, "stamps", []),
    ],
)
def test_what_has_no_effect_is_named(
    fields: dict[str, Any], type: str, places: list[list[str]]
) -> None:
    assert [fault["loc"] for fault in idle_faults(fields, type)] == places


@pytest.mark.parametrize(
    ("before", "asked", "kept"),
    [
        (end("fixed", months=12), end("never", months=12), end("never", months=None)),
        (end("fixed", months=12), end("year_end", months=12), end("year_end", months=None)),
        (
            end("fixed", months=12, round_to="month_end"),
            end("never", months=12, round_to="month_end"),
            end("never", months=None, round_to="day"),
        ),
        (end("fixed", months=12), end("never", months=6), end("never", months=6)),
        (end("never", months=12), end("never", months=12), end("never", months=12)),
        (end("fixed", months=12), end("inactivity", months=12), end("inactivity", months=12)),
        (None, end("never", months=12), end("never", months=12)),
        (end("fixed", months=12), None, None),
    ],
)
def test_what_another_kind_leaves_over_is_dropped_and_nothing_else(
    before: Any, asked: Any, kept: Any
) -> None:
    assert without_idle(before, asked) == kept

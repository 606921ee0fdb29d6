"""What is still to be booked for an order, from what it came to and what was booked. Pure.

The order says what its card should have; whatever order its events came in, and however often,
the bookings lead there.
"""

from collections.abc import Sequence
from typing import NamedTuple

from punchcard.connect.integrations.counting import refunded_of
from punchcard.connect.integrations.models import IntegrationBooking, IntegrationOrder
from punchcard.connect.integrations.vocabulary import BookingKind, BookingState, OrderState
from punchcard.kit.ids import IntegrationBookingId


class PlannedBooking(NamedTuple):
    """Something to be booked: what is earned, or taken back from the earning that it names."""

    kind: BookingKind
    amount_minor: int
    of_booking_id: IntegrationBookingId | None = None


def due_minor(order: IntegrationOrder) -> int:
    """Return how much of an order should count on its card by now, in minor units."""
    if order.state != OrderState.PAID:
        return 0
    refunded = refunded_minor(order)
    return order.counted_minor - refunded_of(
        order.counted_minor, total=order.total_minor, refunded=refunded
    )


def refunded_minor(order: IntegrationOrder) -> int:
    """Return how much of an order was paid back: by each refund, or as one sum, where that is more.

    The sum stands under an empty number.
    """
    each = sum(amount for number, amount in order.refunds.items() if number)
    return max(each, order.refunds.get("", 0))


def plan(order: IntegrationOrder, bookings: Sequence[IntegrationBooking]) -> list[PlannedBooking]:
    """Return what is to be booked, beside the bookings that there are, in the order of numbers."""
    left = left_of(bookings)
    missing = due_minor(order) - sum(left.values())
    if missing > 0:
        return [PlannedBooking(BookingKind.EARN, missing)]
    planned = []
    for booking_id, amount in reversed(left.items()):
        taken = min(amount, -missing)
        if taken:
            planned.append(PlannedBooking(BookingKind.REFUND, taken, booking_id))
            missing += taken
    return planned


def left_of(bookings: Sequence[IntegrationBooking]) -> dict[IntegrationBookingId, int]:
    """Return what is left of each earning that was not refused, less what was taken back."""
    left = {
        one.id: one.amount_minor
        for one in bookings
        if one.kind == BookingKind.EARN and one.state != BookingState.REFUSED
    }
    for one in bookings:
        if one.of_booking_id in left and one.state != BookingState.REFUSED:
            left[one.of_booking_id] -= one.amount_minor
    return left

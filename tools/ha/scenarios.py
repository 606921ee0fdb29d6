"""What happens to the primary, and how long the tills waited meanwhile."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tools.ha.clients import Clients
from tools.ha.cluster import Cluster
from tools.ha.hosts import Host

GOAL_SECONDS: Final = 15.0
_BEFORE: Final = 50
_AFTER: Final = 100
_ANSWER_SECONDS: Final = 120
_HOLD_SECONDS: Final = 20.0
_FULL_SECONDS: Final = 10.0

Act = Callable[[Cluster, Host], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is done to the primary, and how it is undone later."""

    name: str
    harm: Act
    mend: Act | None = None
    mend_after_seconds: float | None = None
    """When it is undone whether or not anybody is answered: what no other machine mends."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How long operations waited that were under way when it happened, or begun until it was over.

    `gap_seconds`: the longest time in which nobody was answered. `came_back`: whether the harmed
    host followed the new primary by itself afterwards.
    """

    name: str
    operations: int
    attempts: int
    longest_seconds: float
    gap_seconds: float
    primary: str
    came_back: bool

    @property
    def is_within_goal(self) -> bool:
        """Return whether nobody waited for longer than the goal."""
        return self.longest_seconds <= GOAL_SECONDS


SCENARIOS: Final = (
    Scenario("PostgreSQL killed (SIGKILL)", lambda cluster, host: cluster.kill_postgresql(host)),
    Scenario(
        "machine cut off",
        lambda _cluster, host: host.cut_off(),
        lambda _cluster, host: host.mend(),
    ),
    Scenario(
        "machine frozen (SIGSTOP)",
        lambda _cluster, host: host.signal_all(signal.SIGSTOP),
        lambda _cluster, host: host.signal_all(signal.SIGCONT),
    ),
    Scenario(
        f"disk full, room after {_FULL_SECONDS:.0f} s",
        lambda cluster, host: cluster.fill_disk(host),
        lambda cluster, host: cluster.empty_disk(host),
        # PostgreSQL goes on and refuses each write, so there is no reason for another primary.
        mend_after_seconds=_FULL_SECONDS,
    ),
)


def play(scenario: Scenario, cluster: Cluster, clients: Clients) -> Outcome:
    """Harm the primary under load, wait until tills are answered again, mend it, and tell.

    Raises TimeoutError when nobody is answered for two minutes, or the cluster is not whole again.
    """
    begun = time.monotonic()
    _wait_for_answers(clients, begun, _BEFORE)
    host = cluster.primary()
    harmed = time.monotonic()
    scenario.harm(cluster, host)
    try:
        if scenario.mend_after_seconds is not None:
            _let_pass(harmed + scenario.mend_after_seconds)
        else:
            _wait_for_answers(clients, harmed, _AFTER)
        if scenario.mend is not None and scenario.mend_after_seconds is None:
            # What was frozen or away must find the others gone on without it.
            _let_pass(harmed + _HOLD_SECONDS)
    finally:
        if scenario.mend is not None:
            scenario.mend(cluster, host)
    came_back = cluster.wait_or_set_up_anew(host)
    mended = time.monotonic()
    _wait_for_answers(clients, mended, _AFTER)
    return _outcome(scenario, cluster, clients, harmed, came_back=came_back)


def _outcome(
    scenario: Scenario, cluster: Cluster, clients: Clients, harmed: float, *, came_back: bool
) -> Outcome:
    concerned = [
        told
        for told in clients.journal
        if told.answered_at is not None and told.answered_at >= harmed
    ]
    moments = sorted([harmed, *(told.answered_at or harmed for told in concerned)])
    gaps = (after - before for before, after in pairwise(moments))
    return Outcome(
        name=scenario.name,
        operations=len(concerned),
        attempts=sum(told.attempts for told in concerned),
        longest_seconds=max(told.waited_seconds for told in concerned),
        gap_seconds=max(gaps),
        primary=cluster.primary().name,
        came_back=came_back,
    )


def _wait_for_answers(clients: Clients, since: float, number: int) -> None:
    ends_at = time.monotonic() + _ANSWER_SECONDS
    while clients.answered_since(since) < number:
        if time.monotonic() > ends_at:
            raise TimeoutError(f"nobody is answered any more: {clients.faults[-3:]}")
        time.sleep(0.05)


def _let_pass(until: float) -> None:
    time.sleep(max(0.0, until - time.monotonic()))

"""How much a target does: always the same in `make test`, rounds from a new seed in `make fuzz`."""

import os
import sys
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any, Final, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, is_hypothesis_test, seed, settings

from tests.support.draw import FUZZ_SEED

MINUTES: Final = float(os.environ.get("PUNCHCARD_TEST_FUZZ_MINUTES") or 0)
"""How long each target goes on making up rounds; 0 for a single one."""

_EXAMPLES_A_ROUND: Final = 10
"""How many times as much as `make test` a round does."""

Property = TypeVar("Property", bound=Callable[..., Any])


def effort(examples: int) -> Callable[[Property], Property]:
    """Mark a target: it tries so many examples, always the same, unless a seed was given."""
    return settings(
        max_examples=examples * (_EXAMPLES_A_ROUND if FUZZ_SEED else 1),
        derandomize=not FUZZ_SEED,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def run_rounds(item: pytest.Function) -> bool:
    """Run a target as often as its minutes allow; returns whether `item` was one."""
    target = item.obj
    if not FUZZ_SEED or not is_hypothesis_test(target):
        return False
    arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
    for number in _seeds():
        try:
            seed(number)(target)(**arguments)
        except BaseException:
            _say(item, f"the same again: make fuzz SEED={number} ONLY={_room(item)}")
            raise
        _say(item, f"{item.name}: round {number - int(FUZZ_SEED) + 1}, seed {number}, sound")
    return True


def _seeds() -> Iterator[int]:
    """Give the seeds of the rounds: they follow one another, so that any of them can be first."""
    begun, number = monotonic(), int(FUZZ_SEED)
    while True:
        yield number
        number += 1
        if monotonic() - begun >= MINUTES * 60:
            return


def _room(item: pytest.Function) -> str:
    return item.path.stem.removeprefix("test_")


def _say(item: pytest.Function, text: str) -> None:
    capture = item.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{text}", file=sys.stderr, end="", flush=True)  # noqa: T201 progress

"""Compiling the tests, which takes longer than all else before the first of them, once a run."""

import importlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

_T = TypeVar("_T")


def turned(items: Sequence[_T], number: int, count: int) -> list[_T]:
    """Return `items` from where worker `number` of `count` begins: round, to where it began."""
    start = len(items) * number // count
    return [*items[start:], *items[:start]]


def modules_below(root: Path, arguments: Sequence[str]) -> list[str]:
    """Return the names of all test modules that a run is asked for."""
    asked = [root / argument.partition("::")[0] for argument in arguments]
    files = {
        file
        for path in asked
        for file in (path.rglob("test_*.py") if path.is_dir() else [path])
        if file.is_relative_to(root)
    }
    return [".".join(file.relative_to(root).with_suffix("").parts) for file in sorted(files)]


class SharedCompiling:
    """A plugin of a worker: it loads the tests from another one on than the other workers do.

    pytest rewrites and compiles each module, and keeps the result. All workers collect in the same
    order, so without this each would compile everything at the same moment as the others.
    """

    def __init__(self, number: int, count: int) -> None:
        self._number = number
        self._count = count

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Load all modules when collecting begins: where warnings are errors already."""
        if isinstance(collector, pytest.Session):
            config = collector.config
            names = modules_below(config.rootpath, config.args)
            for name in turned(names, self._number, self._count):
                # Collecting loads what failed once more, and says why.
                with suppress(Exception):
                    importlib.import_module(name)


def share_compiling(config: pytest.Config) -> None:
    """Let this process share the work, if it is a worker beside others."""
    worker: dict[str, object] = getattr(config, "workerinput", {})
    if worker:
        number = int(str(worker["workerid"]).removeprefix("gw"))
        config.pluginmanager.register(SharedCompiling(number, int(str(worker["workercount"]))))

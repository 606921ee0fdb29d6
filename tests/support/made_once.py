"""What takes seconds to make is made once in a run, and copied for each worker that asks for it."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder of one's own with all that `make` has put into an empty one.

    It is made by the worker that asks first; who asks meanwhile waits. What is made must mean the
    same in another folder. What a maker raises leaves nothing, and the next one tries again.
    """
    shared = _of_the_run(factory)
    made = shared / name
    with (shared / f"{name}.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            begun = shared / f"{name}.begun"
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir()
            make(begun)
            begun.rename(made)
    return Path(shutil.copytree(made, factory.mktemp(name), dirs_exist_ok=True))


def _of_the_run(factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all workers; each of them has its own in it."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = shared / "made-once"
    folder.mkdir(exist_ok=True)
    return folder

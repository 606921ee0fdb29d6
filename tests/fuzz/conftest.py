"""Targets by rounds, and a served world to send requests to."""

import asyncio
from collections.abc import Iterator

import pytest

from punchcard.main import create_app
from tests.contract.conftest import (
    Stage,
    either_copy,
    either_stage,
    populated,
    populated_server,
)
from tests.fuzz.effort import run_rounds
from tests.fuzz.raw_requests import RawServer

__all__ = ["either_copy", "either_stage", "populated", "populated_server"]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Let a target of this folder make up rounds, where that was asked for."""
    return run_rounds(pyfuncitem) or None


@pytest.fixture(scope="module")
def server(either_stage: Stage) -> Iterator[RawServer]:
    """Serve a copy of the world to requests that no client would send, on both databases."""
    with asyncio.Runner() as runner:
        yield RawServer(create_app(either_stage.context), runner)

"""The published log: a monitor rebuilds the tree from its tiles, a customer proves their card."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency import verify
from punchcard.loyalty.transparency.checkpoint_text import open_checkpoint
from punchcard.loyalty.transparency.merkle import leaf_hash, whole_root
from punchcard.loyalty.transparency.signed_notes import VerifierKey, new_private_key
from tests.loyalty.transparency.test_merkle import slow_root
from tests.loyalty.transparency.world import World, open_world
from tests.support.cast import Shop
from tests.support.http import Http


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    return replace(settings, log_key=new_private_key())


@pytest.fixture
def world(context: Context, alice: Shop, bob: Shop, clock: ManualClock) -> World:
    return open_world(context, alice, bob, clock)

"""How many connections fit into the descriptors of a process."""

import pytest

from punchcard.kit.descriptors import (
    connection_limit,
    descriptor_limit,
    live_stream_limit,
    live_streams_of_address,
)
from punchcard.kit.settings import Settings


@pytest.mark.parametrize("descriptors", [256, 1024, 65_536])
@pytest.mark.parametrize("pool_size", [8, 40])
def test_connections_leave_descriptors_for_the_databases(descriptors: int, pool_size: int) -> None:
    settings = Settings(database_pool_size=pool_size)
    found = connection_limit(settings, descriptors=descriptors)
    assert found >= 16
    assert found == 16 or found + 2 * 3 * pool_size + 100 < descriptors


@pytest.mark.parametrize(("given", "found"), [(500, 500), (0, 848), (5000, 848)])
def test_the_setting_lowers_the_number_and_never_raises_it(given: int, found: int) -> None:
    assert connection_limit(Settings(connections_limit=given), descriptors=1024) == found


def test_customers_pages_leave_a_quarter_of_the_connections_to_the_tills() -> None:
    assert live_stream_limit(Settings(), descriptors=1024) == 636
    assert live_stream_limit(Settings(), descriptors=4096) == 2000
    assert live_stream_limit(Settings(connections_limit=100), descriptors=4096) == 75


def test_the_limit_of_this_process_is_known() -> None:
    assert descriptor_limit() > 0


@pytest.mark.parametrize(("of_all", "of_one"), [(2000, 50), (100, 50), (99, 49), (20, 10), (1, 1)])
def test_one_address_keeps_no_more_than_half_of_all_pages_open(of_all: int, of_one: int) -> None:
    settings = Settings(database_url="sqlite://", live_streams_limit=of_all)
    assert live_streams_of_address(settings, descriptors=100_000) == of_one

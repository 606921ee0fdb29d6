"""Addresses of PostgreSQL: one host or several, for SQLAlchemy and for PostgreSQL's own library."""

import psycopg.conninfo
import pytest
from sqlalchemy import create_engine

from punchcard.db.postgresql.addresses import engine_address, has_several_hosts, libpq_address

ADDRESSES = [
    ("postgresql://shop@one/punchcard", "one", None),
    ("postgres://shop:p%40ss%3A@one:5433/punchcard?sslmode=require", "one", "5433"),
    ("postgresql+psycopg://shop@[::1]:5433/punchcard", "::1", "5433"),
    ("postgresql://shop:p%20a%20ss@one:5433/punchcard", "one", "5433"),
    ("postgresql://shop:p%40ss@one:5432,two:5433/punchcard", "one,two", "5432,5433"),
    ("postgresql://shop@one,two,three/punchcard?connect_timeout=3", "one,two,three", ",,"),
    ("postgresql://shop@/punchcard?host=one:5432&host=two:5433", "one,two", "5432,5433"),
    ("postgresql://shop:@/punchcard?host=/run/postgresql", "/run/postgresql", None),
]


@pytest.mark.parametrize(("address", "hosts", "ports"), ADDRESSES)
def test_both_libraries_connect_to_the_same(address: str, hosts: str, ports: str | None) -> None:
    url = engine_address(address)
    parameters = create_engine(url).dialect.create_connect_args(url)[1]
    told = psycopg.conninfo.conninfo_to_dict(libpq_address(url))
    for named in (parameters, told):
        assert named["host"] == hosts
        assert str(named.get("port")) == str(ports)
        assert (named["user"], named["dbname"]) == ("shop", "punchcard")
    assert told.get("password", "") == (parameters.get("password") or "")


@pytest.mark.parametrize(("address", "hosts", "ports"), ADDRESSES)
def test_of_several_hosts_the_one_that_writes_is_taken(
    address: str, hosts: str, ports: str | None
) -> None:
    url = engine_address(address)
    assert has_several_hosts(url) == ("," in hosts)
    assert url.query.get("target_session_attrs") == ("read-write" if "," in hosts else None)


def test_an_address_may_say_itself_which_host_is_meant() -> None:
    url = engine_address("postgresql://one,two/shop?target_session_attrs=primary")
    assert url.query["target_session_attrs"] == "primary"
    replica = engine_address("postgresql://one,two/shop", session="prefer-standby")
    assert replica.query["target_session_attrs"] == "prefer-standby"

"""Caddy's file for domains of shops' own: read by Caddy itself, and as guarded as the other."""

import json
import subprocess
from typing import Any

from tests.deploy.proxies import DEPLOY
from tools.proxies import find_proxy

USUAL = DEPLOY / "caddy" / "Caddyfile"
OWN = DEPLOY / "caddy" / "own-domains.Caddyfile"
ASK = "http://127.0.0.1:8000/api/v1/loyalty/domains/ask"


def adapted(path: str) -> dict[str, Any]:
    """Return what Caddy makes of a file; it must have nothing to say of it."""
    caddy = find_proxy("caddy")
    assert caddy is not None, "make setup-proxies finds or installs it"
    command = [str(caddy), "adapt", "--adapter", "caddyfile", "--config", path]
    read = subprocess.run(command, capture_output=True, text=True, check=True)
    config: dict[str, Any] = json.loads(read.stdout)
    return config


def texts_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {text for one in value.values() for text in texts_in(one)}
    if isinstance(value, list):
        return {text for one in value for text in texts_in(one)}
    return {value} if isinstance(value, str) else set()


def test_certificates_are_got_only_for_domains_that_the_server_knows() -> None:
    config = adapted(str(OWN))
    automation = config["apps"]["tls"]["automation"]

    assert ASK in texts_in(automation["on_demand"])
    on_demand = [one for one in automation["policies"] if one.get("on_demand")]
    assert len(on_demand) == 1
    assert "subjects" not in on_demand[0]
    hosts = [
        host
        for server in config["apps"]["http"]["servers"].values()
        for route in server["routes"]
        for match in route.get("match", [])
        for host in match.get("host", [])
    ]
    assert hosts == ["cards.example"]


def test_it_guards_as_much_as_the_usual_file() -> None:
    usual, own = adapted(str(USUAL)), adapted(str(OWN))

    missing = texts_in(usual["logging"]) - texts_in(own["logging"])
    # Caddy numbers logs: what is in them is the same.
    assert not {text for text in missing if not text.startswith(("log", "http.log"))}
    assert "/metrics" in texts_in(own)
    assert texts_in(usual["apps"]["http"]) <= texts_in(own["apps"]["http"]) | {"log0"}


def test_a_page_that_is_closed_frees_its_line_to_the_server() -> None:
    # With it Caddy holds the line open until the server ends it, and waits for that when it stops.
    for path in (USUAL, OWN):
        assert "flush_interval" not in texts_in(adapted(str(path)))

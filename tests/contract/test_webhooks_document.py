"""The OpenAPI document tells what a shop's own software is sent, type by type."""

import re
from pathlib import Path
from typing import Any

from punchcard.loyalty.vocabulary import VendorEventType

PAGE = (Path(__file__).parents[2] / "docs" / "connections.md").read_text(encoding="utf-8")


def test_every_type_of_event_is_described_with_its_data(document: dict[str, Any]) -> None:
    assert set(document["webhooks"]) == {str(kind) for kind in VendorEventType}
    for kind, described in document["webhooks"].items():
        body = described["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body["properties"]["type"] == {"const": kind}
        name = body["properties"]["data"]["$ref"].rpartition("/")[2]
        assert document["components"]["schemas"][name]["type"] == "object"
        headers = [one["name"] for one in described["post"]["parameters"]]
        assert headers == ["webhook-id", "webhook-timestamp", "webhook-signature"]


def test_every_type_of_event_stands_in_the_documentation() -> None:
    table = PAGE.partition("### What there is\n")[2].partition("\n### ")[0]
    told = set(re.findall(r"`([a-z]+\.[a-z]+)`", "\n".join(re.findall(r"^\|[^|]+", table, re.M))))

    assert told == {str(kind) for kind in VendorEventType}

"""What a server tells Prometheus, read by Prometheus' own parser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from punchcard.api.metrics.process_group import ProcessGroup
from punchcard.context import Context
from punchcard.main import create_app
from tests.support.http import AppTransport


@dataclass(frozen=True)
class Told:
    """The samples of one look."""

    families: list[Metric]

    def value(self, name: str, **labels: str) -> float | None:
        """Return the sum of the samples of a name that bear these labels; None if there is none."""
        found = [
            sample.value
            for family in self.families
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(found) if found else None

    def labels(self, name: str, label: str) -> set[str]:
        """Return what a label is worth in the samples of a name."""
        return {
            sample.labels[label]
            for family in self.families
            for sample in family.samples
            if sample.name == name and label in sample.labels
        }

    @property
    def names(self) -> set[str]:
        """Return the names of all families, as they are queried: counters with `_total`."""
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
        return {
            f"{family.name}{suffix}"
            for family in self.families
            for suffix in suffixes.get(family.type, [""])
        }


def told_by(client: httpx.Client) -> Told:
    """Ask a server for its figures."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return Told(list(text_string_to_metric_families(answer.text)))


@contextmanager
def near(context: Context, group: ProcessGroup | None = None) -> Iterator[httpx.Client]:
    """Call a server in this process, from the machine it runs on."""
    app = create_app(context, process_group=group)
    with httpx.Client(
        transport=AppTransport(app, address="127.0.0.1"), base_url="http://shop.test"
    ) as client:
        yield client

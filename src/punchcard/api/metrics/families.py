"""Metrics as families of samples: made of counts and measures, sent between processes, and told.

The names and types are those of https://prometheus.io/docs/instrumenting/exposition_formats/ (the
text format 0.0.4): counters end in `_total`, and a histogram has buckets, a sum and a count.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

import orjson
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from punchcard.kit.metrics.instruments import Measure, Tally

PROCESS: Final = "process"
"""The label that tells which process of a server a sample is of, counted from 0."""


def gauge(name: str, meaning: str, value: float) -> Metric:
    """Return what goes up and down, without labels."""
    return labelled_gauge(name, meaning, (), {(): value})


def labelled_gauge(
    name: str, meaning: str, labels: Sequence[str], values: Mapping[Any, float]
) -> Metric:
    """Return what goes up and down, by labels; `values` by tuples of their worth."""
    family = Metric(name, meaning, "gauge")
    for worth, value in values.items():
        family.add_sample(name, dict(zip(labels, worth, strict=True)), value)
    return family


def counter(name: str, meaning: str, value: float) -> Metric:
    """Return what only grows; `name` is told with `_total` at its end."""
    family = Metric(name, meaning, "counter")
    family.add_sample(f"{name}_total", {}, value)
    return family


def tallied(name: str, meaning: str, tally: Tally) -> Metric:
    """Return a count by its labels; `name` is told with `_total` at its end."""
    family = Metric(name, meaning, "counter")
    for labels, number in tally.counts().items():
        family.add_sample(f"{name}_total", dict(zip(tally.names, labels, strict=True)), number)
    return family


def measured(name: str, meaning: str, measure: Measure) -> Metric:
    """Return a measure as a histogram, by its labels."""
    family = Metric(name, meaning, "histogram")
    for worth, spread in measure.spreads().items():
        labels = dict(zip(measure.names, worth, strict=True))
        up_to = list(accumulate(spread.numbers))
        bounds = [*map(str, measure.bounds), "+Inf"]
        for bound, number in zip(bounds, up_to, strict=True):
            family.add_sample(f"{name}_bucket", {**labels, "le": bound}, number)
        family.add_sample(f"{name}_count", labels, up_to[-1])
        family.add_sample(f"{name}_sum", labels, spread.sum)
    return family


def packed(families: Iterable[Metric]) -> bytes:
    """Return families as they are sent to another process of this server."""
    return orjson.dumps(
        [
            [one.name, one.documentation, one.type, [list(sample[:3]) for sample in one.samples]]
            for one in families
        ]
    )


def unpacked(sent: bytes) -> list[Metric]:
    """Return the families that another process sent. Raises ValueError for anything else."""
    families = []
    for name, meaning, kind, samples in orjson.loads(sent):
        family = Metric(name, meaning, kind)
        for sample_name, labels, value in samples:
            family.add_sample(sample_name, labels, value)
        families.append(family)
    return families


def of_processes(found: Mapping[str, Iterable[Metric]]) -> list[Metric]:
    """Return the families of several processes as one of each name, labelled by process."""
    merged: dict[str, Metric] = {}
    for process, families in found.items():
        for one in families:
            family = merged.setdefault(one.name, Metric(one.name, one.documentation, one.type))
            for sample in one.samples:
                labels = {**sample.labels, PROCESS: process}
                family.add_sample(sample.name, labels, sample.value)
    return list(merged.values())


def as_text(families: Sequence[Metric]) -> bytes:
    """Return families in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(families))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Any:
        return self._families

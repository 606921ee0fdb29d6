"""Alerts, dashboard and manual speak of figures that there are, and promtool finds alerts right."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # no stubs in the lock

from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.context import Context
from punchcard.db.failures import DatabaseBusy
from punchcard.db.outbox import WorkStatus
from punchcard.db.watch.database_metrics import DatabaseErrorKind
from punchcard.http_statuses import INTERNAL_CODE
from punchcard.kit.environment.backup_names import BACKUPS, name_of
from punchcard.wallets.vocabulary import PushVerdict
from punchcard.worker import handlers
from tests.deploy.proxies import DEPLOY
from tests.support.prometheus import near, told_by
from tools.prometheus import find_promtool

RULES = DEPLOY / "prometheus" / "alerts.yaml"
RULES_TEST = DEPLOY / "prometheus" / "alerts_test.yaml"
DASHBOARD = DEPLOY / "grafana" / "punchcard.json"
MANUAL = DEPLOY.parent / "docs" / "operations.md"
_NAME = re.compile(r"\bpunchcard_[a-z0-9_]+")
_LABELLED = re.compile(r"(\w+)(?:=~|!~|!=|=)\"([^\"]*)\"")
_HISTOGRAM_ENDS = ("_bucket", "_count", "_sum")


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    """Yield what alerts and dashboard ask Prometheus."""
    yield from (alert["expr"] for alert in alerts())
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from (one["query"] for one in dashboard["templating"]["list"] if one["type"] == "query")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_figure_that_is_asked_for_is_told(context: Context) -> None:
    backups = context.settings.data_dir / BACKUPS
    backups.mkdir()
    (backups / name_of(context.clock.now(), is_embedded=True)).touch()
    with near(context) as client:
        names = told_by(client).names
    asked = {name for expression in expressions() for name in _NAME.findall(expression)}
    assert asked - names == set()
    manual = set(_NAME.findall(MANUAL.read_text(encoding="utf-8")))
    whole = names | {name.removesuffix(end) for name in names for end in _HISTOGRAM_ENDS}
    assert manual - whole == set()
    # What nobody looks at need not be told.
    of_process = {name for name in names if name.startswith("punchcard_process_")}
    assert {_whole(name) for name in names - of_process} <= {_whole(name) for name in manual}
    assert len(asked) > 30, "the rule no longer sees figures"


def _whole(name: str) -> str:
    return re.sub("(_bucket|_count|_sum)$", "", name)


KNOWN: dict[str, set[str]] = {
    "code": {INTERNAL_CODE, DatabaseBusy.code},
    "event": set(SecurityEvent),
    "kind": set(DatabaseErrorKind),
    "verdict": set(PushVerdict),
    "topic": {
        topic
        for lane in (*handlers.WALLET_LANES, handlers.MAIL_LANE, handlers.LONG_WORK_LANE)
        for topic in lane
    },
}


def test_what_labels_are_compared_with_is_what_they_are_worth() -> None:
    found = [pair for expression in expressions() for pair in _LABELLED.findall(expression)]
    for label, worth in found:
        if label in KNOWN:
            assert worth in KNOWN[label], f"{label} is never {worth}"
        elif label == "status" and worth.isalpha():
            assert worth in set(WorkStatus)
        else:
            assert label in {"job", "instance", "status", "route"}
    assert len({label for label, _ in found} & set(KNOWN)) == len(KNOWN)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_every_alarm_leads_to_what_it_means_and_what_to_do(alert: dict[str, Any]) -> None:
    name = alert["alert"]
    assert alert["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    manual = MANUAL.read_text(encoding="utf-8")
    part = manual.partition(f"\n#### {name}\n")[2].partition("\n#")[0].strip()
    assert len(part.split("\n\n")) >= 2, f"{name} has no runbook: what it means, what to do"
    assert alert["labels"]["severity"] in {"critical", "warning"}


def test_no_runbook_is_about_an_alarm_that_there_is_not() -> None:
    told = re.findall(r"^#### (Punchcard\w+)$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [alert["alert"] for alert in alerts()]


def test_every_alarm_is_tried_out_both_ways() -> None:
    tried = yaml.safe_load(RULES_TEST.read_text(encoding="utf-8"))["tests"]
    judged = [
        (one["alertname"], bool(one["exp_alerts"])) for t in tried for one in t["alert_rule_test"]
    ]
    for alert in alerts():
        assert {(alert["alert"], True), (alert["alert"], False)} <= set(judged)


@pytest.mark.parametrize("words", [("check", "rules", RULES), ("test", "rules", RULES_TEST)])
def test_promtool_finds_the_alarms_right(words: tuple[str | Path, ...]) -> None:
    promtool = find_promtool()
    assert promtool is not None, "make setup-prometheus"
    judged = subprocess.run(
        [promtool, *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_the_dashboard_has_no_panel_twice_and_none_upon_another() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(places)) == len(places)
    assert max(x for x, _ in places) == 23

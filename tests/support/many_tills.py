"""Twelve tills whose line is back: each sends what it kept, in lists, until all of it is settled.

Judged by what they were told, with code that the server does not share.
"""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.server_process import caller

OPERATIONS = "/api/v1/vendor/loyalty/operations"
_AGAIN_SECONDS = 0.2


@dataclass(frozen=True)
class Kept:
    """One operation that a till kept, with its key."""

    key: str
    card: str
    body: dict[str, Any]


@dataclass
class Till:
    """What one till kept and what it was told; `waited` are seconds from a list to its answer."""

    kept: Sequence[Kept]
    at_once: int
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    waited: list[float] = field(default_factory=list)
    asked_again: int = 0

    def drain(self, address: str, key: str) -> None:
        """Send lists in their order; what the server can't take now is sent again, as it was."""
        waiting = list(self.kept)
        with caller(address) as client:
            client.headers["Authorization"] = f"Bearer {key}"
            while waiting:
                part = waiting[: self.at_once]
                began = time.monotonic()
                results = self._send(client, part)
                self.waited.append(time.monotonic() - began)
                for one, result in zip(part, results, strict=True):
                    if result["status"] != 429 and result["status"] < 500:
                        self.told[one.key] = result
                before = len(waiting)
                waiting = [one for one in waiting if one.key not in self.told]
                if len(waiting) == before:
                    self.asked_again += 1
                    time.sleep(_AGAIN_SECONDS)

    def _send(self, client: httpx.Client, part: Sequence[Kept]) -> list[dict[str, Any]]:
        listed = [{**one.body, "card": one.card, "idempotency_key": one.key} for one in part]
        answer = client.post(OPERATIONS, json={"operations": listed})
        if answer.status_code in (429, 503):
            return [{"status": answer.status_code}] * len(part)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["results"]
        return found


def drain_together(tills: Sequence[Till], address: str, key: str) -> float:
    """Let all tills begin at one moment; returns after how many seconds the last was done."""
    start = threading.Barrier(len(tills) + 1)
    failed: list[BaseException] = []

    def work(till: Till) -> None:
        start.wait()
        try:
            till.drain(address, key)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(till,)) for till in tills]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.monotonic() - began


def faults_of(tills: Sequence[Till], entries: Sequence[dict[str, Any]]) -> list[str]:
    """Return what was told and is not kept, kept twice, or kept and was told to nobody."""
    told = {key: result for till in tills for key, result in till.told.items()}
    kept: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        if entry["idempotency_key"]:
            kept[entry["idempotency_key"]].append(entry)
    faults = [f"{key}: kept {len(found)} times" for key, found in kept.items() if len(found) > 1]
    faults += [f"{key}: kept, and told to nobody" for key in kept.keys() - told.keys()]
    for till in tills:
        for one in till.kept:
            result = told[one.key]
            found = kept.get(one.key, [])
            if result["status"] >= 300:
                faults += [f"{one.key}: refused, and kept"] if found else []
                continue
            if not found:
                faults.append(f"{one.key}: told, and lost")
                continue
            said = result["receipt"]["transaction"]
            same = (str(found[0]["id"]), found[0]["sequence"], str(found[0]["card_id"]))
            if (said["id"], said["sequence"], one.card) != same:
                faults.append(f"{one.key}: told {said}, kept {same}")
    return faults


def given(entries: Sequence[dict[str, Any]], type_name: str) -> Counter[str]:
    """Return how many entries of a type each card has."""
    return Counter(str(one["card_id"]) for one in entries if one["type"] == type_name)

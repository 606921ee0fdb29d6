"""Counts and measures: nothing is lost between threads, and a bound belongs to what is below."""

import threading
from collections.abc import Callable

from punchcard.kit.metrics.instruments import Measure, Tally
from punchcard.kit.metrics.request_metrics import RequestMetrics
from punchcard.kit.metrics.work_metrics import WorkMetrics

THREADS = 8
TIMES = 500


def at_once(do: Callable[[], object]) -> None:
    start = threading.Barrier(THREADS)

    def often() -> None:
        start.wait()
        for _ in range(TIMES):
            do()

    threads = [threading.Thread(target=often) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_tally_counts_by_labels_and_loses_nothing_between_threads() -> None:
    tally = Tally("kind")
    at_once(lambda: tally.add(("a",)))
    tally.add(("b",), 3)
    assert tally.counts() == {("a",): THREADS * TIMES, ("b",): 3}
    assert tally.total() == THREADS * TIMES + 3


def test_a_measure_counts_a_value_at_a_bound_below_it() -> None:
    measure = Measure(bounds=(1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 2.5):
        measure.note(value)
    numbers, total = measure.spreads()[()]
    assert (list(numbers), total) == ([2, 2, 1], 7.5)


def test_a_measure_without_labels_is_told_before_anything_was_measured() -> None:
    assert list(Measure(bounds=(1.0,)).spreads()[()].numbers) == [0, 0]
    assert Measure("route").spreads() == {}


def test_a_measure_loses_nothing_between_threads() -> None:
    measure = Measure("route", bounds=(1.0,))
    at_once(lambda: measure.note(0.5, ("/a",)))
    assert measure.spreads()[("/a",)] == ((THREADS * TIMES, 0), THREADS * TIMES * 0.5)


def test_methods_that_strangers_make_up_are_one() -> None:
    requests = RequestMetrics()
    for method in ("GET", "BREW", "WHEN"):
        requests.note(method, "/a", 404, 0.1, "not_found")
    assert requests.requests.counts() == {("GET", "/a", "404"): 1, ("other", "/a", "404"): 2}
    assert requests.refusals.counts()["not_found", "404"] == 3


def test_the_age_of_a_thread_is_since_it_was_last_seen() -> None:
    now = [100.0]
    work = WorkMetrics(lambda: now[0])
    work.beat("mail.send")
    now[0] = 130.0
    work.beat("card.changed")
    assert work.ages() == {"mail.send": 30.0, "card.changed": 0.0}


def test_what_is_known_is_told_before_it_is_counted() -> None:
    tally = Tally("kind", known=[("a",), ("b",)])
    tally.add(("b",))
    assert tally.counts() == {("a",): 0, ("b",): 1}

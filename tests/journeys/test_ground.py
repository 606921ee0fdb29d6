"""The ground of every journey: eyes that see faults, a camera, a slow line, mishaps."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.support.axe import CONTRAST, assert_no_axe_violations
from tests.journeys.support.camera import Camera
from tests.journeys.support.clocks import FlowingClock
from tests.journeys.support.engine import Engine
from tests.journeys.support.mishaps import kill_browser, kill_tab, offline
from tests.journeys.support.slow_line import BYTES_PER_MS, LATENCY_MS, measure, slow_3g
from tests.journeys.support.small_pages import html, small_site
from tests.journeys.support.visits import WIDTHS, Visits
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCRIPT = '<script src="/page.js" defer></script>'

Visiting = Callable[[str], Visits]


@pytest.fixture
def visiting(engine: Engine, browser: Browser, clock: FlowingClock) -> Callable[[str], Visits]:
    """Give visits to small sites, whose faults the tests look at themselves."""
    return lambda address: Visits(engine, browser, address, clock)


def faults_of(visiting: Visiting, pages: dict[str, str], policy: str) -> list[str]:
    with small_site(pages, policy=policy) as address, closing(visiting(address)) as visits:
        page = visits.open()
        page.goto("/")
        expect(page.get_by_role("heading")).to_be_visible()
        return visits.watch.verdict()


@pytest.fixture(autouse=True)
def _awake(engine: Engine) -> object:
    with engine.awake():
        yield


def test_both_shops_are_served_on_both_databases(
    visits: Visits, api: Api, alice: Shop, bob: Shop
) -> None:
    page = visits.open(width=820)
    page.goto("/sign-in")
    expect(page.get_by_label("Password", exact=True)).to_be_visible()
    for shop in (alice, bob):
        credentials = {"email": shop.email("owner"), "password": PASSWORD}
        assert api.post("/auth/token", json=credentials).status_code == 200


@on_sqlite
def test_a_visitor_has_the_width_colours_language_and_scripts_asked_for(visits: Visits) -> None:
    seen = "[innerWidth, matchMedia('(prefers-color-scheme: dark)').matches, navigator.language]"
    for width in WIDTHS:
        page = visits.open(width=width, scheme="dark", locale="lb")
        page.goto("/sign-in")
        assert page.evaluate(seen) == [width, True, "lb-LU"]
    page = visits.open(javascript=False)
    page.goto("/sign-in")
    assert page.evaluate("matchMedia('(scripting: none)').matches")


@on_sqlite
def test_server_and_browser_move_through_the_same_time(visits: Visits, clock: FlowingClock) -> None:
    page = visits.open()
    page.goto("/sign-in")
    for _ in range(2):
        apart = page.evaluate("Date.now()") / 1000 - clock.now().timestamp()
        assert abs(apart) < 60
        visits.advance(hours=2)


@pytest.mark.parametrize(
    ("pages", "policy", "fault"),
    [
        pytest.param(
            {"/": html('<img alt="" src="http://192.0.2.1/pixel.png">')},
            "default-src *",
            "asked outside: http://192.0.2.1/pixel.png",
            id="asks outside",
        ),
        pytest.param(
            {"/": html("", "<style>body { color: red }</style>")},
            "default-src 'self'",
            "Content Security Policy",
            id="breaks the policy",
        ),
        pytest.param(
            {"/": html("", SCRIPT), "/page.js": "console.error('spilt')"},
            "default-src 'self'",
            "console: spilt",
            id="writes an error",
        ),
        pytest.param(
            {"/": html("", SCRIPT), "/page.js": "throw new Error('spilt')"},
            "default-src 'self'",
            "exception: ",
            id="throws",
        ),
        pytest.param(
            {"/": html("", SCRIPT)}, "default-src 'self'", "answered 404: script", id="lacks a file"
        ),
    ],
)
def test_a_page_that_misbehaves_is_told_on(
    visiting: Visiting, pages: dict[str, str], policy: str, fault: str
) -> None:
    faults = faults_of(visiting, pages, policy)
    assert any(fault in line for line in faults), faults


def test_a_service_worker_that_asks_outside_is_told_on(visiting: Visiting) -> None:
    pages = {
        "/": html("", SCRIPT),
        "/page.js": "navigator.serviceWorker.register('/worker.js');"
        "navigator.serviceWorker.ready.then(() => { document.title = 'ready'; });",
        "/worker.js": "self.addEventListener('install', event => event.waitUntil("
        "fetch('http://192.0.2.1/spy', {mode: 'no-cors'}).catch(() => {})));",
    }
    with (
        small_site(pages, policy="default-src *") as address,
        closing(visiting(address)) as visits,
    ):
        page = visits.open()
        page.goto("/")
        expect(page).to_have_title("ready")
        assert visits.watch.outside() == ["http://192.0.2.1/spy"]


def test_a_refusal_that_a_page_asked_for_is_no_fault(visiting: Visiting) -> None:
    script = "fetch('/refused').then(() => { document.querySelector('h1').textContent = 'No'; })"
    pages = {"/": html("", SCRIPT), "/page.js": script}
    assert faults_of(visiting, pages, "default-src 'self'") == []


def test_axe_names_what_shuts_somebody_out_whatever_the_policy_forbids(visiting: Visiting) -> None:
    pages = {"/": html("<p>Coffee</p>"), "/bad": html('<img src="/coffee.png"><input>')}
    small = small_site(pages, policy="default-src 'none'")
    with small as address, closing(visiting(address)) as visits:
        for javascript in (True, False):
            page = visits.open(javascript=javascript)
            page.goto("/")
            assert_no_axe_violations(page)
            page.goto("/bad")
            with pytest.raises(AssertionError, match=r"image-alt \(critical\).*\n.*coffee.png"):
                assert_no_axe_violations(page)


def test_axe_can_be_asked_for_colours_alone(visiting: Visiting) -> None:
    faint = '<font color="#eeeeee">Coffee</font>'
    pages = {"/faint": html(f"<p>{faint}</p>"), "/bad": html('<img src="/coffee.png"><input>')}
    with small_site(pages) as address, closing(visiting(address)) as visits:
        page = visits.open()
        page.goto("/bad")
        assert_no_axe_violations(page, rules=CONTRAST)
        page.goto("/faint")
        with pytest.raises(AssertionError, match="color-contrast"):
            assert_no_axe_violations(page, rules=CONTRAST)


WATCHING = """
navigator.mediaDevices.getUserMedia({video: true}).then(async stream => {
  const video = document.querySelector("video");
  video.srcObject = stream;
  await video.play();
  const canvas = document.querySelector("canvas");
  const context = canvas.getContext("2d");
  const look = () => {
    context.drawImage(video, 0, 0, 640, 480);
    const {data} = context.getImageData(0, 0, 640, 480);
    const seen = [0, 0];
    for (let at = 0; at < data.length; at += 4) seen[data[at] < 128 ? 0 : 1] += 1;
    document.title = seen[0] > 20000 && seen[1] > 100000 ? "a code" : "no code";
    requestAnimationFrame(look);
  };
  look();
}).catch(error => { document.title = error.name; });
"""


def test_the_camera_shows_the_code_that_is_held_before_it(
    visiting: Visiting, camera: Camera
) -> None:
    body = '<video muted playsinline></video><canvas width="640" height="480"></canvas>'
    small = small_site({"/": html(body, SCRIPT), "/page.js": WATCHING})
    with small as address, closing(visiting(address)) as visits:
        page = visits.open(camera=True)
        page.goto("/")
        expect(page).to_have_title("no code")
        camera.show("https://shop.example/c/anna")
        page.reload()
        expect(page).to_have_title("a code")
        page.context.clear_permissions()
        page.reload()
        expect(page).to_have_title("NotAllowedError")


def test_the_cost_of_a_visit_is_counted_in_steps_and_bytes(visiting: Visiting) -> None:
    pages = {
        "/": html("", '<script type="module" src="/first.js"></script>'),
        "/first.js": "import '/second.js';",
        "/second.js": "/*" + "x" * 30_000 + "*/",
    }
    with small_site(pages) as address, closing(visiting(address)) as visits:
        cost = measure(visits.open(), "/")
    assert [url.removeprefix(address) for url in cost.sizes] == ["/", "/first.js", "/second.js"]
    assert cost.transferred_bytes == sum(cost.sizes.values())
    assert 30_000 < cost.transferred_bytes < 33_000
    expected_ms = 3 * LATENCY_MS + cost.transferred_bytes / BYTES_PER_MS
    assert cost.interactive_ms == pytest.approx(expected_ms)


def test_a_slow_line_really_is_slow(visiting: Visiting) -> None:
    with small_site({"/": html("")}) as address, closing(visiting(address)) as visits:
        page = visits.open()
        slow_3g(page)
        answer = page.goto("/")
        assert answer is not None
        assert answer.request.timing["responseStart"] >= LATENCY_MS


KEEPING = """
const asked = indexedDB.open("till", 1);
asked.onupgradeneeded = () => asked.result.createObjectStore("queue", {autoIncrement: true});
asked.onsuccess = () => {
  const store = asked.result.transaction("queue", "readwrite").objectStore("queue");
  store.add("a stamp").onsuccess = () => {
    store.count().onsuccess = event => { document.title = `${event.target.result} kept`; };
  };
};
navigator.serviceWorker.register("/worker.js");
navigator.serviceWorker.ready.then(() => { document.body.dataset.ready = "yes"; });
"""
CACHING = """
self.addEventListener("install", event => event.waitUntil(
  caches.open("shell").then(cache => cache.addAll(["/", "/page.js"]))));
self.addEventListener("activate", event => event.waitUntil(clients.claim()));
self.addEventListener("fetch", event => event.respondWith(
  caches.match(event.request).then(found => found ?? fetch(event.request))));
"""
SHELL = {"/": html("", SCRIPT), "/page.js": KEEPING, "/worker.js": CACHING}


def keep_one(page: Page) -> None:
    page.goto("/")
    expect(page).to_have_title("1 kept")
    expect(page.locator("body[data-ready=yes]")).to_be_attached()


def test_what_a_killed_tab_kept_is_there_offline(visiting: Visiting) -> None:
    with small_site(SHELL) as address, closing(visiting(address)) as visits:
        page = visits.open()
        keep_one(page)
        with offline(page):
            page = kill_tab(page)
            page.goto("/")
            expect(page).to_have_title("2 kept")


def test_what_a_killed_browser_kept_is_there_offline(visiting: Visiting, tmp_path: Path) -> None:
    with small_site(SHELL) as address:
        with closing(visiting(address)) as visits:
            keep_one(visits.open_at_home(tmp_path))
            kill_browser(tmp_path)
        with closing(visiting(address)) as visits:
            page = visits.open_at_home(tmp_path)
            with offline(page):
                page.goto("/")
                expect(page).to_have_title("2 kept")

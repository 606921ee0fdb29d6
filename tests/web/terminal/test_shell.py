"""What a browser gets of the terminal, before any of its scripts has run."""

import gzip
import json
import re
from pathlib import Path

import httpx
import pytest
from PIL import Image

from punchcard.kit.i18n import LANGUAGES, translate, unbroken
from punchcard.web.pages import assets
from punchcard.web.terminal.texts import TEXTS

# The shell asks no database anything.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SCRIPTS = assets.STATIC / "js" / "terminal"
_IMPORTED = re.compile(r'^import .*?from "(\.{1,2}/[^"]+)";', re.MULTILINE | re.DOTALL)


def shell_list(pages: httpx.Client) -> dict[str, list[str]]:
    script = pages.get("/terminal/sw.js").text
    found: dict[str, list[str]] = json.loads(
        script.partition("const SHELL = ")[2].partition(";\n")[0]
    )
    return found


def test_anybody_may_open_the_shell_for_it_holds_nothing_of_a_shop(pages: httpx.Client) -> None:
    answer = pages.get("/terminal")
    assert answer.status_code == 200
    assert 'id="terminal"' in answer.text


def test_wasm_may_run_on_the_terminal_and_on_no_other_page(pages: httpx.Client) -> None:
    policy = pages.get("/terminal").headers["content-security-policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "unsafe-inline" not in policy
    other = pages.get("/sign-in").headers["content-security-policy"]
    assert "wasm" not in other


def test_the_shell_has_no_script_and_no_style_of_its_own(pages: httpx.Client) -> None:
    text = pages.get("/terminal").text
    assert " style=" not in text
    assert "<style" not in text
    scripts = re.findall(r"<script([^>]*)>", text)
    assert all("src=" in one or "application/json" in one for one in scripts)


def test_the_worker_may_rule_the_terminal_and_is_asked_for_anew(pages: httpx.Client) -> None:
    answer = pages.get("/terminal/sw.js")
    assert answer.headers["service-worker-allowed"] == "/terminal"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_everything_the_worker_keeps_can_be_had(pages: httpx.Client) -> None:
    listed = shell_list(pages)
    addresses = [*listed["files"], *listed["later"]]
    answers = {address: pages.get(address).status_code for address in addresses}
    assert set(answers.values()) == {200}, answers
    assert not [address for address in addresses if "/api/" in address]


def test_every_script_and_what_it_imports_is_kept(pages: httpx.Client) -> None:
    kept = {
        str(one).partition("/static/")[2].partition("/")[2] for one in shell_list(pages)["files"]
    }
    for script in SCRIPTS.glob("*.js"):
        if script.name == "sw.js":
            continue
        for wanted in (f"./{script.name}", *_IMPORTED.findall(script.read_text())):
            path = (SCRIPTS / wanted).resolve()
            assert path.is_file(), f"{script.name} imports {wanted}"
            assert path.relative_to(assets.STATIC).as_posix() in kept, wanted


def test_every_style_of_the_shell_is_kept(pages: httpx.Client) -> None:
    styles = re.findall(r'<link rel="stylesheet" href="([^"]*)"', pages.get("/terminal").text)
    assert styles
    assert set(styles) <= set(shell_list(pages)["files"])


def test_the_reader_that_is_loaded_only_if_needed_is_not_part_of_the_shell(
    pages: httpx.Client,
) -> None:
    listed = shell_list(pages)
    assert [name for name in listed["files"] if "zxing" in name or "barcode" in name] == []
    assert assets.address(assets.ZXING_READER) in listed["later"]


def test_the_shell_stays_small(pages: httpx.Client) -> None:
    one_language = [
        one for one in shell_list(pages)["files"] if "lang=" not in one or "lang=fr" in one
    ]
    sizes = {one: len(gzip.compress(pages.get(one).content)) for one in one_language}
    # Once for each version; with quotes, refunds, promotions and tiers it is some 100 kB.
    assert sum(sizes.values()) < 101_000, sorted(sizes.items(), key=lambda one: -one[1])[:5]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_installs_the_terminal_in_each_language(
    pages: httpx.Client, language: str
) -> None:
    answer = pages.get(f"/terminal/manifest.webmanifest?lang={language}")
    manifest = answer.json()
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert (manifest["start_url"], manifest["scope"]) == ("/terminal", "/terminal")
    assert manifest["lang"] == language
    assert manifest["short_name"] == translate("Till", language)


def test_the_icons_are_as_large_as_the_manifest_says(pages: httpx.Client, tmp_path: Path) -> None:
    icons = pages.get("/terminal/manifest.webmanifest").json()["icons"]
    assert {icon["purpose"] for icon in icons} == {"any", "maskable"}
    for icon in icons:
        picture = tmp_path / "icon.png"
        picture.write_bytes(pages.get(icon["src"]).content)
        with Image.open(picture) as opened:
            assert f"{opened.width}x{opened.height}" == icon["sizes"]
    assert {icon["sizes"] for icon in icons} == {"192x192", "512x512"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_scripts_get_every_sentence_in_the_device_s_language(
    pages: httpx.Client, language: str
) -> None:
    texts = pages.get(f"/terminal/texts.json?lang={language}").json()
    assert texts == {text: unbroken(translate(text, language)) for text in TEXTS}


def test_the_old_name_of_luxembourgish_is_understood(pages: httpx.Client) -> None:
    lu, lb = (pages.get(f"/terminal/texts.json?lang={tag}").json() for tag in ("lu", "lb"))
    assert lu == lb


def test_every_drawing_the_scripts_ask_for_is_in_the_shell(pages: httpx.Client) -> None:
    shell = pages.get("/terminal").text
    asked = {
        name
        for path in SCRIPTS.glob("*.js")
        for name in re.findall(
            r'(?:icon|button|iconButton)\((?:[^()"]*\? )?"([a-z0-9-]+)"', path.read_text()
        )
    }
    assert {name for name in asked if f'data-icon="{name}"' not in shell} == set()


def test_every_drawing_of_the_shell_is_named_by_a_script(pages: httpx.Client) -> None:
    scripts = "".join(path.read_text() for path in SCRIPTS.glob("*.js"))
    kept = set(re.findall(r'data-icon="([a-z0-9-]+)"', pages.get("/terminal").text))
    symbols = {name for name in kept if name.startswith("symbol-")}
    assert {name for name in kept - symbols if f'"{name}"' not in scripts} == set()


def test_the_page_of_a_card_goes_to_a_phone_as_a_code(pages: httpx.Client) -> None:
    answer = pages.get(f"/terminal/hand-over/{'l9zCwiucNfF6wUwYUqh_UQ' * 6}.svg")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "<path" in answer.text


@pytest.mark.parametrize(
    "path", ["hand-over/short.svg", "hand-over/http:evil.svg", "nothing", "sw.css"]
)
def test_what_is_not_there_says_so(pages: httpx.Client, path: str) -> None:
    assert pages.get(f"/terminal/{path}").status_code == 404

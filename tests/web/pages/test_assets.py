"""Scripts, styles and pictures: one address per content, and no way out of their folder."""

import gzip
import re

import pytest

from punchcard.web.pages import assets
from tests.support.pages import Visitor

MEDIA_TYPES = {
    "css": {"text/css"},
    "js": {"text/javascript"},
    "png": {"image/png"},
    "svg": {"image/svg+xml"},
    "wasm": {"application/wasm"},
}

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_file_is_kept_for_a_year_at_the_address_of_its_content(visitor: Visitor) -> None:
    answer = visitor.get(assets.address("css/house.css"))
    assert answer.headers["cache-control"] == assets.FOR_A_YEAR
    assert answer.text == assets.with_its_parts(assets.STATIC / "css/house.css")


@pytest.mark.parametrize("name", ["console", "house", "public", "terminal"])
def test_a_style_sheet_of_many_files_is_one_request(visitor: Visitor, name: str) -> None:
    sent = assets.without_layout(visitor.get(assets.address(f"css/{name}.css")).text)
    assert "@import" not in sent
    parts = assets.names(f"css/{name}/")
    assert len(parts) > 2
    for part in parts:
        style = (assets.STATIC / part).read_text(encoding="utf-8")
        assert sent.count(assets.without_layout(style)) == 1, part


def test_a_page_of_the_version_before_gets_the_file_and_nobody_keeps_it(visitor: Visitor) -> None:
    answer = visitor.get("/static/000000000000/css/house.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_a_script_comes_without_its_comments_and_keeps_its_lines(visitor: Visitor) -> None:
    script = (assets.STATIC / "js/terminal/queue.js").read_text(encoding="utf-8")
    answer = visitor.get(assets.address("js/terminal/queue.js"))
    assert "@param" in script
    assert "@param" not in answer.text
    assert len(answer.text.splitlines()) == len(script.splitlines())
    kept = [line for line in answer.text.splitlines() if line]
    assert [line for line in script.splitlines() if line in set(kept)] == kept


def test_browsers_that_unpack_get_it_packed(visitor: Visitor) -> None:
    address = assets.address("css/house.css")
    packed = visitor.client.get(address, headers={"accept-encoding": "gzip"})
    plain = visitor.client.get(address, headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) <= len(gzip.compress(plain.content)) + 50


@pytest.mark.parametrize(
    "name",
    [
        "../templating.py",
        "%2e%2e/templating.py",
        "css/../../visits.py",
        "css%2f..%2f..%2fvisits.py",
        "vendor/vendor.toml",
        "nothing.css",
    ],
)
def test_only_files_of_the_list_come_out(visitor: Visitor, name: str) -> None:
    assert visitor.get(f"/static/{assets.version()}/{name}").status_code == 404


def test_a_file_that_is_not_there_is_found_out_when_the_page_is_made(visitor: Visitor) -> None:
    with pytest.raises(LookupError):
        assets.address("css/nothing.css")


def test_every_file_has_a_media_type_browsers_accept_with_nosniff(visitor: Visitor) -> None:
    kinds: dict[str, set[str]] = {}
    for name in assets.names(""):
        answer = visitor.get(assets.address(name))
        assert answer.status_code == 200, name
        suffix = name.rpartition(".")[2]
        kinds.setdefault(suffix, set()).add(answer.headers["content-type"].partition(";")[0])
    assert kinds == MEDIA_TYPES


def test_a_drawing_takes_its_colour_from_the_text_and_says_nothing(visitor: Visitor) -> None:
    drawing = assets.icon("check")
    assert drawing.startswith('<svg aria-hidden="true"')
    assert "currentColor" in drawing
    assert "<!--" not in drawing


def test_customers_styles_come_without_what_only_we_read(visitor: Visitor) -> None:
    for name in ("public.css", "public_form.css", "card.css"):
        whole = assets.with_its_parts(assets.STATIC / "css" / name)
        sent = visitor.get(assets.address(f"css/{name}")).text
        assert len(sent) < len(whole)
        assert "/*" not in sent
        assert "\n" not in sent
        assert sent.count("{") == sent.count("}")
        assert re.sub(r"\s", "", sent) == re.sub(r"/\*.*?\*/|\s", "", whole, flags=re.DOTALL)

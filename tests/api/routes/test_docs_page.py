"""The reference page: whole, asking nobody outside, and made of the files that were listed."""

import gzip
import re
from pathlib import Path

import pytest

from punchcard.api.routes import docs_page
from punchcard.api.routes.docs_page import VIEWER, get_docs_asset
from tests.support.http import Api
from tools.vendor import Shelf, package_folder

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def get(api: Api, path: str) -> tuple[int, dict[str, str], str]:
    answer = api._client.get(path, headers={"Accept-Encoding": "identity"})
    return answer.status_code, dict(answer.headers), answer.text


@on_sqlite
def test_the_page_runs_only_scripts_of_this_server(api: Api) -> None:
    status, headers, page = get(api, "/docs")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "://" not in page
    assert not re.search(r"<script>|<style|style=|onload=", page)


@on_sqlite
def test_everything_the_page_names_is_there(api: Api) -> None:
    _, _, page = get(api, "/docs")
    paths = re.findall(r'(?:href|src)="(/[^"]+)"', page)
    assert {Path(path).suffix for path in paths} == {".css", ".js", ".json"}
    for path in paths:
        status, headers, text = get(api, path)
        assert status == 200, path
        assert text
        assert headers["x-content-type-options"] == "nosniff"


@on_sqlite
def test_files_with_a_version_in_their_address_are_kept_for_a_year(api: Api) -> None:
    _, headers, _ = get(api, f"/docs/{VIEWER}/swagger-ui.css")
    assert "immutable" in headers["cache-control"]
    _, headers, _ = get(api, "/docs/page/docs.js")
    assert headers["cache-control"] == "no-cache"


def test_files_are_packed_for_who_unpacks_them() -> None:
    name = "swagger-ui-bundle.js"
    plain = get_docs_asset(VIEWER, name, "identity")
    packed = get_docs_asset(VIEWER, name, "br, gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 3


@on_sqlite
@pytest.mark.parametrize("path", ["page/other.js", "page/..%2Fdocs.js", "../vendor.toml/x"])
def test_other_files_are_not_given(api: Api, path: str) -> None:
    assert get(api, f"/docs/{path}")[0] == 404


def test_the_viewer_is_one_that_is_listed() -> None:
    listed = Shelf(Path(docs_page.__file__).parent.parent / "static" / "vendor.toml")
    assert VIEWER in {package_folder(file) for file in listed.files()}

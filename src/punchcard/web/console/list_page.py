"""A list with a filter above it: its page, or only its rows for the page's own script."""

from typing import Any

from fastapi import Response

from punchcard.web.console.list_filters import Asked
from punchcard.web.pages.page_request import PageRequest


def show_list(request: PageRequest, asked: Asked, path: str, part: str, **values: Any) -> Response:
    """Answer with the page at `path`, or with its rows where `part` is "rows".

    `values` name both templates: `page` and `rows`. The browser's address follows the filter, so
    that going back from a row finds the list as it was.
    """
    page, rows = values.pop("page"), values.pop("rows")
    response = request.render(rows if part == "rows" else page, **values)
    if part == "rows":
        response.headers["HX-Replace-Url"] = asked.address(path)
    return response

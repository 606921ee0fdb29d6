"""Requests as strangers make them: paths, queries, headers and bodies, right in part."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.made_up import anything, base64_like, json_values, nearly, nearly_bytes
from tests.fuzz.raw_requests import Header, RawResponse

_TRACES = (b"Traceback", b"sqlalchemy", b"psycopg", b"sqlite3", b'.py", line')

segments = (anything | base64_like | st.from_regex(r"(%[0-9A-Fa-f]{0,2}|[ -~]){0,12}")).map(
    lambda text: quote(text, safe="%").encode("ascii")
)
"""Parts of a path, in ASCII; percent signs may stand alone."""

_header_bytes = st.binary(max_size=60).map(lambda b: b.translate(None, b"\r\n\x00"))


def paths(template: str, good: Callable[[str], str]) -> st.SearchStrategy[bytes]:
    """Return paths of a template such as `/a/{id}`: each part right, nearly right, or anything."""
    parts = []
    for part in template.split("/"):
        if "{" in part:
            right = good(part.strip("{}").partition(":")[0])
            told = nearly(right).map(lambda text: quote(text, safe="").encode("ascii"))
            parts.append(st.just(quote(right).encode("ascii")) | told | segments)
        else:
            parts.append(st.just(part.encode("ascii")))
    return st.tuples(*parts).map(b"/".join)


def queries(*names: str) -> st.SearchStrategy[bytes]:
    """Return query strings: fields of these names, of other names, or no fields at all.

    In ASCII: the server below refuses all other bytes in a request's first line.
    """
    name = st.sampled_from(names).map(str.encode) | segments if names else segments
    field = st.tuples(name, segments).map(b"=".join)
    bare = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=40)
    return st.just(b"") | st.lists(field, max_size=4).map(b"&".join) | bare.map(str.encode)


def headers(*names: bytes) -> st.SearchStrategy[list[Header]]:
    """Return headers of these names, with values of any bytes that a head can hold."""
    common = (
        b"accept-language",
        b"user-agent",
        b"idempotency-key",
        b"if-match",
        b"host",
        b"cookie",
    )
    field = st.tuples(st.sampled_from([*common, *names]), _header_bytes)
    return st.lists(field, max_size=4, unique_by=lambda one: one[0])


def json_bodies(good: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """Return bodies that are the good one but for a field or two, another value, or no JSON."""
    text = json.dumps(good)
    changed = st.dictionaries(st.sampled_from(sorted(good) or ["x"]), json_values(), max_size=2)
    near = changed.map(lambda fields: json.dumps({**good, **fields}).encode())
    other = json_values().map(lambda value: json.dumps(value).encode())
    return near | other | nearly_bytes(text.encode()) | st.just(text.encode())


def check(answer: RawResponse) -> None:
    """Check that an answer is no unforeseen error, and tells nothing of the inside."""
    assert 200 <= answer.status < 500 or answer.status == 503, (answer.status, answer.body[:500])
    assert not [trace for trace in _TRACES if trace in answer.body]
    for name, value in answer.headers:
        assert not set(name + value) & set(b"\r\n\x00")

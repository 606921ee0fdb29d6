"""A plain HTTP client of the API: one kept-alive connection."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 60


class UnexpectedAnswer(Exception):
    """The server answered something else than was asked for."""


class Client:
    """Asks one server under one API key; not for several threads at once."""

    def __init__(self, address: str, api_key: str) -> None:
        parts = urlsplit(address)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = kind(parts.netloc, timeout=TIMEOUT_SECONDS)
        self._prefix = parts.path.rstrip("/") + "/api/v1/vendor/loyalty"
        self._headers = {
            "Authorization": f"Bearer {api_key}",
            "Content-Type": "application/json",
            "Connection": "keep-alive",
        }

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """Return what `path` (below the vendor's loyalty routes) answers; it must be a 200."""
        return json.loads(self.get_bytes(path, query))

    def get_bytes(self, path: str, query: Mapping[str, object] | None = None) -> bytes:
        """Return the answer as it came."""
        return self._ask("GET", path + (f"?{urlencode(query)}" if query else ""), None, {}, 200)

    def post(self, path: str, body: object, *, key: str | None, status: int) -> Any:
        """Send `body` under an idempotency key and return the answer; it must have `status`."""
        headers = {"Idempotency-Key": key} if key else {}
        return json.loads(self._ask("POST", path, json.dumps(body).encode(), headers, status))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: dict[str, str],
        status: int,
    ) -> bytes:
        self._connection.request(method, self._prefix + path, body, self._headers | headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != status:
            told = answer[:500].decode(errors="replace")
            raise UnexpectedAnswer(f"{method} {path} answered {response.status}: {told}")
        return answer

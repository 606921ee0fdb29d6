"""A stand-in for Google Wallet on this machine: tokens, classes, objects, Save links, notices.

It judges every body by Google's own description (`google_judge`), keeps the rules of which things
may follow which, and can be told to fail. What it shows is not a pass: it is a demonstration.
"""

import asyncio
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Any, Final
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from punchcard.fakes import google_page
from punchcard.fakes.google_answers import Refusal, merged, parsed, refused, settled
from punchcard.fakes.google_judge import faults
from punchcard.fakes.google_notices import NoticeSigner

API_PATH: Final = "/walletobjects/v1"
TOKEN_PATH: Final = "/token"  # noqa: S105 an address
KEYS_PATH: Final = "/gp/m/issuer/keys"
SAVE_PATH: Final = "/gp/v/save"

_KINDS: Final = {"loyaltyClass": "LoyaltyClass", "loyaltyObject": "LoyaltyObject"}
_NOTIFYING: Final = ("loyaltyPoints", "secondaryLoyaltyPoints")
_QUOTA: Final = 3
_DAY: Final = timedelta(days=1)
_SAFE_LINK_CHARACTERS: Final = 1800
_SUFFIX: Final = re.compile(r"[A-Za-z0-9._-]+")

Things = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Fault:
    """A failure to come: answer `status`, or none at all; the write happens before if `after`.

    `path` is a part of the paths it is for, `method` the one it is for, each empty for any.
    """

    status: int | None = None
    after: bool = False
    path: str = API_PATH
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeGoogle:
    """The server's memory; `app` serves it. Tests read it while it is served.

    `on_change` is called after what is kept has changed. With `on_notice` the page of a Save link
    has buttons that save and remove the pass, and gives it the notice that Google would send.
    """

    def __init__(
        self,
        *,
        issuer_id: str,
        account: str,
        key: RSAPublicKey,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_change: Callable[[], None] = lambda: None,
        on_notice: Callable[[bytes], None] | None = None,
    ) -> None:
        self.issuer_id = issuer_id
        self.classes: Things = {}
        self.objects: Things = {}
        self.requests: list[tuple[str, str]] = []
        self.notified: dict[str, list[datetime]] = {}
        self.refused: list[str] = []
        self.overlaps = 0
        self.takes_places = True
        self.signer = NoticeSigner(issuer_id, now)
        self._account, self._key, self._now = account, key, now
        self._on_change, self._on_notice = on_change, on_notice
        self._tokens: dict[str, datetime] = {}
        self._faults: deque[Fault] = deque()
        self._guard = threading.Lock()
        self._under_way: Counter[str] = Counter()
        self.app = Starlette(routes=self._routes())

    def script(self, *coming: Fault) -> None:
        """Let the next requests that each fault is for fail, in this order."""
        self._faults.extend(coming)

    def heal(self) -> None:
        """Let nothing fail any more that was scripted to."""
        self._faults.clear()

    def revoke_tokens(self) -> None:
        """Let every token handed out so far be unknown."""
        self._tokens.clear()

    def count(self, method: str, part: str = "") -> int:
        """Return how many requests there were of a method, to paths with this part."""
        return sum(one == method and part in path for one, path in self.requests)

    def kept(self) -> dict[str, Things]:
        """Return what is to be kept from one start to the next."""
        return {"classes": self.classes, "objects": self.objects}

    def restore(self, kept: Mapping[str, Things]) -> None:
        """Know again what was kept."""
        self.classes.update(kept["classes"])
        self.objects.update(kept["objects"])

    def save(self, object_id: str) -> bytes:
        """Let someone put a pass into their wallet; returns the notice Google then sends."""
        self.objects[object_id]["hasUsers"] = True
        self._on_change()
        return self._notice(object_id, "save")

    def remove(self, object_id: str) -> bytes:
        """Let the last holder of a pass delete it; returns the notice Google then sends."""
        self.objects[object_id]["hasUsers"] = False
        self._on_change()
        return self._notice(object_id, "del")

    def _notice(self, object_id: str, event: str) -> bytes:
        return self.signer.notice(
            class_id=self.objects[object_id]["classId"], object_id=object_id, event=event
        )

    def _routes(self) -> list[Route]:
        kind = f"{API_PATH}/{{kind}}"
        return [
            Route(TOKEN_PATH, self._give_token, methods=["POST"]),
            Route(KEYS_PATH, self._show_keys),
            Route(f"{SAVE_PATH}/{{token}}", self._open_save_link),
            Route(f"{SAVE_PATH}/{{token}}", self._press, methods=["POST"]),
            Route(kind, self._api, methods=["POST"]),
            Route(f"{kind}/{{id}}", self._api, methods=["GET", "PATCH", "PUT"]),
            Route(f"{kind}/{{id}}/addMessage", self._api, methods=["POST"]),
        ]

    async def _api(self, request: Request) -> Response:
        body = await request.body()
        fault = self._next_fault(request)
        name = request.path_params.get("id", "")
        with self._guard:
            self.requests.append((request.method, request.url.path))
            self._under_way[name] += bool(name)
            self.overlaps += self._under_way[name] > 1
        try:
            # A turn of the loop: what another connection sends meanwhile would be seen.
            await asyncio.sleep(0)
            if fault is not None and not fault.after:
                return await self._fail(request, fault)
            answer = self._answer(request, body)
            return await self._fail(request, fault) if fault is not None else answer
        finally:
            with self._guard:
                self._under_way[name] -= bool(name)

    def _next_fault(self, request: Request) -> Fault | None:
        for fault in self._faults:
            if fault.path in request.url.path and fault.method in ("", request.method):
                self._faults.remove(fault)
                return fault
        return None

    async def _fail(self, request: Request, fault: Fault) -> Response:
        if fault.status is None:
            # No answer at all: until the client has had enough and hangs up.
            while (await request.receive())["type"] != "http.disconnect":
                pass
            return Response(status_code=504)
        return refused(Refusal(fault.status, "scripted", "scripted"), fault.headers)

    def _answer(self, request: Request, body: bytes) -> Response:
        try:
            self._check_token(request)
            if request.path_params["kind"] not in _KINDS:
                raise Refusal(404, "notFound", "no such kind of thing")
            done = self._do(request, body)
            if request.method != "GET":
                self._on_change()
            return JSONResponse(done)
        except Refusal as refusal:
            if refusal.status == 400:
                self.refused.append(str(refusal))
            return refused(refusal)

    def _check_token(self, request: Request) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, datetime.min.replace(tzinfo=UTC)) <= self._now():
            raise Refusal(401, "authError", "Invalid Credentials")

    def _do(self, request: Request, body: bytes) -> dict[str, Any]:
        kind = request.path_params["kind"]
        things = self.classes if kind == "loyaltyClass" else self.objects
        name = request.path_params.get("id")
        if name is not None and not name.startswith(f"{self.issuer_id}."):
            raise Refusal(403, "permissionDenied", "Permission denied")
        if request.method != "POST" and name not in things:
            raise Refusal(404, "resourceNotFound", f"{name} does not exist")
        if request.method == "GET":
            return things[str(name)]
        told = parsed(body)
        if request.url.path.endswith("/addMessage"):
            return self._add_message(things, str(name), told)
        if request.method == "POST":
            return self._insert(kind, things, told)
        return self._change(kind, things, str(name), told, is_patch=request.method == "PATCH")

    def _insert(self, kind: str, things: Things, told: dict[str, Any]) -> dict[str, Any]:
        self._judge(kind, told)
        name = told["id"]
        if name in things:
            raise Refusal(409, "existingResource", f"{name} already exists")
        self._check_class(told)
        things[name] = settled(told)
        return things[name]

    def _change(
        self, kind: str, things: Things, name: str, told: dict[str, Any], *, is_patch: bool
    ) -> dict[str, Any]:
        self._judge(kind, told, is_patch=is_patch)
        if told.get("id", name) != name:
            raise Refusal(400, "invalid", "an id can't change")
        if kind == "loyaltyClass" and told.get("reviewStatus") != "UNDER_REVIEW":
            raise Refusal(400, "invalid", "every update must ask for review again")
        before = things[name]
        kept: dict[str, Any] = {n: before[n] for n in ("id", "hasUsers") if n in before}
        after: dict[str, Any] = merged(before, told) if is_patch else {**deepcopy(told), **kept}
        after.pop("notifyPreference", None)
        self._check_whole(kind, after)
        self._check_class(after)
        if told.get("notifyPreference") == "NOTIFY_ON_UPDATE":
            self._notify(name, before, after)
        things[name] = settled(after)
        return things[name]

    def _judge(self, kind: str, told: dict[str, Any], *, is_patch: bool = False) -> None:
        if found := faults(_KINDS[kind], told, is_patch=is_patch):
            raise Refusal(400, "invalid", "; ".join(found))
        if told.get("merchantLocations") and not self.takes_places:
            raise Refusal(400, "invalidResource", "merchantLocations: the issuer is not allowed")
        name = told.get("id", f"{self.issuer_id}.x")
        issuer, _, suffix = name.partition(".")
        if issuer != self.issuer_id or not _SUFFIX.fullmatch(suffix):
            raise Refusal(400, "invalidResource", f"Invalid resource ID: {name}")

    def _check_whole(self, kind: str, after: dict[str, Any]) -> None:
        ours = {n: v for n, v in after.items() if n not in ("hasUsers", "reviewStatus")}
        if kind == "loyaltyClass":
            ours["reviewStatus"] = "UNDER_REVIEW"
        if found := faults(_KINDS[kind], ours):
            raise Refusal(400, "invalid", "; ".join(found))

    def _check_class(self, told: dict[str, Any]) -> None:
        if "classId" not in told:
            return
        found = self.classes.get(told["classId"])
        if found is None:
            raise Refusal(404, "classNotFound", f"{told['classId']} does not exist")
        if found["reviewStatus"] == "DRAFT":
            raise Refusal(400, "invalid", "a draft class can have no objects")

    def _notify(self, name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        if all(before.get(one) == after.get(one) for one in _NOTIFYING):
            return
        now = self._now()
        recent = [at for at in self.notified.get(name, []) if at > now - _DAY]
        if len(recent) >= _QUOTA:
            raise Refusal(403, "quotaExceeded", "3 notifications a day")
        self.notified.setdefault(name, []).append(now)

    def _add_message(self, things: Things, name: str, told: dict[str, Any]) -> dict[str, Any]:
        if found := faults("AddMessageRequest", told):
            raise Refusal(400, "invalid", "; ".join(found))
        messages = [*things[name].get("messages", []), told["message"]]
        if len(messages) > 10:
            raise Refusal(400, "invalid", "more than 10 messages")
        things[name]["messages"] = messages
        return {"resource": things[name]}

    async def _give_token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        fault = self._next_fault(request)
        self.requests.append(("POST", TOKEN_PATH))
        if fault is not None:
            return await self._fail(request, fault)
        try:
            claims = jwt.decode(
                form["assertion"][0],
                self._key,
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
            )
            self._check_claims(claims, str(request.url))
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            return JSONResponse({"error": "invalid_grant", "error_description": str(error)}, 400)
        token = token_urlsafe(24)
        self._tokens[token] = self._now() + timedelta(hours=1)
        return JSONResponse({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def _check_claims(self, claims: Mapping[str, Any], address: str) -> None:
        now = int(self._now().timestamp())
        if (claims["iss"], claims["aud"]) != (self._account, address):
            raise ValueError("iss or aud")
        if not claims["iat"] <= now < claims["exp"] <= claims["iat"] + 3600:
            raise ValueError("iat or exp")
        if claims["scope"] != "https://www.googleapis.com/auth/wallet_object.issuer":
            raise ValueError("scope")

    async def _show_keys(self, _request: Request) -> Response:
        headers = {"Cache-Control": "public, max-age=86400"}
        return JSONResponse(self.signer.public_keys(), headers=headers)

    async def _open_save_link(self, request: Request) -> Response:
        """Show the pass that a Save link names, if everything about the link is right."""
        try:
            thing = self._linked(request.path_params["token"], len(str(request.url)))
        except (jwt.InvalidTokenError, KeyError, ValueError, IndexError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        of_class = self.classes[thing["classId"]]
        return google_page.save_page(of_class, thing, has_buttons=self._on_notice is not None)

    async def _press(self, request: Request) -> Response:
        """Save or remove the pass that a Save link names, as its page's buttons ask."""
        try:
            thing = self._linked(request.path_params["token"], len(str(request.url)))
            does = {"save": self.save, "remove": self.remove}[request.query_params["do"]]
        except (jwt.InvalidTokenError, KeyError, ValueError, IndexError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        if self._on_notice is not None:
            await run_in_threadpool(self._on_notice, does(thing["id"]))
        return RedirectResponse(request.url.path, 303)

    def _linked(self, token: str, length: int) -> dict[str, Any]:
        if length > _SAFE_LINK_CHARACTERS:
            raise ValueError("browsers may cut a link as long as this")
        claims = jwt.decode(
            token,
            self._key,
            algorithms=["RS256"],
            options={"verify_iat": False, "verify_aud": False},
        )
        if (claims["iss"], claims["aud"], claims["typ"]) != (
            self._account,
            "google",
            "savetowallet",
        ) or not isinstance(claims["iat"], int):
            raise ValueError("claims")
        return self.objects[claims["payload"]["loyaltyObjects"][0]["id"]]

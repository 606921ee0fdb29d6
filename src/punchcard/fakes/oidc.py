"""A stand-in for an operator's identity provider: OpenID Connect over HTTP, with keys of its own.

Written from OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0 and RFC 7636. It is
strict about what it is asked: whoever leaves the state, the nonce or PKCE out gets no code, and a
code is good once, for the client and the address that it was made for. Tokens are signed by hand,
so that they can be signed wrong as well: `tamper` changes what the next tokens say.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, quote_plus, urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

Claims = dict[str, Any]
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_CODE_LIFE: Final = timedelta(seconds=60)
_TOKEN_LIFE: Final = timedelta(minutes=5)
_ES256_BYTES: Final = 32


@dataclass
class Account:
    """Who is signed in at the provider."""

    subject: str
    email: str
    email_verified: Any = True
    amr: tuple[str, ...] = ("pwd",)
    acr: str | None = None


@dataclass
class SigningKey:
    """A key and what it is called; `algorithm` is what it signs with."""

    key_id: str
    key: Key
    algorithm: str = "RS256"

    @classmethod
    def new(cls, key_id: str, algorithm: str = "RS256", *, bits: int = 2048) -> "SigningKey":
        """Make a key."""
        key: Key
        if algorithm == "ES256":
            key = ec.generate_private_key(ec.SECP256R1())
        else:
            key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        return cls(key_id, key, algorithm)

    def document(self) -> Claims:
        """Return the public half as a JWK (RFC 7517)."""
        common = {"kid": self.key_id, "use": "sig", "alg": self.algorithm}
        public = self.key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e), **common}
        point = public.public_numbers()
        x, y = (_b64(one.to_bytes(_ES256_BYTES, "big")) for one in (point.x, point.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, **common}

    def sign(self, signed: bytes) -> bytes:
        """Return a signature as JWS has it (RFC 7518, sections 3.3 to 3.5)."""
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(_ES256_BYTES, "big") + s.to_bytes(_ES256_BYTES, "big")
        if self.algorithm == "PS256":
            salted = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            return self.key.sign(signed, salted, hashes.SHA256())
        return self.key.sign(signed, padding.PKCS1v15(), hashes.SHA256())

    def public_pem(self) -> bytes:
        """Return the public half as a file: what a forger has, to sign HS256 with."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@dataclass
class _Granted:
    account: Account
    asked: dict[str, str]
    at: datetime


@dataclass
class FakeProvider:
    """One provider with one client; `issuer` is set to where it is served.

    `account` is who is signed in at it, None for somebody who leaves. `is_down` makes it answer 503
    everywhere, `is_careless` makes a code good again and again. `requests` counts what it was
    asked, by path.
    """

    now: Callable[[], datetime]
    client_id: str = "punchcard"
    client_secret: str = "a secret: of the/client"  # noqa: S105 for tests
    issuer: str = ""
    account: Account | None = None
    keys: list[SigningKey] = field(default_factory=lambda: [SigningKey.new("first")])
    tamper: Callable[[Claims], None] | None = None
    forge: Callable[["FakeProvider", Claims], str] | None = None
    is_down: bool = False
    is_careless: bool = False
    tells_issuer: bool = False
    requests: dict[str, int] = field(default_factory=dict)
    _granted: dict[str, _Granted] = field(default_factory=dict)

    def app(self) -> Starlette:
        """Return what answers for it."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._configuration),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/logout", self._logout),
            ]
        )

    def token_of(self, claims: Claims, *, key: SigningKey | None = None) -> str:
        """Return a token with these claims, signed with the newest key unless another is given."""
        used = key or self.keys[-1]
        header = {"alg": used.algorithm, "typ": "JWT", "kid": used.key_id}
        signed = signing_input(header, claims)
        return f"{signed}.{_b64(used.sign(signed.encode()))}"

    def _is_away(self, request: Request) -> bool:
        path = request.url.path
        self.requests[path] = self.requests.get(path, 0) + 1
        return self.is_down

    async def _configuration(self, request: Request) -> Response:
        if self._is_away(request):
            return Response(status_code=503)
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/logout",
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": self.tells_issuer,
            }
        )

    async def _keys(self, request: Request) -> Response:
        if self._is_away(request):
            return Response(status_code=503)
        return JSONResponse({"keys": [one.document() for one in self.keys]})

    async def _authorize(self, request: Request) -> Response:
        if self._is_away(request):
            return Response(status_code=503)
        asked = dict(request.query_params)
        needed = ("state", "nonce", "code_challenge", "redirect_uri", "scope")
        is_good = (
            asked.get("client_id") == self.client_id
            and asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and all(asked.get(name) for name in needed)
            and "openid" in asked["scope"].split()
        )
        if not is_good:
            return Response("what was asked is incomplete", status_code=400)
        told = {"state": asked["state"]}
        if self.account is None:
            told["error"] = "access_denied"
        else:
            told["code"] = secrets.token_urlsafe(16)
            self._granted[told["code"]] = _Granted(self.account, asked, self.now())
        if self.tells_issuer:
            told["iss"] = self.issuer
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(told)}", 302)

    async def _token(self, request: Request) -> Response:
        if self._is_away(request):
            return Response(status_code=503)
        form = {
            name: values[0] for name, values in parse_qs((await request.body()).decode()).items()
        }
        if not self._is_client(request):
            return JSONResponse({"error": "invalid_client"}, 401)
        granted = self._granted.get(form.get("code", ""))
        if not self.is_careless:
            self._granted.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_good = (
            granted is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == granted.asked["redirect_uri"]
            and _b64(digest) == granted.asked["code_challenge"]
            and self.now() - granted.at < _CODE_LIFE
        )
        if granted is None or not is_good:
            return JSONResponse({"error": "invalid_grant"}, 400)
        claims = self._claims(granted)
        token = self.forge(self, claims) if self.forge is not None else self.token_of(claims)
        told = {"access_token": "of no use", "token_type": "Bearer", "id_token": token}
        # In ASCII, so that a forged token may hold half a character.
        return Response(json.dumps(told), media_type="application/json")

    async def _logout(self, request: Request) -> Response:
        self._is_away(request)
        back = request.query_params.get("post_logout_redirect_uri", "")
        self.account = None
        return RedirectResponse(back, 302)

    def _claims(self, granted: _Granted) -> Claims:
        now, account = self.now(), granted.account
        claims: Claims = {
            "iss": self.issuer,
            "sub": account.subject,
            "aud": self.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + _TOKEN_LIFE).timestamp()),
            "auth_time": int(granted.at.timestamp()),
            "nonce": granted.asked["nonce"],
            "email": account.email,
            "email_verified": account.email_verified,
            "amr": list(account.amr),
        }
        if account.acr is not None:
            claims["acr"] = account.acr
        if self.tamper is not None:
            self.tamper(claims)
        return claims

    def _is_client(self, request: Request) -> bool:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        wanted = "Basic " + base64.b64encode(pair.encode()).decode()
        return hmac.compare_digest(request.headers.get("authorization", ""), wanted)


def signing_input(header: Claims, claims: Claims) -> str:
    """Return what a JWS signs (RFC 7515, section 5.1)."""
    return ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))


def unsigned(_: FakeProvider, claims: Claims) -> str:
    """Forge a token that says that it needs no signature."""
    return signing_input({"alg": "none", "typ": "JWT"}, claims) + "."


def signed_with_public_key(provider: FakeProvider, claims: Claims) -> str:
    """Forge a token whose HMAC key is the provider's public key, which everybody has."""
    key = provider.keys[-1]
    signed = signing_input({"alg": "HS256", "typ": "JWT", "kid": key.key_id}, claims)
    digest = hmac.digest(key.public_pem(), signed.encode(), "sha256")
    return f"{signed}.{_b64(digest)}"


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))

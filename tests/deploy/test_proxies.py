"""Behind nginx and behind Caddy, each with the file of `deploy/`, a shop works and is guarded."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from punchcard.kit.settings import Settings
from tests.deploy.proxies import NAME, Proxy, proxy
from tests.support.open_shop import OpenShop, open_shop, shown
from tests.support.server_process import Serving, environment_for, serving
from tests.support.waiting import PATIENCE_SECONDS, wait_until

STRANGER = "203.0.113.9"
ADDRESSES_THAT_ARE_KEYS = [
    *("/c", "/h", "/r", "/merge", "/contact", "/reach", "/terminal/cards", "/terminal/hand-over"),
    *("/api/v1/loyalty/cards", "/api/v1/loyalty/apple/v1/devices"),
    "/api/v1/hooks/shopify/01a228ab-33e5-7322-b0a1-864b65c27f3f",
]


@dataclass(frozen=True)
class Deployed:
    """A shop's server behind a proxy."""

    shop: OpenShop
    server: Serving
    proxy: Proxy


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def deployed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp(request.param)
    environment = environment_for(f"sqlite:///{folder}/punchcard.db", folder)
    environment["PUNCHCARD_BASE_URL"] = f"https://{NAME}"
    settings = Settings(
        data_dir=folder,
        database_url=environment["PUNCHCARD_DATABASE_URL"],
        secret_key=environment["PUNCHCARD_SECRET_KEY"],
        pin_pepper=environment["PUNCHCARD_PIN_PEPPER"],
    )
    with (
        serving(environment, folder) as server,
        proxy(request.param, server.address, folder) as before,
    ):
        yield Deployed(open_shop(settings), server, before)


def logged(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_pages_come_by_http_2_and_only_by_https(deployed: Deployed) -> None:
    with deployed.proxy.client(http2=True) as client:
        page = client.get(f"/c/{deployed.shop.token}")
    assert (page.status_code, page.http_version) == (200, "HTTP/2")
    assert "max-age" in page.headers["Strict-Transport-Security"]
    plain = httpx.get(
        f"http://127.0.0.1:{deployed.proxy.plain_port}/sign-in",
        headers={"Host": NAME},
        timeout=PATIENCE_SECONDS,
    )
    assert plain.status_code in {301, 308}
    assert plain.headers["Location"].startswith(f"https://{NAME}")


def test_old_versions_of_tls_are_refused_by_the_proxy(deployed: Deployed) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname = False
    old.verify_mode = ssl.CERT_NONE
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        httpx.Client(verify=old, timeout=PATIENCE_SECONDS) as client,
        pytest.raises(httpx.ConnectError, match=r"(?i)alert.protocol.version"),
    ):
        client.get(f"https://127.0.0.1:{deployed.proxy.port}/healthz")


def test_a_form_is_taken_and_answered(deployed: Deployed) -> None:
    with deployed.proxy.client() as client:
        page = client.get("/sign-in")
        token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
        answer = client.post(
            "/sign-in",
            data={"csrf": token, "email": "nobody@cafe.example", "password": "wrong"},
            headers={"Origin": f"https://{NAME}", "Accept-Language": "en"},
        )
    assert token
    # Neither refused as another site's, nor lost: the form comes back with what it holds.
    assert 'value="nobody@cafe.example"' in answer.text


def test_nobody_is_believed_about_their_own_address(deployed: Deployed) -> None:
    with deployed.proxy.client() as client:
        client.get("/join/whose-address", headers={"X-Forwarded-For": STRANGER})
    # A server answers before it writes that it did.
    wait_until(lambda: "/join/whose-address" in logged(deployed.server.log))
    assert STRANGER not in logged(deployed.server.log)


def test_figures_are_for_the_inside(deployed: Deployed) -> None:
    with deployed.proxy.client() as client:
        assert client.get("/metrics").status_code == 404
    assert (
        httpx.get(f"{deployed.server.address}/metrics", timeout=PATIENCE_SECONDS).status_code == 200
    )


def test_too_long_a_body_or_head_is_refused(deployed: Deployed) -> None:
    with deployed.proxy.client() as client:
        path = "/api/v1/auth/token"
        assert client.post(path, content=b"x" * 3_000_000).status_code == 413
        assert client.get("/", headers={"X-Long": "x" * 100_000}).status_code in {400, 431}


def test_an_open_page_hears_of_a_stamp_at_once(deployed: Deployed) -> None:
    shop = deployed.shop
    with (
        deployed.proxy.client() as page,
        deployed.proxy.client() as till,
        shop.watch(page) as line,
    ):
        cards = shown(line)
        before = next(cards)["stamps"]
        shop.stamp(till)
        assert any(card.get("stamps") == before + 1 for card in cards)


def test_the_proxys_log_holds_no_key(deployed: Deployed) -> None:
    token = deployed.shop.token
    secret = "a-secret-of-a-mailed-link"
    with deployed.proxy.client() as client:
        client.get(f"/c/{token}/history")
        client.get(f"/api/v1/loyalty/cards/{token}", params={"token": secret})
        client.get("/reset-password", params={"token": secret})
        for address in ADDRESSES_THAT_ARE_KEYS:
            client.get(f"{address}/{secret}")
            client.get(f"{address.title()}/{secret}")
        # The log is written when the answer is sent: this one comes after those before it.
        client.get("/join/last-of-all")
        client.get("/join/last-of-all")
    log = logged(deployed.proxy.log)
    assert "/join/last-of-all" in log
    assert "/api/v1/loyalty/cards/" in log
    assert token not in log
    assert secret not in log

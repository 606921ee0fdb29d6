"""nginx and Caddy as processes, with the files of `deploy/` but for their addresses."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.support.certificates import self_signed
from tools.free_ports import free_port
from tools.proxies import find_proxy

NAME = "cards.example"
DEPLOY = Path(__file__).parents[2] / "deploy"
_DEADLINE_SECONDS = 30


@dataclass(frozen=True)
class Proxy:
    """A proxy that listens on 127.0.0.1; `log` is its access log, `folder` has all it writes."""

    port: int
    plain_port: int
    certificate: Path
    log: Path
    folder: Path

    def client(self, **options: object) -> httpx.Client:
        """Return a client that takes the proxy for `https://cards.example`."""
        client = httpx.Client(
            verify=ssl.create_default_context(cafile=self.certificate),
            timeout=30,
            headers={"Host": NAME},
            base_url=f"https://127.0.0.1:{self.port}",
            **options,  # type: ignore[arg-type] # each by its name
        )
        client.event_hooks = {"request": [_named]}
        return client


def _named(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = NAME


@contextmanager
def proxy(kind: str, server: str, folder: Path) -> Iterator[Proxy]:
    """Run `nginx` or `caddy` before the server at an address until the block ends."""
    certificate, key = folder / "cards.pem", folder / "cards.key"
    for path, content in zip((certificate, key), self_signed([NAME]), strict=True):
        path.write_bytes(content)
    made = Proxy(free_port(), free_port(), certificate, folder / f"{kind}.log", folder)
    write = {"nginx": _nginx, "caddy": _caddy}[kind]
    said = (folder / f"{kind}.out").open("wb")
    with (
        said,
        subprocess.Popen(
            write(made, key, urlsplit(server).netloc, folder), cwd=folder, stdout=said, stderr=said
        ) as process,
    ):
        try:
            _wait_until_it_answers(made, process, folder / f"{kind}.out")
            yield made
        finally:
            process.terminate()


def _nginx(made: Proxy, key: Path, server: str, folder: Path) -> list[str]:
    ours = _with(
        (DEPLOY / "nginx" / "punchcard.conf").read_text(encoding="utf-8"),
        {
            "listen 80;": f"listen 127.0.0.1:{made.plain_port};",
            "listen 443 ssl": f"listen 127.0.0.1:{made.port} ssl",
            "/etc/letsencrypt/live/cards.example/fullchain.pem": str(made.certificate),
            "/etc/letsencrypt/live/cards.example/privkey.pem": str(key),
            "/var/log/nginx/punchcard.log": str(made.log),
            "/var/log/nginx/punchcard-error.log": f"{folder}/nginx-error.log",
            "server 127.0.0.1:8000;": f"server {server};",
        },
    )
    whole = folder / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    # As in Debian's nginx.conf: what follows in an own server counts instead.
    places = f"access_log {folder}/access.log;\nerror_log {folder}/error.log;\n"
    places += "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    whole.write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid;\n"
        f"events {{ }}\nhttp {{ {places}\n{ours} }}\n",
        encoding="utf-8",
    )
    return [str(find_proxy("nginx")), "-e", "stderr", "-p", str(folder), "-c", str(whole)]


def _caddy(made: Proxy, key: Path, server: str, folder: Path) -> list[str]:
    ours = _with(
        (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8"),
        {
            "\tservers {": f"\tadmin off\n\thttp_port {made.plain_port}\n"
            f"\thttps_port {made.port}\n\tservers {{",
            "cards.example {": f"cards.example {{\n\tbind 127.0.0.1\n"
            f"\ttls {made.certificate} {key}",
            "/var/log/caddy/punchcard.log": str(made.log),
            "reverse_proxy 127.0.0.1:8000": f"reverse_proxy {server}",
        },
    )
    whole = folder / "Caddyfile"
    whole.write_text(ours, encoding="utf-8")
    return [str(find_proxy("caddy")), "run", "--adapter", "caddyfile", "--config", str(whole)]


def _with(text: str, replaced: dict[str, str]) -> str:
    for old, new in replaced.items():
        assert old in text, f"the file has no {old!r}"
        text = text.replace(old, new)
    return text


def _wait_until_it_answers(made: Proxy, process: "subprocess.Popen[bytes]", said: Path) -> None:
    pause = threading.Event()
    with made.client() as client:
        for _ in range(_DEADLINE_SECONDS * 50):
            assert process.poll() is None, said.read_text(encoding="utf-8")
            try:
                if client.get("/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                pause.wait(0.02)
    raise AssertionError(said.read_text(encoding="utf-8"))

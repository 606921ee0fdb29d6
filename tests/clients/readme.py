"""The programs that a client's README shows, taken out and run."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
from standardwebhooks import Webhook

from tests.support.waiting import PATIENCE_SECONDS

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
READY = '{"type":"reward.ready","data":{"card_id":"c-1","name":"A coffee"}}'


def programs_of(readme: Path, language: str) -> list[str]:
    """Return the programs of a language, in their order."""
    return re.findall(rf"```{language}\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)


def check_receiver(command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> None:
    """Run a receiver of webhooks that says where it listens; post to it what is signed or not."""
    told = {**environment, "WEBHOOK_SECRET": SECRET, "PORT": "0"}
    with subprocess.Popen(
        command, env=told, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(" ")[2])
            address = f"http://127.0.0.1:{port}/"
            with httpx.Client(timeout=PATIENCE_SECONDS) as sender:
                for signature, status in (({}, 400), (signed("{}"), 400), (signed(READY), 204)):
                    answer = sender.post(address, content=READY, headers=signature)
                    assert answer.status_code == status
            assert process.stdout.readline() == "A coffee is ready for card c-1\n"
        finally:
            process.kill()


def signed(body: str) -> dict[str, str]:
    """Return the headers that a body would come with now."""
    now = datetime.now(UTC)
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt_1", now, body),
    }

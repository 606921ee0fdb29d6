"""`punchcard init`: what it writes is what the server starts with."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.demo_server import plain_environment
from tests.support.file_rights import mode, usual_umask
from tests.support.server_process import PUNCHCARD, command

ANSWERS = {
    "--address": "https://cards.example",
    "--mail-server": "smtp://shop:pass%40word@mail.example:587",
    "--mail-from": "Café Alice <no-reply@cafe.example>",
    "--admin": "me@platform.example",
}


def given(folder: Path, **more: str) -> list[str]:
    options = {"--file": str(folder / "my.env"), "--data-dir": str(folder / "data"), **ANSWERS}
    options |= {f"--{name.replace('_', '-')}": value for name, value in more.items()}
    return ["init", "--no-ask", *(word for pair in options.items() for word in pair)]


def test_the_file_is_what_the_next_steps_use(tmp_path: Path) -> None:
    with usual_umask():
        ran = command(plain_environment(), *given(tmp_path), "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert mode(tmp_path / "my.env") == "600"
    assert [mode(Path(path)) for path in told["secrets"]] == ["600"] * 3
    admin, shop, doctor, _serve = told["next"]
    assert (
        admin
        == f"punchcard --settings {tmp_path / 'my.env'} admin create --email {ANSWERS['--admin']}"
    )
    password = {**plain_environment(), "PUNCHCARD_NEW_PASSWORD": "a long pass phrase of four words"}
    assert command(password, *admin.split()[1:]).returncode == 0
    assert command(password, *shop.split()[1:]).returncode == 0 or "OWNER" in shop
    found = json.loads(command(plain_environment(), *doctor.split()[1:], "--json").stdout)
    states = {one["subject"]: (one["state"], one["message"]) for one in found["findings"]}
    assert states["address"] == ("ok", "Cards link to https://cards.example.")
    assert states["database"][0] == "ok"
    assert states["settings"][0] == "ok"
    assert states["files"][0] == "ok"


def test_six_questions_are_asked_where_nothing_is_given(tmp_path: Path) -> None:
    answers = ["https://cards.example", "here", "", "smtp://mail.example:587", "", "me@b.example"]
    ran = subprocess.run(
        [PUNCHCARD, "init"],
        input="\n".join(answers) + "\n",
        cwd=tmp_path,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count(":") >= len(answers)
    lines = (tmp_path / "punchcard.env").read_text(encoding="utf-8").splitlines()
    assert lines[1:] == [
        "PUNCHCARD_BASE_URL=https://cards.example",
        f"PUNCHCARD_DATA_DIR={tmp_path / 'here'}",
        "PUNCHCARD_SMTP_URL=smtp://mail.example:587",
        'PUNCHCARD_MAIL_FROM="Punchcard <no-reply@cards.example>"',
    ]
    assert "admin create --email me@b.example" in ran.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"here", "punchcard.env"}


def test_without_a_mail_server_it_asks_one_question_less_as_its_help_says(tmp_path: Path) -> None:
    help_told = command(plain_environment(), "init", "--help").stdout
    assert "five or six questions" in help_told
    ran = subprocess.run(
        [PUNCHCARD, "init"],
        input="\n".join(["https://cards.example", "here", "", "", "me@b.example"]) + "\n",
        cwd=tmp_path,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Sender of mails" not in ran.stderr
    assert "admin create --email me@b.example" in ran.stdout


def test_an_answer_that_cannot_be_used_is_asked_for_once_more(tmp_path: Path) -> None:
    wrong = {
        "cards.example": "is not a server's address",
        "mysql://host/name": "it must begin with sqlite:/// or postgresql://",
        "mail.example": "must look like smtp://",
        "nobody": "PUNCHCARD_MAIL_FROM must be",
        "me at home": "me at home is no e-mail address.",
    }
    address, database, server, sender, admin = wrong
    answers = [address, "https://cards.example", "here", database, "", server]
    answers += ["smtp://mail.example:587", sender, "", admin, ""]
    ran = subprocess.run(
        [PUNCHCARD, "init"],
        input="\n".join(answers) + "\n",
        cwd=tmp_path,
        env=plain_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    for told in wrong.values():
        assert told in ran.stderr
    lines = (tmp_path / "punchcard.env").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "PUNCHCARD_BASE_URL=https://cards.example"
    assert "admin create" not in ran.stdout


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_with_postgresql_the_secrets_are_named(tmp_path: Path, database_url: str) -> None:
    ran = command(plain_environment(), *given(tmp_path, database=database_url))
    assert ran.returncode == 0, ran.stderr
    settings = ["--settings", str(tmp_path / "my.env")]
    migrated = command(plain_environment(), *settings, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert command(plain_environment(), *settings, "ledger", "checkpoint").returncode == 0


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("address", "cards.example", "PUNCHCARD_BASE_URL"),
        ("database", "mysql://host/name", "PUNCHCARD_DATABASE_URL"),
        ("mail_server", "http://mail.example", "PUNCHCARD_SMTP_URL"),
    ],
)
def test_a_wrong_answer_writes_nothing(tmp_path: Path, option: str, value: str, told: str) -> None:
    ran = command(plain_environment(), *given(tmp_path, **{option: value}))
    assert ran.returncode == 1
    assert told in ran.stderr
    assert not (tmp_path / "my.env").exists()


def test_a_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "my.env").write_text("PUNCHCARD_LOG_LEVEL=DEBUG\n", encoding="utf-8")
    ran = command(plain_environment(), *given(tmp_path))
    assert (ran.returncode, "is there already" in ran.stderr) == (1, True)
    assert not (tmp_path / "data").exists()

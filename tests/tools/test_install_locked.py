"""uv installs what is locked as pip would here; what it cannot be told leaves it to pip."""

import pytest

from tools.install_locked import LOCK, ROOT, configured, for_uv, part_of

LISTING = """\
:env:.cert='/etc/ours.pem'
:env:.find-links='/wheels /more wheels'
global.cert='/etc/all.pem'
global.extra-index-url='file:///one/simple\\nfile:///two/simple'
global.find-links='/opt/wheels'
install.no-index='false'
freeze.timeout='3'
"""


def test_the_environment_goes_before_a_file_and_the_command_before_all_commands() -> None:
    assert configured(LISTING) == {
        "cert": "/etc/ours.pem",
        "extra-index-url": "file:///one/simple\nfile:///two/simple",
        "find-links": "/wheels /more wheels",
        "no-index": "false",
    }
    assert configured("global.timeout='1'\ninstall.timeout='2'\n") == {"timeout": "2"}


def test_a_machine_without_a_configuration_needs_no_option() -> None:
    assert for_uv(configured("")) == ([], {})


@pytest.mark.parametrize(
    ("configuration", "options", "variables"),
    [
        (
            {"find-links": "/a /b", "index-url": "https://index.example/simple"},
            "--find-links /a --find-links /b --index-url https://index.example/simple".split(),
            {},
        ),
        (
            {"extra-index-url": "file:///one\nfile:///two"},
            ["--extra-index-url", "file:///one", "--extra-index-url", "file:///two"],
            {},
        ),
        ({"no-index": "true"}, ["--no-index"], {}),
        ({"no-index": "0"}, [], {}),
        ({"trusted-host": "index.example"}, ["--allow-insecure-host", "index.example"], {}),
        (
            {"cert": "/etc/ours.pem", "default-timeout": "180"},
            [],
            {"SSL_CERT_FILE": "/etc/ours.pem", "UV_HTTP_TIMEOUT": "180"},
        ),
        ({"constraint": "/etc/bounds.txt", "no-input": "1"}, [], {}),
    ],
)
def test_uv_is_told_what_pip_is_configured_with(
    configuration: dict[str, str], options: list[str], variables: dict[str, str]
) -> None:
    assert for_uv(configuration) == (options, variables)


@pytest.mark.parametrize("key", ["proxy", "client-cert", "no-binary", "target", "made-up"])
def test_what_uv_cannot_be_told_is_left_to_pip(key: str) -> None:
    assert for_uv({"cert": "/etc/ours.pem", key: "x"}) is None


def test_uv_itself_is_installed_by_its_hashes() -> None:
    with (ROOT / LOCK).open(encoding="utf-8") as lock:
        part = part_of(lock, "uv")
    assert part.startswith("uv==")
    assert part.count("==") == 1
    assert part.count("--hash=sha256:") > 1
    assert part_of(["a==1 \\\n", "    --hash=x\n", "ab==2 \\\n", "    --hash=y\n"], "a") == (
        "a==1 \\\n    --hash=x\n"
    )

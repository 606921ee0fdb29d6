"""Find Patroni, etcd and what parts a machine into hosts, or install Debian's."""

import shutil
from pathlib import Path
from typing import Final

from tools import debian

_PACKAGES: Final = {
    "patroni": "patroni",
    "etcd": "etcd-server",
    "ip": "iproute2",
    "nsenter": "util-linux",
}
# Recommended by Patroni, and how it speaks to etcd.
_BESIDE: Final = ("python3-etcd",)


def missing() -> list[str]:
    """Return the programs that are not there, after an attempt to install them as root."""
    lacking = _lacking()
    if lacking:
        packages = [_PACKAGES[name] for name in lacking]
        debian.install([*packages, *_BESIDE], f"Installing Debian's {', '.join(packages)}: once")
    return _lacking()


def program(name: str) -> str:
    """Return where a program is."""
    found = shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    assert found, name
    return found


def _lacking() -> list[str]:
    places = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/bin")
    return [
        name for name in _PACKAGES if not any((Path(place) / name).exists() for place in places)
    ]

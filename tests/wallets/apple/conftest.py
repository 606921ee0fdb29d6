"""An operator with certificates of a chain made here."""

from pathlib import Path

import pytest

from punchcard.fakes.apple_chain import AppleChain
from punchcard.wallets.apple.signing import PassSigner


@pytest.fixture(scope="session")
def root_file(chain: AppleChain, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the root alone to a file, for OpenSSL."""
    path = tmp_path_factory.mktemp("root") / "root.pem"
    path.write_text(chain.root_pem)
    return path


@pytest.fixture(scope="session")
def signer(chain: AppleChain) -> PassSigner:
    """Sign as the operator."""
    return PassSigner(chain.holder[0], chain.holder[1], chain.intermediate[1])

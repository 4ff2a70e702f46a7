"""Claims for tests: what every test of the wallet begins with."""

from datetime import datetime

from licence.formats.report import Report
from tests.builders import World
from verifier.policy import BATCH
from verifier.verify import verify
from wallet.claim import Claimed, claim
from wallet.keep import WalletFolder
from wallet.ports import Checker, ClaimDesk

PASSWORD = b"correct horse"
CODE = "K7Q25XMD44TBM3FA"
DESK = "https://registry.example"


class WorldChecker:
    """Verifies by the trust of a world; conforms to `wallet.ports.Checker`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def check(self, pdf: bytes, evidence: bytes | None) -> Report:
        """Verify a file."""
        world = self._world
        return verify(pdf, world.trust(), policy=BATCH, now=world.now, sidecar=evidence)


def claim_one(
    desk: ClaimDesk,
    folder: WalletFolder,
    now: datetime,
    *,
    code: str = CODE,
    checker: Checker | None = None,
) -> Claimed:
    """Claim a licence."""
    return claim(
        code,
        desk=desk,
        desk_name=DESK,
        folder=folder,
        password=PASSWORD,
        checker=checker,
        now=now,
    )

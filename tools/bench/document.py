"""The bench document: a one-page `cn-a4p` licence, its signer, and a press."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from licence.domain.model import LicenceVersion
from licence.formats import licence_json
from signer.keys import SigningKey
from signer.pades import Prepared
from signer.press import PressJob
from signer.sign import LicenceSigner, RevocationData, SignerChain
from tests.builders import AUTHORITY, World, make_world

PAGE: Final[Mapping[str, Any]] = {"template": "cn-a4p/2", "page": {"back": False}}
"""What makes it one page."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What every measure begins with.

    Attributes:
        world: Keys, press and clock.
        version: The licence.
        data: Its `licence.json`.
        signer: Of its authority, with the test timestamp authority.
        prepared: The file that lacks only its signature.
        key: The authority's key: RSA-2048, the ruler of all measures.
    """

    world: World
    version: LicenceVersion
    data: bytes
    signer: LicenceSigner
    prepared: Prepared
    key: SigningKey

    @property
    def job(self) -> PressJob:
        """What the press is asked for."""
        return PressJob(self.data, self.world.clock.now(), self.signer.dss())

    def sign_bare(self) -> None:
        """Make the two RSA signatures of a licence, and nothing else."""
        self.key.sign(self.data)
        self.world.pki.tsa_key.sign(self.data)

    def sign(self) -> None:
        """Sign and timestamp the prepared file as the worker does, which has read the data."""
        self.signer.sign(self.signer.prepare(self.data, self.prepared, version=self.version))

    def press(self) -> None:
        """Render, prepare and read back one page."""
        self.world.press.press(self.job)


def make_bench(key: SigningKey | None = None) -> Bench:
    """Make keys, page and everything else that is not measured.

    Args:
        key: The authority's, under the world's issuing CA; one in memory unless given.
    """
    world = make_world()
    version = world.version(**PAGE)
    data = licence_json.encode(version)
    key = key or world.pki.signer_keys[AUTHORITY]
    signer = _signer(world, key)
    job = PressJob(data, world.clock.now(), signer.dss())
    return Bench(world, version, data, signer, world.press.press(job), key)


def _signer(world: World, key: SigningKey) -> LicenceSigner:
    pki, now = world.pki, world.clock.now()
    return LicenceSigner(
        key,
        chain=SignerChain((pki.issuing.certificate,), pki.root.certificate),
        timestamper=pki.tsa(clock=world.clock, entropy=world.entropy),
        revocation=RevocationData(
            crls=(pki.root.crl((), now=now, number=1),),
            ocsps=(pki.issuing.ocsp_answer(key.certificate, (), now=now),),
        ),
        clock=world.clock,
        environment=world.bundle.environment,
    )

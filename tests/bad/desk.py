"""The desk where bad files are made: a test PKI with published keys, a press, and what they issued.

The keys stand in `tests/assets/bad/keys.pem`: whoever has an idea for one more attack can sign it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final
from unittest import mock

import pikepdf
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from licence.domain.model import LicenceVersion
from licence.formats import cms, hole, licence_json, trust_bundle
from licence.formats.cms import CmsParts
from licence.formats.entitlement import make_entitlement
from licence.formats.hole import byte_range_digest
from licence.formats.leaf import leaf_of_cms
from licence.formats.trust_types import TrustBundle
from licence.ids import Digest, Leaf
from signer import pades
from signer.keys.file import FileKey
from signer.pades import DssMaterial, Prepared
from signer.press import PressJob
from signer.test_pki import TestPki, create_test_pki
from signer.tsa import TestTsa
from tests import builders
from tests.bad.case import Ask
from tests.builders import (
    AUTHORITY,
    INDUSTRIES,
    NAMES,
    OTHER_AUTHORITY,
    SIGNED_AT,
    TYPES,
    World,
    fill,
    make_bundle,
    make_evidence,
)
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from tests.fakes.status_keys import PRIVATE

ASSETS: Final = Path(__file__).parents[1] / "assets" / "bad"
KEYS: Final = ASSETS / "keys.pem"
PKI_MADE_AT: Final = SIGNED_AT - timedelta(days=1)

Tweak = Callable[[pikepdf.Pdf], object]
Spoil = Callable[[bytes], bytes]


@cache
def keys() -> dict[str, rsa.RSAPrivateKey]:
    """Return all published RSA keys by name."""
    found: dict[str, rsa.RSAPrivateKey] = {}
    for part in KEYS.read_text("ascii").split("# ")[1:]:
        name, _, pem = part.partition("\n")
        key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, rsa.RSAPrivateKey)
        found[name.strip()] = key
    return found


def make_pki(prefix: str) -> TestPki:
    """Return the PKI of these keys: `ours` or `stranger`."""
    names = iter(("root", "issuing", "holder-ca", "tsa", "signer", "other-signer"))

    def next_key(_bits: int) -> rsa.RSAPrivateKey:
        return keys()[f"{prefix}-{next(names)}"]

    with mock.patch("signer.test_pki.new_rsa_key", next_key):
        return create_test_pki(
            list(NAMES.items()),
            now=PKI_MADE_AT,
            entropy=SeededEntropy(f"bad {prefix}"),
            ca_bits=2048,
            base_url="http://127.0.0.1:9/pki",
            entitlements={code: make_entitlement(code, TYPES, INDUSTRIES) for code in NAMES},
        )


def sign_lists(data: bytes) -> bytes:
    """Sign as the status key, each time the same."""
    der = PRIVATE.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True, slots=True)
class Seal:
    """Who signs a file, and how; each part may be a lie.

    Attributes:
        key: Signs.
        certificate: Says so.
        intermediates: CAs in the CMS.
        tsa: Stamps; None for no timestamp.
        dss: What is put into the file.
    """

    key: rsa.RSAPrivateKey
    certificate: bytes
    intermediates: tuple[bytes, ...]
    tsa: TestTsa | None
    dss: DssMaterial


@dataclass(frozen=True, slots=True)
class Good:
    """A good licence and its parts; `bare` is the file without evidence."""

    version: LicenceVersion
    data: bytes
    bare: bytes
    parts: CmsParts
    leaf: Leaf
    evidence: bytes
    pdf: bytes


@dataclass(slots=True)
class Desk:
    """Makes files; every one of them with the published keys."""

    world: World
    stranger: World
    seal: Seal

    def begin(self, name: str) -> None:
        """Begin a case: serial numbers come from its name, clocks stand at the signing."""
        for world in (self.world, self.stranger):
            world.entropy.__init__(f"bad {name}")  # type: ignore[misc]
            world.clock.__init__(SIGNED_AT)  # type: ignore[misc]

    @property
    def pki(self) -> TestPki:
        """Our PKI."""
        return self.world.pki

    @property
    def bundle(self) -> TrustBundle:
        """The trust bundle."""
        return self.world.bundle

    def good(self, index: int = 0) -> Good:
        """Return the good licence with this place in the status lists."""
        return good(index)

    def ask(self, file: bytes, *, bundle: TrustBundle | None = None, **more: object) -> Ask:
        """Return the usual question about a file."""
        lists = usual_lists()
        encoded = trust_bundle.encode(bundle or self.bundle)
        return replace(Ask({"file": file, "bundle": encoded, **lists}), **more)  # type: ignore[arg-type]

    def press(
        self,
        tweak: Tweak | None = None,
        *,
        version: LicenceVersion | None = None,
        data: bytes | None = None,
        spoil: Spoil | None = None,
        dss: DssMaterial | None = None,
    ) -> tuple[bytes, Prepared]:
        """Press a licence whose last save is tampered with; return its data too.

        Args:
            tweak: Done to the objects before the last save.
            version: What the pages say.
            data: Attached in place of the data of the pages.
            spoil: Done to the saved bytes, placeholders still in them; keeps their length.
            dss: Other validation data.
        """
        said = licence_json.encode(version or self.world.version())
        attached = said if data is None else data

        def tampered(pdf: pikepdf.Pdf) -> bytes:
            if data is not None:
                pdf.Root.AF[0].EF.F.write(data)
            if tweak is not None:
                tweak(pdf)
            saved = _SAVE(pdf)
            return saved if spoil is None else spoil(saved)

        with mock.patch.object(pades, "_save", tampered), mock.patch("signer.press.check_page"):
            job = PressJob(said, SIGNED_AT, dss or self.seal.dss)
            return attached, self.world.press.press(job)

    def sign(
        self, data: bytes, prepared: Prepared, seal: Seal | None = None
    ) -> tuple[CmsParts, Leaf]:
        """Return the CMS parts of a pressed file, and its leaf."""
        return self.sign_digest(prepared.digest, Digest(sha256(data).digest()), seal)

    def sign_digest(
        self, digest: Digest, licence_digest: Digest, seal: Seal | None = None
    ) -> tuple[CmsParts, Leaf]:
        """Sign any digest of a file as the authority, or as somebody else."""
        by = seal or self.seal
        attributes = cms.signed_attributes(
            message_digest=digest,
            signer_certificate=by.certificate,
            licence_digest=licence_digest,
        )
        signature = by.key.sign(attributes, PKCS1v15(), hashes.SHA256())
        token = None
        if by.tsa is not None:
            made = by.tsa.timestamp(Digest(sha256(signature).digest()))
            token = cms.with_revocation_values(made, by.dss.crls, by.dss.ocsps)
        certificates = tuple(sorted((by.certificate, *by.intermediates)))
        parts = CmsParts(
            certificates, by.certificate, digest, licence_digest, signature, token, None
        )
        leaf = leaf_of_cms(digest, parts) if token is not None else Leaf(bytes(32))
        return parts, leaf

    def finish(self, pdf: bytes, parts: CmsParts, leaf: Leaf, **record: object) -> bytes:
        """Anchor a signed file and fill it."""
        proof = make_evidence([leaf], **record)[0]  # type: ignore[arg-type]
        place = hole.find(hole.fill(pdf, _place(pdf), cms.build(parts)))
        return hole.fill(pdf, place, cms.build(replace(parts, evidence=proof)))

    def issue(self, tweak: Tweak | None = None, seal: Seal | None = None, **more: object) -> bytes:
        """Press, sign, anchor and fill; arguments as for `press`."""
        if seal is not None:
            more = {"dss": seal.dss, **more}
        data, prepared = self.press(tweak, **more)  # type: ignore[arg-type]
        parts, leaf = self.sign(data, prepared, seal)
        return self.finish(prepared.pdf, parts, leaf)

    def resign(self, pdf: bytes, data: bytes) -> bytes:
        """Sign anew a file whose signed bytes were changed, and anchor it."""
        place = _place(pdf)
        digest = byte_range_digest(pdf, place)
        parts, leaf = self.sign_digest(digest, Digest(sha256(data).digest()))
        return self.finish(pdf, parts, leaf)


_SAVE: Final = pades._save


def _place(pdf: bytes) -> hole.Hole:
    start = pdf.index(b" /Contents <") + len(b" /Contents ")
    return hole.Hole(start, start + 2 * hole.HOLE_BYTES + 2)


@cache
def usual_lists() -> dict[str, bytes]:
    """Return the lists of both authorities, without any event."""
    world = _world("ours")
    with steady():
        ours = world.publish(authority=AUTHORITY)
        other = world.publish(authority=OTHER_AUTHORITY)
    names = ("list", "side", "other-list", "other-side")
    return dict(zip(names, (*ours, *other), strict=True))


@contextmanager
def steady() -> Iterator[None]:
    """Let the status key sign the same bytes to the same signature."""
    with mock.patch.object(builders, "SIGN", sign_lists):
        yield


def _world(prefix: str) -> World:
    pki = make_pki(prefix)
    return World(
        pki=pki,
        clock=FakeClock(SIGNED_AT),
        entropy=SeededEntropy(f"{prefix} tokens"),
        press=builders._press(),
        bundle=make_bundle(pki),
    )


def seal_of(world: World, **changes: object) -> Seal:
    """Return how the authority of a world signs, with changes."""
    pki = world.pki
    key = pki.signer_keys[AUTHORITY]
    assert isinstance(key, FileKey)
    tsa = pki.tsa(clock=world.clock, entropy=world.entropy)
    revocation = pki.revocation(AUTHORITY, now=SIGNED_AT)
    dss = dss_of((key.certificate, pki.issuing.certificate), pki, revocation.crls, revocation.ocsps)
    private = pki.private_keys[f"signer-{AUTHORITY}"]
    seal = Seal(private, key.certificate, (pki.issuing.certificate,), tsa, dss)
    return replace(seal, **changes)  # type: ignore[arg-type]


def dss_of(
    certificates: Sequence[bytes], pki: TestPki, crls: Sequence[bytes], ocsps: Sequence[bytes]
) -> DssMaterial:
    """Return validation data with the certificates of root and timestamp authority."""
    common = (pki.root.certificate, pki.tsa_key.certificate)
    found = tuple(dict.fromkeys((*sorted(certificates), *common)))
    return DssMaterial(found, tuple(crls), tuple(ocsps))


def tsa_at(world: World, moment: datetime, **more: object) -> TestTsa:
    """Return the timestamp authority of a world whose clock says this."""
    return world.pki.tsa(clock=FakeClock(moment), entropy=world.entropy, **more)  # type: ignore[arg-type]


@cache
def good(index: int) -> Good:
    """Return one of the good licences that others are made from."""
    desk = make_desk()
    desk.begin(f"good/{index}")
    changes = _GOOD[index]
    version = desk.world.version(index, **changes)
    data, prepared = desk.press(version=version)
    parts, leaf = desk.sign(data, prepared)
    proof = make_evidence([leaf])[0]
    pdf = desk.finish(prepared.pdf, parts, leaf)
    return Good(version, data, fill(pdf, None), parts, leaf, proof, pdf)


_GOOD: Final[dict[int, dict[str, object]]] = {
    0: {},
    5: {"uscc": "91210281MA9TXT025M", "enterprise_name": "大连洁宏化工有限公司(示例)"},
    7: {"scope": [{"name": f"硫酸{n}号", "risk": "NORMAL"} for n in range(40)]},
}


def make_desk() -> Desk:
    """Return a desk; two desks make the same bytes when asked for the same in the same order."""
    world = _world("ours")
    return Desk(world, _world("stranger"), seal_of(world))

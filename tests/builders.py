"""Whole licences for tests, made by the real signer and the real anchor formats, all in memory.

    world = make_world()
    issued = world.issue(world.version())
    report = verify(issued.pdf, world.trust(), policy=BATCH, now=world.now)

Only the chain is missing: a batch record is what the anchorer would have read from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from anchor.trust_repository import TrustKeys, TrustRepository
from licence.domain.elicence_id import make_elicence_id
from licence.domain.model import Environment, LicenceVersion, StatusRef
from licence.domain.status import StatusWord
from licence.formats import (
    checkpoint,
    cms,
    evidence,
    hole,
    licence_json,
    manifest,
    oids,
    side_list,
    status_list,
    trust_bundle,
)
from licence.formats.checkpoint import Checkpoint, LogKey, WitnessKey
from licence.formats.entitlement import make_entitlement
from licence.formats.evidence import BatchRecord, WitnessEvidence
from licence.formats.leaf import LeafKind
from licence.formats.manifest import Manifest, ManifestRow
from licence.formats.side_list import SideRow, make_side_list
from licence.formats.status_shard import ListName, make_list
from licence.formats.tree import Tree
from licence.formats.trust_types import (
    Authority,
    Contract,
    Registry,
    Root,
    TrustBundle,
    TsaRoot,
    Witness,
)
from licence.formats.trust_types import LogKey as TrustedLogKey
from licence.ids import (
    Address,
    AuthorityId,
    BlockHash,
    ChainId,
    Digest,
    Leaf,
    RegistryId,
    StatusIndex,
)
from signer.press import Press, PressJob
from signer.sign import SignedLicence
from signer.test_pki import TestPki, create_test_pki
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import OTHER_ISSUER, TYPE_CODE, draft_of, good_row
from tests.fakes.entropy import SeededEntropy
from tests.fakes.status_keys import KEY, KID, SIGN

SIGNED_AT = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
REGISTRY = RegistryId("cn-aqscxkz-test")
AUTHORITY = AuthorityId("1121000000TXT10121")
OTHER_AUTHORITY = AuthorityId(OTHER_ISSUER)
NAMES = {AUTHORITY: "辽宁省应急管理厅(示例)", OTHER_AUTHORITY: "大连市应急管理局(示例)"}
TYPES = ("hazchem-trading", "safety-production")
INDUSTRIES = ("FM", "MK", "WH")
BASE_URI = "http://127.0.0.1:8470/v1/status-lists"
VERIFY_BASE = "HTTPS://V.EXAMPLE/L/"
WITNESSES = ("audit.example", "press.example")
CHAIN = ChainId(31337)
CONTRACT = Address(sha256(b"contract").digest()[:20])


@dataclass(frozen=True, slots=True)
class Issued:
    """One licence: signed, anchored, filled."""

    version: LicenceVersion
    data: bytes
    signed: SignedLicence
    evidence: bytes
    pdf: bytes

    @property
    def leaf(self) -> Leaf:
        """Its identity."""
        return self.signed.leaf

    @property
    def bare(self) -> bytes:
        """The file before the evidence was filled in."""
        return self.signed.pdf


@dataclass(frozen=True, slots=True)
class FakeTrust:
    """A trust store in memory; conforms to `verifier.ports.TrustView`."""

    bundle: TrustBundle
    lists: Mapping[tuple[str, str, int], tuple[bytes, bytes | None]]
    newest_signed_time: datetime = SIGNED_AT
    metadata_expired_at: datetime | None = None
    pages: Mapping[tuple[str, str, Digest], bytes] = field(default_factory=dict)
    past: Mapping[tuple[str, str, int, date], bytes] = field(default_factory=dict)

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return a list token."""
        found = self.lists.get((registry, authority, shard))
        return found[0] if found is not None else None

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        """Return a side list."""
        found = self.lists.get((registry, authority, shard))
        return found[1] if found is not None else None

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        """Return a page of a side list."""
        return self.pages.get((registry, authority, digest))

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        """Return a list token of a day in the past."""
        return self.past.get((registry, authority, shard, on))


@dataclass(slots=True)
class World:
    """Two authorities under one root, a registry with two witnesses, and a clock."""

    pki: TestPki
    clock: FakeClock
    entropy: SeededEntropy
    press: Press
    bundle: TrustBundle
    lists: dict[tuple[str, str, int], tuple[bytes, bytes | None]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """A moment after everything was signed, anchored and published."""
        return SIGNED_AT + timedelta(minutes=10)

    def version(
        self, index: int = 0, authority: AuthorityId = AUTHORITY, **changes: object
    ) -> LicenceVersion:
        """Return a licence version of one of the authorities, with changed roster fields."""
        number = int(str(changes.get("version", 1)))
        row = good_row(
            issuer=NAMES[authority],
            issuer_code=authority,
            elicence_id=make_elicence_id(TYPE_CODE, authority, "20240127", number).text,
            **changes,
        )
        return LicenceVersion(draft_of(row), StatusRef(REGISTRY, StatusIndex(index)))

    def sign(self, version: LicenceVersion, data: bytes | None = None) -> SignedLicence:
        """Press and sign a licence."""
        authority = version.draft.issuer_code
        signer = self.pki.licence_signer(authority, clock=self.clock, entropy=self.entropy)
        data = licence_json.encode(version) if data is None else data
        prepared = self.press.press(PressJob(data, self.clock.now(), signer.dss()))
        return signer.sign(signer.prepare(data, prepared))

    def issue(self, version: LicenceVersion) -> Issued:
        """Sign, anchor and fill one licence."""
        return self.issue_all([version])[0]

    def issue_all(self, versions: Sequence[LicenceVersion]) -> tuple[Issued, ...]:
        """Sign, anchor in one batch, and fill licences of one authority."""
        signed = [self.sign(version) for version in versions]
        authority = versions[0].draft.issuer_code
        proofs = make_evidence([each.leaf for each in signed], authority)
        return tuple(
            Issued(version, licence_json.encode(version), each, proof, fill(each.pdf, proof))
            for version, each, proof in zip(versions, signed, proofs, strict=True)
        )

    def publish(
        self,
        words: Mapping[int, StatusWord] | None = None,
        rows: Sequence[SideRow] = (),
        announced: Sequence[SideRow] = (),
        *,
        authority: AuthorityId = AUTHORITY,
        issued_at: datetime | None = None,
        shard: int = 0,
        sequence: int = 1,
    ) -> tuple[bytes, bytes]:
        """Publish the status list and the side list of one shard."""
        moment = issued_at or SIGNED_AT + timedelta(minutes=5)
        name = ListName(BASE_URI, REGISTRY, authority, shard)
        by_index = {StatusIndex(index): word for index, word in (words or {}).items()}
        made = make_list(name, by_index, issued_at=moment)
        token = status_list.encode_cwt(made, kid=KID, sign=SIGN)
        side = make_side_list(
            name,
            rows,
            announced,
            sequence=sequence,
            issued_at=made.issued_at,
            expires_at=made.expires_at,
            list_digest=Digest(sha256(token).digest()),
        )
        signed = side_list.encode(side, kid=KID, sign=SIGN)
        self.lists[REGISTRY, authority, shard] = (token, signed)
        return token, signed

    def trust(
        self, bundle: TrustBundle | None = None, *, metadata_expired_at: datetime | None = None
    ) -> FakeTrust:
        """Return what a verifier believes now; lists without events unless some were published."""
        for authority in NAMES:
            if (REGISTRY, authority, 0) not in self.lists:
                self.publish(authority=authority)
        return FakeTrust(
            bundle or self.bundle, dict(self.lists), metadata_expired_at=metadata_expired_at
        )

    def write_trust(self, folder: Path) -> TrustRepository:
        """Write bundle and lists as a real trust folder, with throw-away TUF keys."""
        keys = TrustKeys(
            root=(ed25519("root 1"), ed25519("root 2"), ed25519("root 3")),
            targets=(ed25519("targets 1"), ed25519("targets 2")),
            online=ed25519("online"),
        )
        moment = SIGNED_AT + timedelta(minutes=5)
        repository = TrustRepository.create(folder, keys, now=moment)
        repository.publish_bundle(trust_bundle.encode(self.bundle), now=moment)
        self.write_lists(repository, now=moment)
        return repository

    def write_lists(self, repository: TrustRepository, *, now: datetime) -> None:
        """Publish the lists as they are now in a real trust folder."""
        files = {}
        for (registry, authority, shard), (token, side) in self.trust().lists.items():
            name = f"lists/{registry}/{authority}/{shard}"
            files[f"{name}.cwt"] = token
            files |= {f"{name}.side": side} if side is not None else {}
        repository.publish_lists(files, now=now)


def fill(pdf: bytes, proof: bytes | None) -> bytes:
    """Put evidence into the hole of a file, or take it out."""
    place = hole.find(pdf)
    return hole.fill(pdf, place, cms.with_evidence(hole.contents(pdf, place), proof))


def replace_cms(pdf: bytes, built: bytes) -> bytes:
    """Put any bytes as CMS into the hole of a file."""
    return hole.fill(pdf, hole.find(pdf), built)


def parts_of(pdf: bytes) -> cms.CmsParts:
    """Return the CMS parts of a file."""
    return cms.parse(hole.contents(pdf, hole.find(pdf)))


def ed25519(name: str) -> Ed25519PrivateKey:
    """Return the Ed25519 test key of this name."""
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def log_key(authority: AuthorityId, registry: RegistryId = REGISTRY) -> LogKey:
    """Return the key of an authority's log."""
    origin = evidence.log_origin(registry, authority)
    return LogKey(origin, ed25519(origin).public_key().public_bytes_raw())


def witness_key(name: str) -> WitnessKey:
    """Return a witness's key."""
    return WitnessKey(name, ed25519(name).public_key().public_bytes_raw())


def make_evidence(
    leaves: Sequence[Leaf],
    authority: AuthorityId = AUTHORITY,
    *,
    registry: RegistryId = REGISTRY,
    witnesses: Sequence[str] = WITNESSES,
    **changes: object,
) -> tuple[bytes, ...]:
    """Anchor leaves in one batch, with two strangers in it; `changes` go into the batch record."""
    others = [Leaf(sha256(b"stranger %d" % n).digest()) for n in range(2)]
    rows = tuple(
        ManifestRow(LeafKind.HOLDER_CERTIFICATE, leaf, StatusIndex(place))
        for place, leaf in enumerate((*leaves, *others))
    )
    batch = Tree([row.leaf for row in rows])
    made = Manifest(registry, authority, batch.size, batch.root, rows)
    record = BatchRecord(
        registry=registry,
        authority=authority,
        chain_id=CHAIN,
        contract=CONTRACT,
        root=batch.root,
        size=batch.size,
        manifest=manifest.digest(manifest.encode(made)),
        sequence=7,
        block_number=1_000,
        block_hash=BlockHash(sha256(b"block").digest()),
        block_time=SIGNED_AT + timedelta(seconds=30),
    )
    record = replace(record, **changes)  # type: ignore[arg-type]
    entries = [sha256(b"older batch").digest(), evidence.log_leaf(record)]
    log = Tree(entries)
    key = log_key(authority, registry)
    said = Checkpoint(evidence.log_origin(registry, authority), log.size, log.root)
    signed = checkpoint.sign(said, key, ed25519(key.name).sign)
    lines = [
        checkpoint.cosign(said, witness_key(name), record.block_time, ed25519(name).sign)
        for name in witnesses
    ]
    note = checkpoint.encode(checkpoint.with_cosignatures(signed, lines))
    return tuple(
        evidence.encode(WitnessEvidence(place, batch.path(place), record, 1, log.path(1), note))
        for place in range(len(leaves))
    )


def side_row(index: int, word: StatusWord, effective_from: date, **changes: object) -> SideRow:
    """Return one event of the side list."""
    row = SideRow(
        index=StatusIndex(index),
        word=word,
        effective_from=effective_from,
        until=None,
        decided_at=SIGNED_AT,
        document_no="示例罚字〔2026〕1号",
        ground="示例",
        successor=Leaf(bytes(32)) if word is StatusWord.SUPERSEDED else None,
    )
    return replace(row, **changes)  # type: ignore[arg-type]


@cache
def _pki(seed: str) -> TestPki:
    """Make the keys once for all tests of a process: they are what takes time."""
    return create_test_pki(
        list(NAMES.items()),
        now=SIGNED_AT - timedelta(days=1),
        entropy=SeededEntropy(seed),
        ca_bits=2048,
        base_url="http://127.0.0.1:9/pki",
        entitlements={code: make_entitlement(code, TYPES, INDUSTRIES) for code in NAMES},
    )


@cache
def _press() -> Press:
    return Press(verify_base=VERIFY_BASE)


def make_bundle(pki: TestPki) -> TrustBundle:
    """Return the trust bundle of a world."""
    return TrustBundle(
        version=1,
        environment=Environment.TEST,
        issued_at=SIGNED_AT - timedelta(hours=1),
        roots=(Root("示例根", pki.root.certificate),),
        policies=(oids.POLICY_LICENCE_SIGNING,),
        tsa_roots=(
            TsaRoot("示例根", pki.root.certificate, (oids.POLICY_TSA_TEST,), test_only=True),
        ),
        withdrawn=(),
        registries=(
            Registry(
                id=REGISTRY,
                contracts=(
                    Contract(
                        CHAIN,
                        CONTRACT,
                        Digest(sha256(b"code").digest()),
                        from_block=1,
                        test_chain=True,
                    ),
                ),
                witnesses=tuple(
                    Witness(name, witness_key(name).public, from_block=0) for name in WITNESSES
                ),
                witness_threshold=2,
            ),
        ),
        authorities=tuple(_authority(pki, code, name) for code, name in NAMES.items()),
    )


def _authority(pki: TestPki, code: AuthorityId, name: str) -> Authority:
    key = log_key(code)
    return Authority(
        id=code,
        name=name,
        licence_types=("safety-production",),
        industries=("FM", "WH"),
        regions=("21",),
        valid_from=date(2020, 1, 1),
        valid_to=None,
        accounts=(Address(sha256(code.encode()).digest()[:20]),),
        log_key=TrustedLogKey(key.name, key.public),
        status_keys=(KEY,),
        qr_keys=(),
        holder_ca=pki.holder_ca.certificate,
        list_base_uri=BASE_URI,
        shards=1,
    )


def make_world(seed: str = "world") -> World:
    """Return a world; worlds of one seed share their keys, another seed is a stranger's PKI."""
    pki = _pki(seed)
    return World(
        pki=pki,
        clock=FakeClock(SIGNED_AT),
        entropy=SeededEntropy(f"{seed} tokens"),
        press=_press(),
        bundle=make_bundle(pki),
    )

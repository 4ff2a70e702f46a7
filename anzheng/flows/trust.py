"""The trust bundle: what verifiers shall believe about this installation, made from its estate."""

import ssl
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from anchor.status_lists import ListOffice
from anchor.trust_repository import TrustRepository
from anchor.trust_roles import TrustKeys
from anzheng import keyring as keyrings
from anzheng.estate import AuthorityEntry, Estate
from anzheng.files import write_durably
from anzheng.flows.publish import ListKey
from anzheng.keyfiles import KeyKind
from anzheng.keyring import KeyRing
from anzheng.settings import Settings
from anzheng.timestamping import tsa_roots
from licence.errors import AnzhengError, Code
from licence.formats import es256, oids, trust_bundle
from licence.formats.evidence import log_origin
from licence.formats.fields import whole_second
from licence.formats.trust_types import (
    Authority,
    Contract,
    LogKey,
    Registry,
    Root,
    StatusKey,
    TrustBundle,
    Witness,
)
from verifier.trust import ROOT_FILE, load_trust

SHARDS = 1

ROOT_KEYS = ("tuf-root-1", "tuf-root-2", "tuf-root-3")
TARGETS_KEYS = ("tuf-targets-1", "tuf-targets-2")
ONLINE_KEY = "tuf-online"


def make_bundle(
    settings: Settings, estate: Estate, ring: KeyRing, *, version: int, now: datetime
) -> TrustBundle:
    """Return the bundle of an installation.

    Args:
        settings: Environment, addresses and the timestamp authority.
        estate: Registry, contract, witnesses, authorities.
        ring: Certificates and public keys.
        version: Higher than that of any bundle before.
        now: When it is issued.
    """
    return TrustBundle(
        version=version,
        environment=settings.environment,
        issued_at=whole_second(now),
        roots=(Root("root", ring.certificate("root")),),
        policies=(oids.POLICY_LICENCE_SIGNING,),
        tsa_roots=tsa_roots(settings, ring),
        withdrawn=(),
        registries=(_registry(estate),),
        authorities=tuple(
            _authority(settings, estate, entry, ring, now) for entry in estate.authorities
        ),
    )


def begin(
    settings: Settings, estate: Estate, ring: KeyRing, folder: Path, *, now: datetime
) -> None:
    """Begin the trust repository with keys of its own and the first bundle in it.

    Raises:
        AnzhengError: CONFLICT when there is one already.
    """
    for name in (*ROOT_KEYS, *TARGETS_KEYS, ONLINE_KEY):
        ring.make(name, KeyKind.ED25519)
    repository = TrustRepository.create(folder, trust_keys(ring), now=now)
    bundle = make_bundle(settings, estate, ring, version=1, now=now)
    repository.publish_bundle(trust_bundle.encode(bundle), now=now)
    export_root(ring, folder)


def repository(ring: KeyRing, folder: Path) -> TrustRepository:
    """Open the trust repository for publishing lists; the offline keys stay where they are."""
    return TrustRepository(folder, TrustKeys((), (), _ed25519(ring, ONLINE_KEY)))


def trust_keys(ring: KeyRing) -> TrustKeys:
    """Return all keys of the repository; in earnest those of root and targets are offline."""
    return TrustKeys(
        root=tuple(_ed25519(ring, name) for name in ROOT_KEYS),
        targets=tuple(_ed25519(ring, name) for name in TARGETS_KEYS),
        online=_ed25519(ring, ONLINE_KEY),
    )


def list_offices(settings: Settings, estate: Estate, ring: KeyRing) -> tuple[ListOffice, ...]:
    """Return whose lists are published, with their keys."""
    return tuple(
        ListOffice(
            estate.registry,
            entry.id,
            list_base_uri(settings),
            SHARDS,
            ListKey(ring.open(keyrings.status_key(entry.id))),
        )
        for entry in estate.authorities
    )


def copy_trust(source: Path, target: Path, *, now: datetime) -> None:
    """Copy what an offline verifier reads: the present state alone, the deciding file last.

    Raises:
        AnzhengError: NOT_FOUND when there is nothing to copy, STORE_FAILED, or what `load_trust`
            says of the folder.
    """
    if not (source / "metadata" / "timestamp.json").is_file():
        raise AnzhengError(Code.NOT_FOUND, f"{source} is no trust folder")
    try:
        for name in load_trust(source, now=now).files:
            write_durably(target / name, (source / name).read_bytes())
    except OSError as exc:
        raise AnzhengError(Code.STORE_FAILED, f"{target} cannot be written") from exc


def export_root(ring: KeyRing, folder: Path) -> None:
    """Write the root certificate as PEM beside the repository, for other people's tools."""
    pem = ssl.DER_cert_to_PEM_cert(ring.certificate("root"))
    write_durably(folder / ROOT_FILE, pem.encode("ascii"))


def _ed25519(ring: KeyRing, name: str) -> Ed25519PrivateKey:
    private = ring.open(name).private
    if not isinstance(private, Ed25519PrivateKey):
        raise AnzhengError(Code.KEY_REFUSED, f"{name} is no Ed25519 key")
    return private


def list_base_uri(settings: Settings) -> str:
    """Return what the URI of every status list begins with."""
    return f"{settings.public_url}/v1/status-lists"


def _registry(estate: Estate) -> Registry:
    contract = Contract(
        chain_id=estate.chain_id,
        address=estate.contract,
        code_hash=estate.code_hash,
        from_block=estate.from_block,
        test_chain=estate.test_chain,
    )
    witnesses = tuple(
        Witness(each.name, each.public_key, estate.from_block) for each in estate.witnesses
    )
    return Registry(estate.registry, (contract,), witnesses, estate.witness_threshold)


def _authority(
    settings: Settings, estate: Estate, entry: AuthorityEntry, ring: KeyRing, now: datetime
) -> Authority:
    status = ring.open(keyrings.status_key(entry.id)).public_der
    return Authority(
        id=entry.id,
        name=entry.name,
        licence_types=entry.licence_types,
        industries=entry.industries,
        regions=entry.regions,
        valid_from=entry.valid_from,
        valid_to=None,
        accounts=(entry.anchor_account,),
        log_key=LogKey(
            log_origin(estate.registry, entry.id),
            ring.open(keyrings.log_key(entry.id)).public_raw,
        ),
        status_keys=(StatusKey(es256.key_id(status), status, valid_from=whole_second(now)),),
        qr_keys=(),
        holder_ca=ring.certificate("holder-ca"),
        list_base_uri=list_base_uri(settings),
        shards=SHARDS,
    )

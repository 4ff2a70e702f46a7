"""The trust bundle: what verifiers shall believe about this installation, made from its estate."""

import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from anchor.list_ports import ListOffice
from anchor.trust_repository import TrustRepository
from anchor.trust_roles import TrustKeys
from anzheng import key_book
from anzheng import keyring as keyrings
from anzheng.estate import AuthorityEntry, Estate
from anzheng.files import write_durably
from anzheng.flows.publish import ListKey
from anzheng.key_book import KeyBook, KeyState
from anzheng.keyfiles import Key, KeyKind
from anzheng.keyring import KeyRing
from anzheng.locking import alone
from anzheng.settings import Settings
from anzheng.timestamping import tsa_roots
from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats import es256, oids, trust_bundle
from licence.formats.ceremony import Purpose
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
    Withdrawn,
    Witness,
)
from signer.certificates import is_test_certificate
from verifier.trust import ROOT_FILE, load_trust

ROOT_KEYS = ("tuf-root-1", "tuf-root-2", "tuf-root-3")
TARGETS_KEYS = ("tuf-targets-1", "tuf-targets-2")
ONLINE_KEY = "tuf-online"
LISTS_PATH = "/v1/status-lists"
"""Behind public_url."""
PUBLISH_LOCK = "publish.lock"
"""In the data folder: one process at a time writes the repository."""


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

    Raises:
        AnzhengError: SETTINGS_UNSAFE, for a root of a test PKI in production; KEY_URI.
    """
    book = key_book.read(settings.data_dir, [each.id for each in estate.authorities], ring)
    roots = _roots(book, ring)
    in_earnest = settings.environment is Environment.PRODUCTION
    if in_earnest and any(is_test_certificate(root.certificate) for root in roots):
        raise AnzhengError(Code.SETTINGS_UNSAFE, "a root of a test PKI in a production bundle")
    return TrustBundle(
        version=version,
        environment=settings.environment,
        issued_at=whole_second(now),
        roots=roots,
        policies=(oids.POLICY_LICENCE_SIGNING,),
        tsa_roots=tsa_roots(settings, ring, roots),
        withdrawn=_withdrawn(book, ring),
        registries=(registry_of(estate),),
        authorities=tuple(
            _authority(settings, estate, entry, ring, book, now) for entry in estate.authorities
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
    export_root(folder, bundle.roots)


def renew(
    settings: Settings,
    estate: Estate,
    ring: KeyRing,
    folder: Path,
    *,
    now: datetime,
    moved: bool = False,
) -> int | None:
    """Publish the bundle anew where it says something else than before.

    Args:
        settings: As for `make_bundle`.
        estate: As for `make_bundle`.
        ring: As for `make_bundle`, and the keys of targets.
        folder: The trust repository.
        now: The time.
        moved: Whether the lists are to have another address from now on.

    Returns:
        The version that tells verifiers of it all; None where the repository or the keys of
        targets are not here, and the bundle has to be signed elsewhere.

    Raises:
        AnzhengError: CONFLICT when another process publishes; SETTINGS_INVALID as `check_address`;
            what `load_trust` refuses with.
    """
    if not _is_there(folder) or not all(ring.has(name) for name in TARGETS_KEYS):
        return None
    with alone(settings.data_dir / PUBLISH_LOCK, "is publishing the lists"):
        present = load_trust(folder, now=now).bundle
        if not moved:
            _refuse_other_address(settings, present)
        made = make_bundle(settings, estate, ring, version=present.version + 1, now=now)
        made = replace(made, authorities=_with_known_keys(made, present))
        if replace(made, version=present.version, issued_at=present.issued_at) == present:
            return present.version
        targets = tuple(_ed25519(ring, name) for name in TARGETS_KEYS)
        keys = TrustKeys((), targets, _ed25519(ring, ONLINE_KEY))
        TrustRepository(folder, keys).publish_bundle(trust_bundle.encode(made), now=now)
        export_root(folder, made.roots)
        return made.version


def check_address(settings: Settings, folder: Path, *, now: datetime) -> None:
    """Refuse a public_url that is not the one at which verifiers are told to find the lists.

    A list names its own address; one that the trust bundle does not expect, verifiers refuse.

    Args:
        settings: Their public_url is compared.
        folder: The trust repository; where there is none yet, nothing is compared.
        now: The time.

    Raises:
        AnzhengError: SETTINGS_INVALID; what `load_trust` refuses with.
    """
    if _is_there(folder):
        _refuse_other_address(settings, load_trust(folder, now=now).bundle)


def _refuse_other_address(settings: Settings, bundle: TrustBundle) -> None:
    told = sorted({each.list_base_uri for each in bundle.authorities} - {list_base_uri(settings)})
    if told:
        published = told[0].removesuffix(LISTS_PATH)
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            f"public_url is {settings.public_url} here, and trust bundle {bundle.version} tells "
            f"verifiers {published}: they would refuse the lists. Set public_url to {published} "
            "(ANZHENG_PUBLIC_URL), or move the lists: anzheng trust publish --new-address",
            field="public_url",
            here=settings.public_url,
            published=published,
        )


def _is_there(folder: Path) -> bool:
    return (folder / "metadata" / "timestamp.json").is_file()


def _with_known_keys(made: TrustBundle, present: TrustBundle) -> tuple[Authority, ...]:
    """Return the authorities; a status key that was known before is believed from then on."""
    known = {
        (authority.id, key.kid): key
        for authority in present.authorities
        for key in authority.status_keys
    }
    return tuple(
        replace(
            authority,
            status_keys=tuple(
                known.get((authority.id, key.kid), key) for key in authority.status_keys
            ),
        )
        for authority in made.authorities
    )


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
            settings.status_shards,
            ListKey(_once(ring, keyrings.status_key(entry.id))),
        )
        for entry in estate.authorities
    )


def _once(ring: KeyRing, name: str) -> Callable[[], Key]:
    return cache(lambda: ring.open(name))


def copy_trust(source: Path, target: Path, *, now: datetime) -> None:
    """Copy what an offline verifier reads: the present state alone, the deciding file last.

    Raises:
        AnzhengError: NOT_FOUND when there is nothing to copy, STORE_FAILED, or what `load_trust`
            says of the folder.
    """
    if not _is_there(source):
        raise AnzhengError(Code.NOT_FOUND, f"{source} is no trust folder")
    try:
        for name in load_trust(source, now=now).files:
            write_durably(target / name, (source / name).read_bytes())
    except OSError as exc:
        raise AnzhengError(Code.STORE_FAILED, f"{target} cannot be written") from exc


def export_root(folder: Path, roots: Sequence[Root]) -> None:
    """Write the newest root that is believed as PEM beside the repository, for other tools."""
    believed = [each for each in roots if each.distrust_from is None]
    if not believed:
        (folder / ROOT_FILE).unlink(missing_ok=True)
        return
    pem = ssl.DER_cert_to_PEM_cert(believed[-1].certificate)
    write_durably(folder / ROOT_FILE, pem.encode("ascii"))


def _ed25519(ring: KeyRing, name: str) -> Ed25519PrivateKey:
    private = ring.open(name).private
    if not isinstance(private, Ed25519PrivateKey):
        raise AnzhengError(Code.KEY_REFUSED, f"{name} is no Ed25519 key")
    return private


def list_base_uri(settings: Settings) -> str:
    """Return what the URI of every status list begins with."""
    return f"{settings.public_url}{LISTS_PATH}"


def registry_of(estate: Estate) -> Registry:
    """Return the registry of an installation as verifiers shall believe it."""
    contracts = tuple(
        Contract(
            chain_id=estate.chain_id,
            address=each.address,
            code_hash=each.code_hash,
            from_block=each.from_block,
            frozen_at=each.frozen_at,
            test_chain=estate.test_chain,
        )
        for each in estate.contracts
    )
    witnesses = tuple(
        Witness(
            each.name,
            each.public_key,
            estate.first_block if each.from_block is None else each.from_block,
            each.to_block,
        )
        for each in estate.witnesses
    )
    return Registry(
        estate.registry, contracts, witnesses, estate.witness_threshold, estate.validators
    )


def _roots(book: KeyBook, ring: KeyRing) -> tuple[Root, ...]:
    """Return all roots, a closed one too: what it stood above before stays judgeable."""
    return tuple(
        Root(key.name, ring.certificate(key.name), key.distrust_from)
        for key in book.of(Purpose.ROOT)
    )


def _withdrawn(book: KeyBook, ring: KeyRing) -> tuple[Withdrawn, ...]:
    """Return the certificates of leaked keys; roots say it themselves, QR keys have none."""
    return tuple(
        Withdrawn(key_book.digest_of(ring.certificate(key.name)), key.distrust_from)
        for key in book.keys
        if key.distrust_from is not None and key.purpose not in {Purpose.ROOT, Purpose.QR}
    )


def _qr_keys(entry: AuthorityEntry, book: KeyBook, ring: KeyRing) -> tuple[StatusKey, ...]:
    """Return the QR keys, each with its time; a leaked one ends when it leaked."""
    return tuple(
        StatusKey(
            es256.key_id(ring.public_der(key.name)),
            ring.public_der(key.name),
            key.signs_from,
            _qr_end(key),
        )
        for key in book.of(Purpose.QR, entry.id)
    )


def _qr_end(key: KeyState) -> datetime | None:
    """Return when a key ended: closed, it signs no more; that it leaked later adds no day."""
    ends = [each for each in (key.closed_at, key.distrust_from) if each is not None]
    return max(key.signs_from, min(ends)) if ends else None


def _authority(
    settings: Settings,
    estate: Estate,
    entry: AuthorityEntry,
    ring: KeyRing,
    book: KeyBook,
    now: datetime,
) -> Authority:
    status = ring.public_der(keyrings.status_key(entry.id))
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
            ring.public_raw(keyrings.log_key(entry.id)),
        ),
        status_keys=(StatusKey(es256.key_id(status), status, valid_from=whole_second(now)),),
        qr_keys=_qr_keys(entry, book, ring),
        holder_ca=ring.certificate(book.of(Purpose.HOLDER_CA)[-1].name),
        list_base_uri=list_base_uri(settings),
        shards=settings.status_shards,
    )

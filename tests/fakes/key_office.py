"""An installation's keys in a folder, as the flows of ceremonies see them; no chain behind it.

Registry, logs, witnesses and status keys are those of `tests.builders`, so that what its world
signs and anchors can be judged by the trust folder that the ceremonies publish.
"""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from anzheng import estate as estates
from anzheng import keyfiles
from anzheng import keyring as keyrings
from anzheng.estate import AuthorityEntry, Estate, Officer, WitnessEntry
from anzheng.flows import trust as trusting
from anzheng.flows.key_ceremony import Attendance
from anzheng.flows.key_making import KeyOffice
from anzheng.keyfiles import Key, KeyKind
from anzheng.keyring import KeyRing
from anzheng.settings import load
from licence.ids import Address, AuthorityId, Digest, OfficerId
from licence.ports import Clock, Entropy
from signer.certificate_register import CertificateRegister
from tests.builders import (
    AUTHORITY,
    CHAIN,
    CONTRACT,
    INDUSTRIES,
    NAMES,
    REGISTRY,
    SIGNED_AT,
    TYPES,
    WITNESSES,
    World,
    ed25519,
    log_key,
    witness_key,
)
from tests.fakes.entropy import SeededEntropy
from tests.fakes.status_keys import PRIVATE

PASSWORD = b"a password"
PLACE = "一号机房(示例)"


def officer(authority: AuthorityId, number: int) -> tuple[OfficerId, Key]:
    """Return an officer whose key follows from the name."""
    name = OfficerId(f"{authority}-{number}")
    secret = int.from_bytes(sha256(name.encode()).digest()[:31], "big")
    return name, Key(KeyKind.ES256, ec.derive_private_key(secret, ec.SECP256R1()))


def present(*numbers: int, authority: AuthorityId = AUTHORITY, place: str = PLACE) -> Attendance:
    """Return officers of an authority who hold a ceremony."""
    return Attendance(dict(officer(authority, number) for number in numbers or (1, 2)), place)


def make_key_office(folder: Path, world: World, *, entropy: Entropy | None = None) -> KeyOffice:
    """Return the key office of a world, its trust repository begun."""
    values = load(data_dir=folder, registry=REGISTRY, key_password=PASSWORD.decode())
    ring = keyrings.open_keyring(values, SeededEntropy("ring"))
    _keep(ring, world)
    estate = _estate(world)
    estates.save(estate, folder)
    office = KeyOffice(
        settings=values,
        estate=estate,
        ring=ring,
        register=_register(folder, world),
        clock=world.clock,
        entropy=entropy or SeededEntropy("office"),
    )
    if not (folder / "trust").exists():
        trusting.begin(values, estate, ring, folder / "trust", now=world.clock.now())
    return office


def again(office: KeyOffice, clock: Clock | None = None) -> KeyOffice:
    """Return what a new process sees of the same folder."""
    ring = keyrings.open_keyring(office.settings, SeededEntropy("ring"))
    return replace(office, ring=ring, clock=clock or office.clock)


def _register(folder: Path, world: World) -> CertificateRegister:
    register = CertificateRegister(folder / "certificates.sqlite3")
    pki = world.pki
    for certificate in (
        pki.root.certificate,
        pki.issuing.certificate,
        pki.holder_ca.certificate,
        pki.tsa_key.certificate,
        *(key.certificate for key in pki.signer_keys.values()),
    ):
        register.record(certificate, now=world.clock.now())
    return register


def _keep(ring: KeyRing, world: World) -> None:
    if ring.has("root"):
        return
    pki = world.pki
    certificates = {
        "root": pki.root.certificate,
        "issuing": pki.issuing.certificate,
        "holder-ca": pki.holder_ca.certificate,
        "tsa": pki.tsa_key.certificate,
    }
    for authority, key in pki.signer_keys.items():
        certificates[keyrings.signer_key(authority)] = key.certificate
    for name, certificate in certificates.items():
        ring.keep_rsa(name, pki.private_keys[name], certificate)
    for authority in NAMES:
        status, log = keyrings.status_key(authority), keyrings.log_key(authority)
        _save(ring, status, Key(KeyKind.ES256, PRIVATE))
        _save(ring, log, Key(KeyKind.ED25519, ed25519(log_key(authority).name)))
        for number in (1, 2, 3):
            name, private = officer(authority, number)
            _save(ring, keyrings.officer_key(name), private)


def _save(ring: KeyRing, name: str, key: Key) -> None:
    keyfiles.save(key, ring.folder / f"{name}.pem", ring.secret)


def _estate(world: World) -> Estate:
    return Estate(
        registry=REGISTRY,
        chain_id=CHAIN,
        contract=CONTRACT,
        code_hash=Digest(sha256(b"code").digest()),
        from_block=0,
        test_chain=True,
        witnesses=tuple(WitnessEntry(name, witness_key(name).public) for name in WITNESSES),
        witness_threshold=len(WITNESSES),
        authorities=tuple(_entry(world, authority) for authority in NAMES),
    )


def _entry(world: World, authority: AuthorityId) -> AuthorityEntry:
    known = world.bundle.authority(authority)
    assert known is not None
    (account,) = known.accounts
    return AuthorityEntry(
        id=authority,
        name=NAMES[authority],
        industries=INDUSTRIES,
        valid_from=date(SIGNED_AT.year - 10, 1, 1),
        anchor_account=account,
        propose_account=Address(account[::-1]),
        confirm_account=Address(bytes(20)),
        officers=tuple(
            Officer(name, key.public_der)
            for name, key in (officer(authority, number) for number in (1, 2, 3))
        ),
        licence_types=TYPES,
    )

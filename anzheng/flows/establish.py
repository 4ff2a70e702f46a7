"""Sets up throw-away authorities 示例: keys, certificates, chain accounts, witnesses, the contract.

For a trial and the demo. A real authority brings keys from its HSM and accounts that the registry's
administrator has entered; a production setting refuses everything that is made here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from anchor.chain.account import address_of_key
from anchor.chain.admin import Administrator
from anchor.chain.artifact import Artifact
from anchor.chain.evm import Contract, EvmChain
from anchor.chain.fees import FeePolicy
from anchor.chain.rpc import Rpc
from anchor.ports import Right
from anzheng import keyring as keyrings
from anzheng.estate import SAFETY_PRODUCTION, AuthorityEntry, Estate, Officer, WitnessEntry
from anzheng.keyfiles import KeyKind
from anzheng.keyring import KeyRing
from licence.formats.entitlement import Entitlement, make_entitlement
from licence.ids import Address, AuthorityId, ChainId, OfficerId, RegistryId
from licence.ports import Clock, Entropy
from signer.certificate_register import CertificateRegister
from signer.test_pki import TestPki, create_test_pki

WITNESSES = ("audit.example", "press.example")
"""Two witnesses 示例; in earnest another agency and an industry body run them."""

OFFICERS_EACH = 2
ADMIN_KEY = "chain-admin"
ADMIN_DELAY_SECONDS = 2 * 24 * 3600
DAILY_CAP = 100
"""Final changes of status that the contract allows an authority in a day."""

ROLES = (
    ("anchor", Right.ANCHOR),
    ("propose", Right.PROPOSE | Right.PAUSE),
    ("confirm", Right.CONFIRM),
)


@dataclass(frozen=True, slots=True)
class AuthoritySpec:
    """An authority that is to be set up."""

    id: AuthorityId
    name: str
    industries: tuple[str, ...]
    licence_types: tuple[str, ...] = (SAFETY_PRODUCTION,)
    regions: tuple[str, ...] = ()

    @property
    def entitlement(self) -> Entitlement:
        """What its licence-signing key may sign."""
        return make_entitlement(self.id, self.licence_types, self.industries, self.regions)


class TrialChain(Protocol):
    """A chain on which throw-away authorities get accounts: anvil, or one where gas is free."""

    @property
    def node(self) -> Rpc:
        """Its node."""
        ...

    def fund(self, account: Address) -> None:
        """See to it that an account can pay."""
        ...


@dataclass(frozen=True, slots=True)
class FreeChain:
    """A chain on which nobody has to pay; conforms to `TrialChain`."""

    node: Rpc

    def fund(self, account: Address) -> None:
        """Have nothing to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where authorities are set up.

    Args:
        registry: Registry of their licences.
        chain_id: EIP-155 id of the chain.
        public_url: Where certificates and lists will be published.
        fees: How much a transaction may cost.
    """

    registry: RegistryId
    chain_id: ChainId
    public_url: str
    fees: FeePolicy | None = None


def establish(
    place: Place,
    specs: Sequence[AuthoritySpec],
    *,
    ring: KeyRing,
    register: CertificateRegister,
    devnet: TrialChain,
    artifact: Artifact,
    clock: Clock,
    entropy: Entropy,
) -> Estate:
    """Make everything that the authorities need, and deploy the contract on the trial chain.

    Raises:
        AnzhengError: CONFLICT when keys of these names are there already, CHAIN_UNAVAILABLE,
            CHAIN_REVERTED.
    """
    now = clock.now()
    pki = create_test_pki(
        [(spec.id, spec.name) for spec in specs],
        now=now,
        entropy=entropy,
        base_url=f"{place.public_url}/pki",
        entitlements={spec.id: spec.entitlement for spec in specs},
    )
    _keep_pki(pki, ring, register, clock)
    entries = tuple(_authority(spec, ring, now.date()) for spec in specs)
    witnesses = tuple(
        WitnessEntry(name, ring.make(keyrings.witness_key(name), KeyKind.ED25519).public_raw)
        for name in WITNESSES
    )
    contract = _deploy(place, entries, ring, devnet, artifact)
    return Estate(
        registry=place.registry,
        chain_id=place.chain_id,
        contract=contract.address,
        code_hash=artifact.code_hash,
        from_block=contract.from_block,
        test_chain=True,
        witnesses=witnesses,
        witness_threshold=len(witnesses),
        authorities=entries,
        genesis=EvmChain(devnet.node, contract, artifact).genesis(),
    )


def _keep_pki(pki: TestPki, ring: KeyRing, register: CertificateRegister, clock: Clock) -> None:
    certificates = {
        "root": pki.root.certificate,
        "issuing": pki.issuing.certificate,
        "holder-ca": pki.holder_ca.certificate,
        "tsa": pki.tsa_key.certificate,
    }
    for authority, key in pki.signer_keys.items():
        certificates[keyrings.signer_key(authority)] = key.certificate
    for name, certificate in certificates.items():
        register.record(certificate, now=clock.now())
        ring.keep_rsa(name, pki.private_keys[name], certificate)


def _authority(spec: AuthoritySpec, ring: KeyRing, today: date) -> AuthorityEntry:
    ring.make(keyrings.status_key(spec.id), KeyKind.ES256)
    ring.make(keyrings.log_key(spec.id), KeyKind.ED25519)
    # An Ed25519 key file only as a safe place for 32 secret bytes.
    ring.make(keyrings.manifest_key(spec.id), KeyKind.ED25519)
    anchor, propose, confirm = (
        address_of_key(ring.make(keyrings.account_key(spec.id, role), KeyKind.SECP256K1).secret)
        for role, _right in ROLES
    )
    return AuthorityEntry(
        id=spec.id,
        name=spec.name,
        industries=spec.industries,
        valid_from=date(today.year - 20, 1, 1),
        anchor_account=anchor,
        propose_account=propose,
        confirm_account=confirm,
        officers=tuple(_officer(spec.id, number, ring) for number in range(1, OFFICERS_EACH + 1)),
        licence_types=spec.licence_types,
        regions=spec.regions,
    )


def _officer(authority: AuthorityId, number: int, ring: KeyRing) -> Officer:
    officer = OfficerId(f"{authority}-{number}")
    key = ring.make(keyrings.officer_key(officer), KeyKind.ES256)
    return Officer(officer, key.public_der)


def _deploy(
    place: Place,
    entries: Sequence[AuthorityEntry],
    ring: KeyRing,
    devnet: TrialChain,
    artifact: Artifact,
) -> Contract:
    secret = ring.make(ADMIN_KEY, KeyKind.SECP256K1).secret
    admin = Administrator(devnet.node, place.chain_id, secret, place.fees)
    devnet.fund(admin.address)
    contract = admin.deploy(artifact, admin_delay_seconds=ADMIN_DELAY_SECONDS)
    for entry in entries:
        admin.register_authority(contract.address, entry.id, daily_cap=DAILY_CAP)
        accounts = (entry.anchor_account, entry.propose_account, entry.confirm_account)
        for account, (_role, rights) in zip(accounts, ROLES, strict=True):
            devnet.fund(account)
            admin.set_account(contract.address, entry.id, account, rights)
    return contract

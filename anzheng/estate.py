"""What an installation serves: registry, contract, witnesses, authorities; public facts only.

Kept as `estate.json` in the data folder, written when authorities are set up. Keys lie beside it
(`keyring`); nothing here is secret, and the trust bundle is made from it.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from anzheng.files import write_durably
from licence.errors import AnzhengError, Code
from licence.formats import canonical, trust_bundle
from licence.formats.canonical import JsonValue
from licence.formats.checkpoint import WitnessKey
from licence.formats.entitlement import Entitlement, make_entitlement
from licence.formats.fields import Fields
from licence.formats.officers import PinnedOfficer
from licence.formats.trust_types import ValidatorSet
from licence.formats.trust_values import validators_value
from licence.ids import Address, AuthorityId, BlockHash, ChainId, Digest, OfficerId, RegistryId

SCHEMA = "anzheng-estate/v1"
FILE_NAME = "estate.json"
MAX_BYTES = 4 * 1024 * 1024
MAX_AUTHORITIES = 1_000
MAX_OFFICERS = 100
MAX_WITNESSES = 16
MAX_CONTRACTS = 64
MAX_KEY_BYTES = 512
MAX_TYPES = 20
MAX_REGIONS = 200
SAFETY_PRODUCTION = "safety-production"
_INDUSTRY = re.compile("[A-Z]{2}")
_TYPE = re.compile("[a-z](?:[a-z-]{0,62}[a-z])?")
_REGION = re.compile("[0-9]{2,6}")


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer and the public key (DER) that the signer and the confirmer pin."""

    id: OfficerId
    public_key: bytes


@dataclass(frozen=True, slots=True)
class AuthorityEntry:
    """An issuing authority with its chain accounts and officers.

    Attributes:
        id: Its code.
        name: Its name, as on the licence.
        industries: Licence categories that it may issue.
        valid_from: First day on which it may issue.
        anchor_account: Anchors for it.
        propose_account: Writes and proposes status for it.
        confirm_account: Confirms final status for it.
        officers: Who releases, decides and holds ceremonies.
        licence_types: Licence types that it may issue.
        regions: Prefixes of region codes for which it may issue; empty means no limit.
        deputy: The authority whose accounts these are, if it acts in this one's name 委托.
    """

    id: AuthorityId
    name: str
    industries: tuple[str, ...]
    valid_from: date
    anchor_account: Address
    propose_account: Address
    confirm_account: Address
    officers: tuple[Officer, ...]
    licence_types: tuple[str, ...] = (SAFETY_PRODUCTION,)
    regions: tuple[str, ...] = ()
    deputy: AuthorityId | None = None

    @property
    def home(self) -> AuthorityId:
        """The authority to which the contract counts the accounts."""
        return self.deputy or self.id

    @property
    def pinned_officers(self) -> tuple[PinnedOfficer, ...]:
        """Its officers as those believe them who check what they sign."""
        return tuple(PinnedOfficer(each.id, self.id, each.public_key) for each in self.officers)

    @property
    def entitlement(self) -> Entitlement:
        """What a licence-signing key of this authority may sign."""
        return make_entitlement(self.id, self.licence_types, self.industries, self.regions)


@dataclass(frozen=True, slots=True)
class WitnessEntry:
    """A witness and its Ed25519 key.

    Attributes:
        name: As in its verifier key.
        public_key: 32 bytes.
        from_block: First block about which it is believed; that of the contract unless given.
        to_block: Last one; none while it goes on.
    """

    name: str
    public_key: bytes
    from_block: int | None = None
    to_block: int | None = None

    def is_believed(self, block: int) -> bool:
        """Say whether verifiers believe it about a batch in this block."""
        begun = self.from_block is None or self.from_block <= block
        return begun and (self.to_block is None or block <= self.to_block)


@dataclass(frozen=True, slots=True)
class ContractEntry:
    """A contract of the registry beside the one that takes new batches; on the same chain.

    Attributes:
        address: Its address.
        code_hash: keccak-256 of its code.
        from_block: Block in which it was deployed.
        frozen_at: Last block in which it took anything; none for one that is to take over.
    """

    address: Address
    code_hash: Digest
    from_block: int
    frozen_at: int | None = None


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything that an installation serves.

    `contract`, `code_hash` and `from_block` are those of the contract that takes new batches;
    `former` were frozen, the oldest first; `heir` is deployed and has not taken over yet.
    """

    registry: RegistryId
    chain_id: ChainId
    contract: Address
    code_hash: Digest
    from_block: int
    test_chain: bool
    witnesses: tuple[WitnessEntry, ...]
    witness_threshold: int
    authorities: tuple[AuthorityEntry, ...]
    genesis: BlockHash | None = None
    validators: tuple[ValidatorSet, ...] = ()
    former: tuple[ContractEntry, ...] = ()
    heir: ContractEntry | None = None

    @property
    def present(self) -> ContractEntry:
        """The contract that takes new batches."""
        return ContractEntry(self.contract, self.code_hash, self.from_block)

    @property
    def contracts(self) -> tuple[ContractEntry, ...]:
        """All contracts of the registry, the oldest first."""
        heirs = () if self.heir is None else (self.heir,)
        return (*self.former, self.present, *heirs)

    @property
    def first_block(self) -> int:
        """The block in which the oldest contract was deployed."""
        return min(each.from_block for each in self.contracts)

    def authority(self, authority: AuthorityId) -> AuthorityEntry:
        """Return the entry of an authority.

        Raises:
            AnzhengError: NOT_FOUND.
        """
        for entry in self.authorities:
            if entry.id == authority:
                return entry
        raise AnzhengError(Code.NOT_FOUND, f"this installation does not serve {authority}")

    def believes(self, key: WitnessKey, block: int) -> bool:
        """Say whether verifiers believe a witness about a batch in this block."""
        return any(_same(one, key) and one.is_believed(block) for one in self.witnesses)


def _same(entry: WitnessEntry, key: WitnessKey) -> bool:
    return (entry.name, entry.public_key) == (key.name, key.public)


def save(estate: Estate, home: Path) -> None:
    """Write the estate of a data folder."""
    write_durably(home / FILE_NAME, canonical.dumps(_value(estate)))


def load(home: Path) -> Estate:
    """Read the estate of a data folder.

    Raises:
        AnzhengError: SETTINGS_INVALID when nothing was set up there, or the file is broken.
    """
    place = home / FILE_NAME
    if not place.is_file():
        raise AnzhengError(
            Code.SETTINGS_INVALID,
            f"no authority is set up in {home}; run `anzheng authority create` first",
        )
    fields = Fields(
        canonical.loads(place.read_bytes(), max_bytes=MAX_BYTES),
        where="estate",
        code=Code.SETTINGS_INVALID,
    )
    fields.constant("schema", SCHEMA, code=Code.SETTINGS_INVALID)
    estate = Estate(
        registry=RegistryId(fields.text("registry")),
        chain_id=ChainId(fields.integer("chain_id", low=1)),
        contract=Address(fields.hexed("contract", 20)),
        code_hash=Digest(fields.hexed("code_hash", 32)),
        from_block=fields.integer("from_block"),
        test_chain=fields.boolean("test_chain"),
        witnesses=fields.objects("witnesses", _read_witness, max_items=MAX_WITNESSES),
        witness_threshold=fields.integer("witness_threshold", low=1),
        authorities=fields.objects("authorities", _read_authority, max_items=MAX_AUTHORITIES),
        genesis=fields.optional("genesis", lambda key: BlockHash(fields.hexed(key, 32))),
        validators=trust_bundle.read_validators(fields, "validators"),
        former=fields.optional(
            "former", lambda key: fields.objects(key, _read_contract, max_items=MAX_CONTRACTS)
        )
        or (),
        heir=fields.optional("heir", lambda key: _whole(fields.fields(key))),
    )
    fields.end()
    return estate


def _value(estate: Estate) -> JsonValue:
    value: dict[str, JsonValue] = {
        "schema": SCHEMA,
        "registry": estate.registry,
        "chain_id": estate.chain_id,
        "contract": estate.contract.hex(),
        "code_hash": estate.code_hash.hex(),
        "from_block": estate.from_block,
        "test_chain": estate.test_chain,
        "witnesses": [_witness_value(one) for one in estate.witnesses],
        "witness_threshold": estate.witness_threshold,
        "authorities": [_authority_value(entry) for entry in estate.authorities],
    }
    # Absent in an estate.json that was written before it was noted: then nothing is compared.
    if estate.genesis is not None:
        value["genesis"] = estate.genesis.hex()
    if estate.former:
        value["former"] = [_contract_value(one) for one in estate.former]
    if estate.heir is not None:
        value["heir"] = _contract_value(estate.heir)
    if estate.validators:
        value["validators"] = [validators_value(one) for one in estate.validators]
    return value


def _contract_value(entry: ContractEntry) -> JsonValue:
    value: dict[str, JsonValue] = {
        "address": entry.address.hex(),
        "code_hash": entry.code_hash.hex(),
        "from_block": entry.from_block,
    }
    if entry.frozen_at is not None:
        value["frozen_at"] = entry.frozen_at
    return value


def _authority_value(entry: AuthorityEntry) -> JsonValue:
    value: dict[str, JsonValue] = {
        "id": entry.id,
        "name": entry.name,
        "industries": list(entry.industries),
        "valid_from": entry.valid_from.isoformat(),
        "anchor_account": entry.anchor_account.hex(),
        "propose_account": entry.propose_account.hex(),
        "confirm_account": entry.confirm_account.hex(),
        "officers": [
            {"id": officer.id, "public_key": officer.public_key.hex()} for officer in entry.officers
        ],
    }
    # Absent where it says nothing: an older estate.json has neither.
    if entry.licence_types != (SAFETY_PRODUCTION,):
        value["licence_types"] = list(entry.licence_types)
    if entry.regions:
        value["regions"] = list(entry.regions)
    if entry.deputy is not None:
        value["deputy"] = entry.deputy
    return value


def _read_authority(fields: Fields) -> AuthorityEntry:
    return AuthorityEntry(
        id=AuthorityId(fields.text("id")),
        name=fields.text("name"),
        industries=fields.texts("industries", max_items=20, pattern=_INDUSTRY),
        valid_from=fields.day("valid_from"),
        anchor_account=Address(fields.hexed("anchor_account", 20)),
        propose_account=Address(fields.hexed("propose_account", 20)),
        confirm_account=Address(fields.hexed("confirm_account", 20)),
        officers=fields.objects("officers", _read_officer, max_items=MAX_OFFICERS),
        licence_types=fields.optional(
            "licence_types", lambda key: fields.texts(key, max_items=MAX_TYPES, pattern=_TYPE)
        )
        or (SAFETY_PRODUCTION,),
        regions=fields.optional(
            "regions", lambda key: fields.texts(key, max_items=MAX_REGIONS, pattern=_REGION)
        )
        or (),
        deputy=fields.optional("deputy", lambda key: AuthorityId(fields.text(key))),
    )


def _read_contract(fields: Fields) -> ContractEntry:
    return ContractEntry(
        address=Address(fields.hexed("address", 20)),
        code_hash=Digest(fields.hexed("code_hash", 32)),
        from_block=fields.integer("from_block"),
        frozen_at=fields.optional("frozen_at", fields.integer),
    )


def _whole(fields: Fields) -> ContractEntry:
    entry = _read_contract(fields)
    fields.end()
    return entry


def _read_officer(fields: Fields) -> Officer:
    return Officer(OfficerId(fields.text("id")), _hex(fields, "public_key"))


def _witness_value(entry: WitnessEntry) -> JsonValue:
    value: dict[str, JsonValue] = {"name": entry.name, "public_key": entry.public_key.hex()}
    # Absent where they say nothing: an older estate.json has neither.
    if entry.from_block is not None:
        value["from_block"] = entry.from_block
    if entry.to_block is not None:
        value["to_block"] = entry.to_block
    return value


def _read_witness(fields: Fields) -> WitnessEntry:
    return WitnessEntry(
        fields.text("name"),
        fields.hexed("public_key", 32),
        fields.optional("from_block", fields.integer),
        fields.optional("to_block", fields.integer),
    )


def _hex(fields: Fields, key: str) -> bytes:
    text = fields.text(key, max_chars=2 * MAX_KEY_BYTES)
    try:
        return bytes.fromhex(text)
    except ValueError as exc:
        raise AnzhengError(Code.SETTINGS_INVALID, f"estate.{key} is not hexadecimal") from exc

"""The trust bundle: whom and what a verifier believes, as one frozen value and canonical JSON.

It is distributed as a target of a TUF repository, whose signatures protect it; it carries none of
its own. Keys are closed with a date and never deleted, so that what they signed before stays
judgeable.

Standard: DESIGN 3.4; research wallet 5.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from itertools import pairwise
from typing import NoReturn, TypeVar

from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats import canonical, es256
from licence.formats.cbor_fields import is_authority, is_registry
from licence.formats.fields import Fields
from licence.formats.qbft import MAX_VALIDATORS
from licence.formats.trust_types import (
    Authority,
    Contract,
    LogKey,
    Registry,
    Root,
    StatusKey,
    TrustBundle,
    TsaRoot,
    ValidatorSet,
    Withdrawn,
    Witness,
)
from licence.formats.trust_values import SCHEMA, bundle_value
from licence.ids import Address, AuthorityId, ChainId, Digest, RegistryId

__all__ = [
    "MAX_BUNDLE_BYTES",
    "SCHEMA",
    "Authority",
    "Contract",
    "LogKey",
    "Registry",
    "Root",
    "StatusKey",
    "TrustBundle",
    "TsaRoot",
    "ValidatorSet",
    "Withdrawn",
    "Witness",
    "check_validators",
    "decode",
    "encode",
    "read_validators",
]

MAX_BUNDLE_BYTES = 4 * 1024 * 1024
MAX_ROOTS = 100
MAX_REGISTRIES = 100
MAX_CONTRACTS = 50
MAX_WITNESSES = 50
MAX_VALIDATOR_SETS = 1_000
MAX_AUTHORITIES = 5_000
MAX_KEYS = 200
MAX_SHARDS = 4_096
MAX_CERTIFICATE_BYTES = 8 * 1024
MAX_PUBLIC_KEY_BYTES = 1_024

_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,30}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?", re.ASCII)
_REGION = re.compile(r"[0-9]{2,6}", re.ASCII)
_HEX_ADDRESS = re.compile(r"[0-9a-f]{40}", re.ASCII)
_URI = re.compile(r"https?://[!-~]{0,400}[!-.0-~]", re.ASCII)  # no slash at the end
_KEY_NAME = re.compile(r"[!-*,-~]{1,200}", re.ASCII)

C = TypeVar("C", int, date, datetime)


def encode(bundle: TrustBundle) -> bytes:
    """Return the bundle as canonical JSON, read back and compared, so that a bad one never leaves.

    Raises:
        AnzhengError: `TRUST_BUNDLE_REFUSED` if `decode` would refuse it.
    """
    data = canonical.dumps(bundle_value(bundle))
    if decode(data) != bundle:
        raise AnzhengError(Code.TRUST_BUNDLE_REFUSED, "the bundle does not read back as itself")
    return data


def decode(data: bytes) -> TrustBundle:
    """Read a trust bundle.

    Raises:
        AnzhengError: `TOO_LARGE`, `JSON_SYNTAX`, `JSON_NOT_CANONICAL`, `SCHEMA_UNKNOWN`, or
            `TRUST_BUNDLE_REFUSED` for a field that is missing, unknown, twice or out of limits.
    """
    value = canonical.loads(data, max_bytes=MAX_BUNDLE_BYTES)
    fields = Fields(value, where="bundle", code=Code.TRUST_BUNDLE_REFUSED)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    bundle = TrustBundle(
        version=fields.integer("version", low=1),
        environment=fields.choice("environment", Environment),
        issued_at=fields.moment("issued_at"),
        roots=fields.objects("roots", _read_root, max_items=MAX_ROOTS, min_items=1),
        policies=fields.texts("policies", max_items=MAX_KEYS, min_items=1, pattern=_OID),
        tsa_roots=fields.objects("tsa_roots", _read_tsa_root, max_items=MAX_ROOTS, min_items=1),
        withdrawn=fields.objects("withdrawn", _read_withdrawn, max_items=MAX_KEYS),
        registries=fields.objects("registries", _read_registry, max_items=MAX_REGISTRIES),
        authorities=fields.objects("authorities", _read_authority, max_items=MAX_AUTHORITIES),
    )
    fields.end()
    _check_bundle(bundle)
    return bundle


def _check_bundle(bundle: TrustBundle) -> None:
    _once("registries", (one.id for one in bundle.registries))
    _once("authorities", (one.id for one in bundle.authorities))
    _once("roots", (one.certificate for one in bundle.roots))
    _once("tsa_roots", (one.certificate for one in bundle.tsa_roots))
    # One account acts for one authority only: evidence is attributed by account (DESIGN 3.2).
    _once("accounts", (account for one in bundle.authorities for account in one.accounts))
    # Status indexes are counted by registry: two in one contract would share their statuses.
    contracts = (contract for one in bundle.registries for contract in one.contracts)
    _once("contracts", ((one.chain_id, one.address) for one in contracts))
    for registry in bundle.registries:
        _once("witnesses", ((one.name, one.from_block) for one in registry.witnesses))
        _in_order("witnesses", ((one.from_block, one.to_block) for one in registry.witnesses))
        names = {one.name for one in registry.witnesses}
        if not 1 <= registry.witness_threshold <= max(len(names), 1):
            _refuse(f"registry {registry.id}: threshold needs more witnesses than there are")
        check_validators(registry)
    _one_chain(one for registry in bundle.registries for one in registry.validators)
    _in_order("authorities", ((one.valid_from, one.valid_to) for one in bundle.authorities))
    for authority in bundle.authorities:
        for where, keys in (("status_keys", authority.status_keys), ("qr_keys", authority.qr_keys)):
            _once(where, (key.kid for key in keys))
            _in_order(where, ((key.valid_from, key.valid_to) for key in keys))
            if any(key.kid != es256.key_id(key.key) for key in keys):
                _refuse(f"{where}: a key is not the one that its key id names")


def check_validators(registry: Registry) -> None:
    """Refuse sets that leave open who seals a block, or that are of no chain of the registry.

    Raises:
        AnzhengError: TRUST_BUNDLE_REFUSED.
    """
    sets, chains = registry.validators, {one.chain_id for one in registry.contracts}
    _in_order("validators", ((one.from_block, one.to_block) for one in sets))
    if any(one.chain_id not in chains for one in sets):
        _refuse("validators: a chain on which the registry has no contract")
    if any(list(one.addresses) != sorted(set(one.addresses)) for one in sets):
        _refuse("validators: addresses do not ascend")
    if any(not 1 <= len(one.addresses) <= MAX_VALIDATORS for one in sets):
        _refuse("validators: none, or too many")
    places = [(one.chain_id, one.from_block) for one in sets]
    if places != sorted(set(places)):
        _refuse("validators: sets do not ascend by chain and block")
    for one, following in pairwise(sets):
        ends = one.to_block is not None and one.to_block < following.from_block
        if one.chain_id == following.chain_id and not ends:
            _refuse("validators: two sets for one block")
    _one_chain(sets)


def _one_chain(sets: Iterable[ValidatorSet]) -> None:
    """Refuse a validator of two chains: a header does not name its chain, so his seals fit both."""
    chains: dict[Address, ChainId] = {}
    for one in sets:
        if any(chains.setdefault(each, one.chain_id) != one.chain_id for each in one.addresses):
            _refuse("validators: an address seals two chains")


def _once(where: str, values: Iterable[object]) -> None:
    found = list(values)
    if len(set(found)) != len(found):
        _refuse(f"{where}: something stands twice")


def _in_order(where: str, spans: Iterable[tuple[C, C | None]]) -> None:
    if any(last is not None and last < first for first, last in spans):
        _refuse(f"{where}: something ends before it begins")


def _refuse(message: str) -> NoReturn:
    raise AnzhengError(Code.TRUST_BUNDLE_REFUSED, message)


# ---------------------------------------------------------------- reading


def _read_root(fields: Fields) -> Root:
    return Root(
        name=fields.text("name"),
        certificate=fields.base64("certificate", max_bytes=MAX_CERTIFICATE_BYTES),
        distrust_from=fields.optional("distrust_from", fields.moment),
    )


def _read_tsa_root(fields: Fields) -> TsaRoot:
    return TsaRoot(
        name=fields.text("name"),
        certificate=fields.base64("certificate", max_bytes=MAX_CERTIFICATE_BYTES),
        policies=fields.texts("policies", max_items=MAX_KEYS, min_items=1, pattern=_OID),
        test_only=fields.boolean("test_only"),
        distrust_from=fields.optional("distrust_from", fields.moment),
    )


def _read_withdrawn(fields: Fields) -> Withdrawn:
    return Withdrawn(Digest(fields.hexed("sha256", 32)), fields.moment("distrust_from"))


def _read_registry_id(fields: Fields) -> RegistryId:
    registry = fields.text("id")
    if not is_registry(registry):
        _refuse(f"{registry} is no name of a registry")
    return RegistryId(registry)


def _read_authority_id(fields: Fields) -> AuthorityId:
    authority = fields.text("id")
    if not is_authority(authority):
        _refuse(f"{authority} is no code of an authority")
    return AuthorityId(authority)


def _read_registry(fields: Fields) -> Registry:
    return Registry(
        id=_read_registry_id(fields),
        contracts=fields.objects("contracts", _read_contract, max_items=MAX_CONTRACTS, min_items=1),
        witnesses=fields.objects("witnesses", _read_witness, max_items=MAX_WITNESSES),
        witness_threshold=fields.integer("witness_threshold", low=1, high=MAX_WITNESSES),
        validators=read_validators(fields, "validators"),
    )


def read_validators(fields: Fields, key: str) -> tuple[ValidatorSet, ...]:
    """Read validator sets; none where the key is absent.

    Raises:
        AnzhengError: As `fields` was told to.
    """

    def read(found: str) -> tuple[ValidatorSet, ...]:
        return fields.objects(found, _read_set, max_items=MAX_VALIDATOR_SETS, min_items=1)

    return fields.optional(key, read) or ()


def _read_set(fields: Fields) -> ValidatorSet:
    return ValidatorSet(
        chain_id=ChainId(fields.integer("chain_id", low=1)),
        from_block=fields.integer("from_block"),
        to_block=fields.optional("to_block", fields.integer),
        addresses=_addresses(fields, "addresses", max_items=MAX_VALIDATORS, min_items=1),
    )


def _addresses(
    fields: Fields, key: str, *, max_items: int, min_items: int = 0
) -> tuple[Address, ...]:
    texts = fields.texts(key, max_items=max_items, min_items=min_items, pattern=_HEX_ADDRESS)
    return tuple(Address(bytes.fromhex(text)) for text in texts)


def _read_contract(fields: Fields) -> Contract:
    return Contract(
        chain_id=ChainId(fields.integer("chain_id", low=1)),
        address=Address(fields.hexed("address", 20)),
        code_hash=Digest(fields.hexed("code_hash", 32)),
        from_block=fields.integer("from_block"),
        frozen_at=fields.optional("frozen_at", fields.integer),
        test_chain=fields.boolean("test_chain"),
    )


def _read_witness(fields: Fields) -> Witness:
    return Witness(
        name=fields.matching("name", _KEY_NAME),
        key=fields.hexed("key", 32),
        from_block=fields.integer("from_block"),
        to_block=fields.optional("to_block", fields.integer),
    )


def _read_log_key(fields: Fields) -> LogKey:
    log_key = LogKey(name=fields.matching("name", _KEY_NAME), key=fields.hexed("key", 32))
    fields.end()
    return log_key


def _read_status_key(fields: Fields) -> StatusKey:
    return StatusKey(
        kid=fields.hexed("kid", 8),
        key=fields.base64("key", max_bytes=MAX_PUBLIC_KEY_BYTES),
        valid_from=fields.moment("valid_from"),
        valid_to=fields.optional("valid_to", fields.moment),
    )


def _read_authority(fields: Fields) -> Authority:
    return Authority(
        id=_read_authority_id(fields),
        name=fields.text("name"),
        licence_types=fields.texts("licence_types", max_items=MAX_KEYS, pattern=_WORD),
        industries=fields.texts("industries", max_items=MAX_KEYS, pattern=_WORD),
        regions=fields.texts("regions", max_items=MAX_AUTHORITIES, pattern=_REGION),
        valid_from=fields.day("valid_from"),
        valid_to=fields.optional("valid_to", fields.day),
        accounts=_addresses(fields, "accounts", max_items=MAX_KEYS),
        log_key=_read_log_key(fields.fields("log_key")),
        status_keys=fields.objects("status_keys", _read_status_key, max_items=MAX_KEYS),
        qr_keys=fields.objects("qr_keys", _read_status_key, max_items=MAX_KEYS),
        holder_ca=fields.optional(
            "holder_ca", lambda key: fields.base64(key, max_bytes=MAX_CERTIFICATE_BYTES)
        ),
        list_base_uri=fields.matching("list_base_uri", _URI),
        shards=fields.integer("shards", low=1, high=MAX_SHARDS),
    )

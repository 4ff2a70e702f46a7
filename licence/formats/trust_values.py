"""The trust bundle as JSON values; `licence.formats.trust_bundle` reads them and checks the whole.

Standard: DESIGN 3.4.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, TypeVar

from licence.formats.canonical import JsonValue
from licence.formats.fields import base64_text, moment_text
from licence.formats.trust_types import (
    Authority,
    Contract,
    Registry,
    Root,
    StatusKey,
    TrustBundle,
    TsaRoot,
    ValidatorSet,
    Withdrawn,
    Witness,
)

SCHEMA: Final = "anzheng-trust/v1"

T = TypeVar("T")


def _present(**values: JsonValue) -> dict[str, JsonValue]:
    """Return the values that are there; what is absent has no key, never null."""
    return {key: value for key, value in values.items() if value is not None}


def _moment(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment is not None else None


def _each(values: Iterable[T], write: Callable[[T], JsonValue]) -> list[JsonValue]:
    return [write(value) for value in values]


def bundle_value(bundle: TrustBundle) -> JsonValue:
    """Return the JSON of a bundle."""
    return {
        "schema": SCHEMA,
        "version": bundle.version,
        "environment": bundle.environment.value,
        "issued_at": moment_text(bundle.issued_at),
        "roots": _each(bundle.roots, _root_value),
        "policies": list(bundle.policies),
        "tsa_roots": _each(bundle.tsa_roots, _tsa_root_value),
        "withdrawn": _each(bundle.withdrawn, _withdrawn_value),
        "registries": _each(bundle.registries, _registry_value),
        "authorities": _each(bundle.authorities, _authority_value),
    }


def _root_value(root: Root) -> JsonValue:
    return _present(
        name=root.name,
        certificate=base64_text(root.certificate),
        distrust_from=_moment(root.distrust_from),
    )


def _tsa_root_value(root: TsaRoot) -> JsonValue:
    return _present(
        name=root.name,
        certificate=base64_text(root.certificate),
        policies=list(root.policies),
        test_only=root.test_only,
        distrust_from=_moment(root.distrust_from),
    )


def _withdrawn_value(withdrawn: Withdrawn) -> JsonValue:
    return _present(
        sha256=withdrawn.sha256.hex(), distrust_from=moment_text(withdrawn.distrust_from)
    )


def _registry_value(registry: Registry) -> JsonValue:
    return _present(
        id=registry.id,
        contracts=_each(registry.contracts, _contract_value),
        witnesses=_each(registry.witnesses, _witness_value),
        witness_threshold=registry.witness_threshold,
        # Absent where there is none: bundles of before had no such key.
        validators=_each(registry.validators, validators_value) or None,
    )


def validators_value(validators: ValidatorSet) -> JsonValue:
    """Return the JSON of a validator set."""
    return _present(
        chain_id=validators.chain_id,
        from_block=validators.from_block,
        to_block=validators.to_block,
        addresses=[address.hex() for address in validators.addresses],
    )


def _contract_value(contract: Contract) -> JsonValue:
    return _present(
        chain_id=contract.chain_id,
        address=contract.address.hex(),
        code_hash=contract.code_hash.hex(),
        from_block=contract.from_block,
        frozen_at=contract.frozen_at,
        test_chain=contract.test_chain,
    )


def _witness_value(witness: Witness) -> JsonValue:
    return _present(
        name=witness.name,
        key=witness.key.hex(),
        from_block=witness.from_block,
        to_block=witness.to_block,
    )


def _status_key_value(key: StatusKey) -> JsonValue:
    return _present(
        kid=key.kid.hex(),
        key=base64_text(key.key),
        valid_from=moment_text(key.valid_from),
        valid_to=_moment(key.valid_to),
    )


def _authority_value(authority: Authority) -> JsonValue:
    return _present(
        id=authority.id,
        name=authority.name,
        licence_types=list(authority.licence_types),
        industries=list(authority.industries),
        regions=list(authority.regions),
        valid_from=authority.valid_from.isoformat(),
        valid_to=authority.valid_to.isoformat() if authority.valid_to is not None else None,
        accounts=[account.hex() for account in authority.accounts],
        log_key={"name": authority.log_key.name, "key": authority.log_key.key.hex()},
        status_keys=_each(authority.status_keys, _status_key_value),
        qr_keys=_each(authority.qr_keys, _status_key_value),
        holder_ca=base64_text(authority.holder_ca) if authority.holder_ca is not None else None,
        list_base_uri=authority.list_base_uri,
        shards=authority.shards,
    )

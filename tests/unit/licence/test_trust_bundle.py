"""The trust bundle: reads back as itself, refuses whatever is not exactly one."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.trust_bundle import (
    MAX_BUNDLE_BYTES,
    StatusKey,
    TrustBundle,
    ValidatorSet,
    decode,
    encode,
)
from licence.ids import Address, ChainId, Digest, RegistryId
from tests.fakes.refusal import refuses
from tests.fakes.trust_bundles import (
    AUTHORITY,
    ISSUED_AT,
    REGISTRY,
    sample_authority,
    sample_bundle,
    sample_registry,
)

SCHEMA_FILE = (
    Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "trust-bundle.schema.json"
)

SEALERS = tuple(Address(bytes([each]) * 20) for each in range(1, 6))


def sample_validators() -> tuple[ValidatorSet, ...]:
    """A set that was closed and one that is open."""
    chain = ChainId(31337)
    return (
        ValidatorSet(chain, 0, SEALERS[:4], to_block=99),
        ValidatorSet(chain, 100, SEALERS),
    )


def full_bundle() -> TrustBundle:
    """Every optional field is present."""
    bundle = sample_bundle(3)
    registry = sample_registry()
    contract = replace(registry.contracts[0], frozen_at=7)
    authority = replace(bundle.authorities[0], valid_to=date(2030, 1, 1))
    key = replace(authority.status_keys[0], valid_to=ISSUED_AT)
    return replace(
        bundle,
        roots=(replace(bundle.roots[0], distrust_from=ISSUED_AT),),
        tsa_roots=(replace(bundle.tsa_roots[0], distrust_from=ISSUED_AT),),
        registries=(replace(registry, contracts=(contract,), validators=sample_validators()),),
        authorities=(replace(authority, status_keys=(key,), qr_keys=(key,)),),
    )


def test_bundle_reads_back_as_itself() -> None:
    for bundle in (sample_bundle(), full_bundle()):
        assert decode(encode(bundle)) == bundle


def test_schema_accepts_what_encode_writes_and_refuses_an_unknown_field() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for bundle in (sample_bundle(), full_bundle()):
        jsonschema.validate(json.loads(encode(bundle)), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**json.loads(encode(sample_bundle())), "extra": 1}, schema)


Change = Callable[[Any], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.pop("roots"),
        lambda v: v.update(extra=1),
        lambda v: v.update(version=0),
        lambda v: v.update(version=True),
        lambda v: v.update(environment="sandbox"),
        lambda v: v.update(issued_at="2026-11-21T08:00:00+00:00"),
        lambda v: v.update(issued_at="2026-02-30T08:00:00Z"),
        lambda v: v.update(roots=[]),
        lambda v: v.update(roots={}),
        lambda v: v.update(policies=["1.2.x"]),
        lambda v: v.update(policies=["2.25.1", "2.25.1"]),
        lambda v: v.update(policies=[1]),
        lambda v: v["roots"].append(v["roots"][0]),
        lambda v: v["roots"][0].update(certificate="c m9v"),
        lambda v: v["roots"][0].update(certificate="AB=="),
        lambda v: v["roots"][0].update(certificate="A" * 20_000),
        lambda v: v["roots"][0].update(name="line\nbreak"),
        lambda v: v["roots"][0].update(name=""),
        lambda v: v["roots"].append("root"),
        lambda v: v["tsa_roots"][0].update(test_only="yes"),
        lambda v: v["tsa_roots"].append(v["tsa_roots"][0]),
        lambda v: v["withdrawn"][0].update(sha256="88" * 31),
        lambda v: v["withdrawn"][0].update(sha256="AA" * 32),
        lambda v: v["registries"].append(v["registries"][0]),
        lambda v: v["registries"][0].update(id="Upper"),
        lambda v: v["registries"][0].update(witness_threshold=3),
        lambda v: v["registries"][0]["contracts"].append(v["registries"][0]["contracts"][0]),
        lambda v: v["registries"][0]["witnesses"].append(v["registries"][0]["witnesses"][0]),
        lambda v: v["registries"][0]["witnesses"][1].update(to_block=-1),
        lambda v: v["registries"][0]["witnesses"][2].update(to_block=99),
        lambda v: v["authorities"].append(v["authorities"][0]),
        lambda v: v["authorities"][0].update(id="11210000"),
        lambda v: v["authorities"][0].update(valid_from="2026-02-30"),
        lambda v: v["authorities"][0].update(valid_to="2019-12-31"),
        lambda v: v["authorities"][0].update(valid_to=None),
        lambda v: v["authorities"][0].update(shards=0),
        lambda v: v["authorities"][0].update(list_base_uri="ftp://lists"),
        lambda v: v["authorities"][0].update(list_base_uri="http://lists/"),
        lambda v: v["authorities"][0]["log_key"].update(extra=1),
        lambda v: v["authorities"][0]["log_key"].update(name="with+plus"),
        lambda v: v["authorities"][0]["status_keys"][0].update(kid="00" * 8),
        lambda v: v["authorities"][0]["status_keys"][0].update(valid_to="2025-12-31T00:00:00Z"),
        lambda v: v["authorities"][0]["status_keys"].append(v["authorities"][0]["status_keys"][0]),
    ],
)
def test_decode_refuses(change: Change) -> None:
    value = json.loads(encode(sample_bundle()))
    change(value)
    with pytest.raises(AnzhengError) as caught:
        decode(canonical.dumps(value))
    assert caught.value.code is Code.TRUST_BUNDLE_REFUSED


def _sets(value: Any) -> list[Any]:  # noqa: ANN401 - JSON
    found: list[Any] = value["registries"][0]["validators"]
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda sets: sets.clear(),
        lambda sets: sets.reverse(),
        lambda sets: sets[0].update(to_block=100),
        lambda sets: sets[0].pop("to_block"),
        lambda sets: sets[0].update(to_block=None),
        lambda sets: sets[1].update(to_block=99),
        lambda sets: sets[1].update(from_block=0),
        lambda sets: sets[1].update(chain_id=1),
        lambda sets: sets[1].update(chain_id=0),
        lambda sets: sets[0].update(extra=1),
        lambda sets: sets[0].pop("addresses"),
        lambda sets: sets[0].update(addresses=[]),
        lambda sets: sets[0]["addresses"].reverse(),
        lambda sets: sets[0]["addresses"].append(sets[0]["addresses"][0]),
        lambda sets: sets[0].update(addresses=["0x" + "11" * 20]),
        lambda sets: sets[0].update(addresses=["AA" * 20]),
        lambda sets: sets[0].update(addresses=[f"{each:040x}" for each in range(65)]),
        lambda sets: sets.append(sets[1]),
    ],
)
def test_validators_of_a_block_are_one_set_or_none(change: Change) -> None:
    value = json.loads(encode(full_bundle()))
    change(_sets(value))
    with pytest.raises(AnzhengError) as caught:
        decode(canonical.dumps(value))
    assert caught.value.code is Code.TRUST_BUNDLE_REFUSED


@pytest.mark.parametrize("apart", [False, True])
def test_a_validator_of_two_chains_is_refused(apart: bool) -> None:  # noqa: FBT001
    """A header does not name its chain: what was sealed on one would be shown for the other."""
    bundle, elsewhere = full_bundle(), ChainId(99)
    registry = bundle.registries[0]
    contract = replace(registry.contracts[0], chain_id=elsewhere)
    for addresses, fits in (((Address(b"\x09" * 20),), True), (SEALERS[4:], False)):
        one = ValidatorSet(elsewhere, 0, addresses)
        if apart:
            other = replace(registry, id=RegistryId("other"), contracts=(contract,))
            found = [registry, replace(other, validators=(one,))]
        else:
            contracts = (*registry.contracts, contract)
            sets = tuple(sorted((*registry.validators, one), key=lambda each: each.chain_id))
            found = [replace(registry, contracts=contracts, validators=sets)]
        changed = replace(bundle, registries=tuple(found))
        if fits:
            assert decode(encode(changed)) == changed
        else:
            with refuses(Code.TRUST_BUNDLE_REFUSED):
                encode(changed)


def test_validators_are_those_of_the_block_asked_about() -> None:
    registry = full_bundle().registries[0]
    chain = ChainId(31337)
    counts = {
        block: len(found.addresses) if (found := registry.validators_at(chain, block)) else 0
        for block in (0, 99, 100, 10**9)
    }
    assert counts == {0: 4, 99: 4, 100: 5, 10**9: 5}
    assert registry.validators_at(ChainId(1), 50) is None
    assert sample_registry().validators_at(chain, 50) is None


def test_a_bundle_without_validators_has_the_bytes_of_before() -> None:
    assert b"validators" not in encode(sample_bundle())


def test_decode_refuses_other_schema_other_spelling_and_too_much() -> None:
    data = encode(sample_bundle())
    for bad, code in (
        (data.replace(b"anzheng-trust/v1", b"anzheng-trust/v2"), Code.SCHEMA_UNKNOWN),
        (data + b"\n", Code.JSON_NOT_CANONICAL),
        (data[:-1], Code.JSON_SYNTAX),
        (b" " * (MAX_BUNDLE_BYTES + 1), Code.TOO_LARGE),
        (b"[]", Code.TRUST_BUNDLE_REFUSED),
    ):
        with pytest.raises(AnzhengError) as caught:
            decode(bad)
        assert caught.value.code is code


def test_encode_refuses_a_bundle_that_does_not_read_back() -> None:
    for bad in (
        replace(sample_bundle(), version=0),
        replace(sample_bundle(), issued_at=ISSUED_AT + timedelta(microseconds=1)),
    ):
        with pytest.raises(AnzhengError) as caught:
            encode(bad)
        assert caught.value.code is Code.TRUST_BUNDLE_REFUSED
    with pytest.raises(AnzhengError) as caught:
        encode(replace(sample_bundle(), issued_at=datetime(2026, 11, 21)))  # noqa: DTZ001
    assert caught.value.code is Code.INTERNAL


def test_one_account_cannot_act_for_two_authorities() -> None:
    first = sample_authority()
    second = replace(first, id=type(first.id)("1132000000TXT10122"))
    with pytest.raises(AnzhengError) as caught:
        encode(sample_bundle(1, first, second))
    assert caught.value.code is Code.TRUST_BUNDLE_REFUSED
    other = replace(second, accounts=(Address(b"\x12" * 20),))
    assert len(decode(encode(sample_bundle(1, first, other))).authorities) == 2


def test_look_ups() -> None:
    bundle = sample_bundle()
    registry = bundle.registry(REGISTRY)
    assert registry is not None
    assert bundle.registry("other") is None
    assert bundle.authority(AUTHORITY) == bundle.authorities[0]
    assert bundle.authority("other") is None
    assert [one.key[0] for one in registry.witnesses_at(99)] == [0x55, 0x66]
    assert [one.key[0] for one in registry.witnesses_at(100)] == [0x55, 0x77]
    assert registry.contract(ChainId(31337), Address(b"\x33" * 20)) == registry.contracts[0]
    assert registry.contract(ChainId(1), Address(b"\x33" * 20)) is None
    assert bundle.distrust_from(Digest(b"\x88" * 32)) == ISSUED_AT
    assert bundle.distrust_from(Digest(b"\x89" * 32)) is None


def test_authority_may_issue_only_what_and_when_it_is_entitled_to() -> None:
    authority = replace(sample_authority(), valid_to=date(2027, 1, 1))
    assert authority.may_issue("safety-production", "WH", date(2027, 1, 1))
    assert not authority.may_issue("safety-production", "WH", date(2027, 1, 2))
    assert not authority.may_issue("safety-production", "WH", date(2019, 12, 31))
    assert not authority.may_issue("safety-production", "MK", date(2026, 1, 1))
    assert not authority.may_issue("driving", "WH", date(2026, 1, 1))
    assert sample_authority().may_issue("safety-production", "FM", date(2100, 1, 1))


def test_closed_key_is_believed_for_what_it_signed_before() -> None:
    opened, closed = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    key = StatusKey(b"\x01" * 8, b"key", opened, closed)
    assert key.believed_at(opened)
    assert not key.believed_at(closed)
    assert not key.believed_at(opened - timedelta(seconds=1))
    assert replace(key, valid_to=None).believed_at(closed)


def test_one_contract_cannot_serve_two_registries() -> None:
    """The same status index would be two licences."""
    registry = sample_registry()
    other = replace(registry, id=RegistryId("another-registry"))
    with pytest.raises(AnzhengError) as caught:
        encode(replace(sample_bundle(), registries=(registry, other)))
    assert caught.value.code is Code.TRUST_BUNDLE_REFUSED
    elsewhere = replace(other.contracts[0], address=Address(b"\x77" * 20))
    apart = replace(other, contracts=(elsewhere,))
    both = replace(sample_bundle(), registries=(registry, apart))
    assert decode(encode(both)) == both

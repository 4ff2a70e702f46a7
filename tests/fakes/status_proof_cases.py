"""Good and bad status proofs over the committed state, for `tests/assets/status_proof`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from anchor import chain_evidence
from anchor.chain_ports import RawProof
from licence.domain.model import Environment
from licence.formats import cbor, chain_proof
from licence.formats.chain_proof import ContractProof, StatusProof
from licence.ids import Address, AuthorityId, ChainId, Digest, RegistryId, StatusIndex
from tests.fakes import proof, qbft_state
from tests.fakes import qbft as chain
from tests.fakes.qbft import Sealing
from tests.fakes.qbft_cases import Pinned, n, pinned
from tests.fakes.qbft_state import REVOKED, SUSPENDED, UNTOUCHED

REFUSED, SYNTAX = "CHAIN_PROOF_REFUSED", "CHAIN_PROOF_SYNTAX"
OTHER, SEALS, NOT_PINNED = "CHAIN_PROOF_OTHER", "BLOCK_SEALS", "VALIDATORS_NOT_PINNED"


@dataclass(frozen=True)
class StatusCase:
    """A status proof, whom it is asked about, and what must be said: four bits, or a code."""

    name: str
    expect: int | str
    data: bytes
    index: StatusIndex
    pinned: Pinned


def proof_of(
    sealing: Sealing, words: Sequence[int] = (0, 1), raw: RawProof | None = None
) -> StatusProof:
    """Return a status proof as the maker makes it."""
    state = qbft_state.load()
    keys = chain_evidence.status_keys(proof.AUTHORITY, words)
    answer = chain.dressed(qbft_state.only(raw or state.later, keys), sealing)
    part = chain_evidence.make_contract_proof(state.record.chain_id, answer)
    return StatusProof(proof.REGISTRY, proof.AUTHORITY, tuple(words), (part,))


def with_part(found: StatusProof, **changes: object) -> StatusProof:
    """Return a proof whose one part is changed."""
    part: ContractProof = replace(found.parts[0], **changes)  # type: ignore[arg-type]
    return replace(found, parts=(part,))


def cases() -> Iterator[StatusCase]:
    """Yield all cases."""
    yield from _good()
    yield from _bad()
    yield from _pins()
    yield from _spelling()


def _case(
    name: str,
    expect: int | str,
    found: StatusProof,
    index: StatusIndex = REVOKED,
    **changes: object,
) -> StatusCase:
    return StatusCase(name, expect, chain_proof.encode(found), index, pinned(n(4), **changes))


def _good() -> Iterator[StatusCase]:
    found = proof_of(n(4))
    yield _case("good_revoked", 2, found)
    yield _case("good_suspended", 1, found, SUSPENDED)
    yield _case("good_none_beside_a_suspended_one", 0, found, UNTOUCHED)
    alone = proof_of(n(4), (5,))
    yield _case("good_none_where_the_contract_has_no_word", 0, alone, StatusIndex(5 * 64 + 1))
    before = proof_of(n(4), (0, 1, 5), qbft_state.load().own)
    yield _case("good_none_before_it_was_revoked", 0, before)
    seals = proof_of(n(4, sealers=chain.keys(4), round=2))
    yield _case("good_all_seals_in_round_2", 2, seals)


def _bad() -> Iterator[StatusCase]:
    found = proof_of(n(4))
    part = found.parts[0]
    nodes = part.storage_proof
    yield _case("fail_another_word", OTHER, proof_of(n(4), (0, 5)))
    yield _case("fail_another_authority", OTHER, replace(
        found, authority=AuthorityId("1121000000TXT10121")
    ))  # fmt: skip
    yield _case("fail_another_registry", OTHER, replace(found, registry=RegistryId("another")))
    yield _case("fail_word_renamed", REFUSED, replace(proof_of(n(4), (0, 5)), words=(0, 1)))
    yield _case("fail_another_contract", REFUSED, with_part(found, contract=Address(bytes(20))))
    yield _case("fail_another_chain", REFUSED, with_part(found, chain_id=ChainId(1)))
    few = n(4, sealers=chain.keys(4)[:2])
    yield _case("fail_one_seal_too_few", SEALS, proof_of(few))
    strangers = Sealing(chain.keys(4, "stranger"), arrival=False)
    yield _case("fail_self_declared_set", SEALS, proof_of(strangers))
    older = proof_of(n(4), (0, 1), qbft_state.load().own).parts[0]
    bad = {
        "no_nodes": with_part(found, storage_proof=()),
        "node_missing": with_part(found, storage_proof=nodes[:-1]),
        "node_twice": with_part(found, storage_proof=(*nodes, nodes[-1])),
        "nodes_swapped": with_part(found, storage_proof=(nodes[1], nodes[0], *nodes[2:])),
        "account_node_missing": with_part(found, account_proof=part.account_proof[:-1]),
        "state_of_an_older_block": with_part(found, storage_proof=older.storage_proof),
        "no_header": with_part(found, header=b"\xc0"),
    }
    for name, each in bad.items():
        yield _case(f"fail_{name}", REFUSED, each)
    before = with_part(found, header=older.header)
    yield _case("fail_header_of_an_older_block", REFUSED, before)


def _pins() -> Iterator[StatusCase]:
    found, at = proof_of(n(4)), pinned(n(4))
    number = qbft_state.load().later.block.number
    ended = (replace(at.validators[0], to_block=number - 1),)
    yield _case("fail_set_that_had_ended", NOT_PINNED, found, validators=ended)
    yield _case("fail_no_validators", NOT_PINNED, found, validators=())
    code = replace(at.contract, code_hash=Digest(bytes(32)))
    yield _case("fail_other_code", REFUSED, found, contract=code)
    late = replace(at.contract, from_block=number + 1)
    yield _case("fail_before_the_contract", REFUSED, found, contract=late)
    production = Environment.PRODUCTION
    yield _case("fail_test_chain_in_production", REFUSED, found, environment=production)
    frozen = replace(at.contract, frozen_at=1)
    yield _case("good_of_a_frozen_contract", 2, found, contract=frozen)


def _spelling() -> Iterator[StatusCase]:
    """Bytes that our encoder would not write."""
    data = chain_proof.encode(proof_of(n(4)))
    value = cbor.loads(data, max_bytes=len(data))
    assert isinstance(value, tuple)
    schema, registry, authority, words, parts = value
    assert isinstance(words, tuple)
    assert isinstance(parts, tuple)
    spellings: dict[str, tuple[cbor.CborValue, ...]] = {
        "words_not_ascending": (schema, registry, authority, words[::-1], parts),
        "word_twice": (schema, registry, authority, (1, 1), parts),
        "no_words": (schema, registry, authority, (), parts),
        "no_parts": (schema, registry, authority, words, ()),
        "part_twice": (schema, registry, authority, words, (*parts, *parts)),
        "word_that_no_index_has": (schema, registry, authority, (0, 2**26), parts),
        "an_item_more": (*value, None),
        "another_schema": ("anzheng-status-proof/v2", registry, authority, words, parts),
    }
    for name, each in spellings.items():
        yield StatusCase(f"fail_{name}", SYNTAX, cbor.dumps(each), REVOKED, pinned(n(4)))
    yield StatusCase("fail_bytes_after_it", SYNTAX, data + b"\0", REVOKED, pinned(n(4)))
    yield StatusCase("fail_cut_short", SYNTAX, data[:-1], REVOKED, pinned(n(4)))
    yield StatusCase("fail_empty", SYNTAX, b"", REVOKED, pinned(n(4)))

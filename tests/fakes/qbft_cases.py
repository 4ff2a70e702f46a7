"""Good and bad evidence over the committed state: what `tests/assets/qbft` is made of.

A case says what a verifier with its trust bundle must answer, by code.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from anchor import chain_evidence
from anchor.chain_ports import RawProof
from licence.domain.model import Environment
from licence.formats import block_header, evidence, patricia, qbft, rlp
from licence.formats.evidence import BatchRecord, QbftEvidence
from licence.formats.keccak import keccak256
from licence.formats.tree import Tree
from licence.formats.trust_types import Contract, LogKey, Registry, TrustBundle, ValidatorSet
from licence.ids import Address, AuthorityId, BlockHash, ChainId, Digest
from tests.fakes import proof, qbft_state, trust_bundles
from tests.fakes import qbft as chain
from tests.fakes.qbft import Sealing

OK = "OK"
MISMATCH, OTHER = "ANCHOR_PROOF_MISMATCH", "ANCHOR_CHAIN_MISMATCH"
SEALS, NOT_PINNED = "BLOCK_SEALS", "VALIDATORS_NOT_PINNED"
SIZES = (1, 4, 6, 7, 10, 21)


@dataclass(frozen=True)
class Pinned:
    """What the trust bundle of a case pins."""

    contract: Contract
    validators: tuple[ValidatorSet, ...]
    environment: Environment = Environment.TEST

    def bundle(self) -> TrustBundle:
        """Return a whole bundle."""
        made = trust_bundles.sample_bundle()
        authority = trust_bundles.sample_authority()
        key = LogKey(proof.log_key().name, proof.log_key().public)
        registry = Registry(
            id=proof.REGISTRY,
            contracts=(self.contract,),
            witnesses=(),
            witness_threshold=1,
            validators=self.validators,
        )
        return replace(
            made,
            environment=self.environment,
            registries=(registry,),
            authorities=(replace(authority, id=proof.AUTHORITY, log_key=key),),
        )


@dataclass(frozen=True)
class Case:
    """Some evidence, and what must be said about it."""

    name: str
    expect: str
    evidence: bytes
    pinned: Pinned


def pinned(sealing: Sealing, **changes: object) -> Pinned:
    """Return the bundle that fits: these validators for ever, this contract."""
    state = qbft_state.load()
    contract = Contract(
        state.record.chain_id, state.record.contract, state.code_hash, from_block=1, test_chain=True
    )
    addresses = tuple(sorted(chain.addresses(sealing.validators)))
    validators = (ValidatorSet(contract.chain_id, 0, addresses),)
    return replace(Pinned(contract, validators), **changes)  # type: ignore[arg-type]


def n(count: int, **changes: object) -> Sealing:
    """Return how so many validators make a block; seals stand in our order."""
    return replace(Sealing(chain.keys(count), arrival=False), **changes)  # type: ignore[arg-type]


def evidence_of(
    sealing: Sealing, raw: RawProof | None = None, *, with_head: bool = False
) -> QbftEvidence:
    """Return evidence, whether it holds or not; good evidence is what the anchorer makes."""
    state = qbft_state.load()
    raw = raw or state.own
    keys = chain_evidence.batch_keys(state.record)
    made = chain.dressed(qbft_state.only(raw, keys), sealing)
    account, slot = nodes_of(made)
    head = None
    if with_head:
        history = chain_evidence.status_keys(proof.AUTHORITY, ())
        together = chain.dressed(qbft_state.only(raw, (*keys, *history)), sealing)
        head = nodes_of(together)[1][len(slot) :]
    record = replace(state.record, block_number=made.block.number, block_hash=made.block.hash)
    path = qbft_path()
    return QbftEvidence(0, path, record, rlp.dumps(made.header), account, slot, head)


def nodes_of(raw: RawProof) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the nodes of a proof in our order."""
    heap = patricia.ProofNodes(raw.account_nodes, in_any_order=True)
    root = block_header.decode(rlp.dumps(raw.header)).state_root
    account = patricia.look_up(root, keccak256(raw.account), heap)
    assert account is not None
    storage = patricia.ProofNodes(
        [node for slot in raw.slots for node in slot.nodes], in_any_order=True
    )
    for slot in raw.slots:
        patricia.look_up(raw.storage_hash, keccak256(slot.key), storage)
    return tuple(heap.met), tuple(storage.met)


def qbft_path() -> tuple[bytes, ...]:
    """Return the path of the first leaf."""
    return Tree([row.leaf for row in qbft_state.load().manifest.rows]).path(0)


# ---------------------------------------------------------------- cases


def cases() -> Iterator[Case]:
    """Yield all cases."""
    yield from _good()
    yield from _seals()
    yield from _headers()
    yield from _pins()
    yield from _records()
    yield from _nodes()


def _case(name: str, expect: str, found: QbftEvidence, sealing: Sealing, **changes: object) -> Case:
    return Case(name, expect, evidence.encode(found), pinned(sealing, **changes))


def _good() -> Iterator[Case]:
    for count in SIZES:
        yield _case(f"good_n{count}", OK, evidence_of(n(count)), n(count))
        everybody = n(count, sealers=chain.keys(count))
        yield _case(f"good_n{count}_all_seals", OK, evidence_of(everybody), everybody)
    newcomer = chain.address(chain.key("newcomer"))
    variants: dict[str, dict[str, object]] = {
        "round_1": {"round": 1},
        "round_300": {"round": 300},
        "vote_add": {"vote": (newcomer, b"\xff")},
        "vote_drop": {"vote": (chain.address(chain.keys(4)[2]), b"")},
        "london_fields": {"more": (b"\x07",)},
        "no_base_fee": {"more": ()},
        "shanghai_fields": {"more": (b"\x07", bytes(32))},
        "prague_fields": {"more": (b"\x07", bytes(32), b"", b"", bytes(32), bytes(32))},
    }
    for name, changes in variants.items():
        yield _case(f"good_{name}", OK, evidence_of(n(4, **changes)), n(4))
    later = qbft_state.load().later
    yield _case("good_later_block", OK, evidence_of(n(7), later), n(7))
    yield _case("good_with_head", OK, evidence_of(n(4), with_head=True), n(4))
    yield _case("good_later_with_head", OK, evidence_of(n(4), later, with_head=True), n(4))


def _seals() -> Iterator[Case]:
    for count in SIZES[1:]:
        few = n(count, sealers=chain.keys(count)[: qbft.quorum(count) - 1])
        yield _case(f"fail_n{count}_one_seal_too_few", SEALS, evidence_of(few), few)
    four, strangers = chain.keys(4), chain.keys(4, "stranger")
    stranger = strangers[0]
    mixed = tuple(sorted((*four[:3], stranger), key=chain.address))
    bad: dict[str, Sealing] = {
        "no_seals": n(4, sealers=()),
        "seal_twice": n(4, sealers=(four[0], four[1], four[1])),
        "seals_not_ascending": n(4, sealers=(four[1], four[0], four[2])),
        "a_strangers_seal_besides": n(4, sealers=mixed),
        "sealed_by_strangers": n(4, sealers=strangers[:3]),
        "coinbase_of_a_stranger": n(4, coinbase=chain.address(stranger)),
        "a_validator_more_than_pinned": n(
            4, listed=tuple(sorted((*chain.addresses(four), chain.address(stranger))))
        ),
        "a_validator_fewer_than_pinned": n(4, listed=chain.addresses(four[:3])),
        "a_validator_twice": n(4, listed=chain.addresses((*four[:3], four[2]))),
        "validators_kept_in_a_contract": n(4, listed=()),
    }
    for name, sealing in bad.items():
        yield _case(f"fail_{name}", SEALS, evidence_of(sealing), n(4))
    declared = replace(n(4), validators=strangers)
    yield _case("fail_self_declared_set", SEALS, evidence_of(declared), n(4))
    for name, change in _SPOILT_SEALS.items():
        found = evidence_of(n(4))
        items = chain.extra_items(found.header)
        digest = qbft.commit_hash(
            block_header.decode(found.header),
            qbft.decode_extra(block_header.decode(found.header).extra),
        )
        first, *rest = items[4]
        assert isinstance(first, bytes)
        spoilt = (*items[:4], (change(first, digest), *rest))
        header = chain.with_extra_items(found.header, spoilt)
        yield _case(f"fail_{name}", SEALS, replace(found, header=header), n(4))
    other_round = evidence_of(n(4))
    items = chain.extra_items(other_round.header)
    header = chain.with_extra_items(other_round.header, (*items[:3], b"\x01", items[4]))
    yield _case("fail_seals_of_another_round", SEALS, replace(other_round, header=header), n(4))


def _p256(_seal: bytes, digest: bytes) -> bytes:
    private = ec.derive_private_key(7, ec.SECP256R1())
    algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()), deterministic_signing=True)
    r, s = utils.decode_dss_signature(private.sign(digest, algorithm))
    half = min(s, chain.ORDER // 2)
    return r.to_bytes(32, "big") + half.to_bytes(32, "big") + b"\0"


_SPOILT_SEALS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "seal_with_high_s": lambda seal, _: chain.high_s(seal),
    "seal_with_v_27": lambda seal, _: seal[:64] + bytes([27 + seal[64]]),
    "seal_with_v_2": lambda seal, _: seal[:64] + bytes([2 + seal[64]]),
    "seal_of_64_bytes": lambda seal, _: seal[:64],
    "seal_of_zeros": lambda _seal, _: bytes(65),
    "seal_on_secp256r1": _p256,
}


def _headers() -> Iterator[Case]:
    bad: dict[str, Sealing] = {
        "another_mix_hash": n(4, fields={block_header.MIX: bytes(32)}),
        "another_difficulty": n(4, fields={block_header.DIFFICULTY: b"\x02"}),
        "another_nonce": n(4, fields={block_header.NONCE: b"\0" * 7 + b"\x01"}),
        "with_uncles": n(4, fields={block_header.UNCLES: bytes(32)}),
        "vote_for_nobody": n(4, vote=(b"\xff",)),
        "vote_of_another_kind": n(4, vote=(bytes(20), b"\x01")),
        "another_state": n(4, fields={block_header.STATE_ROOT: bytes(32)}),
    }
    for name, sealing in bad.items():
        yield _case(f"fail_{name}", MISMATCH, _bare(sealing), n(4))
    found = evidence_of(n(4))
    items = chain.extra_items(found.header)
    seals = items[4]
    spellings = {
        "extra_of_six_items": (*items, b""),
        "extra_of_four_items": items[:4],
        "round_with_leading_zero": (*items[:3], b"\0", seals),
        "vanity_of_31_bytes": (VANITY[:31], *items[1:]),
        "ibft2": (VANITY, items[1], b"", bytes(4), seals),
        "clique": (VANITY, items[1]),
    }
    for name, value in spellings.items():
        header = chain.with_extra_items(found.header, value)
        yield _case(f"fail_{name}", MISMATCH, replace(found, header=header), n(4))
    bytewise = {
        "bytes_after_the_header": found.header + b"\0",
        "header_cut_short": found.header[:-1],
        "header_in_another_spelling": b"\xfa"
        + len(found.header[3:]).to_bytes(3, "big")
        + found.header[3:],
        "state_changed_after_sealing": _flipped_state(found.header),
    }
    for name, header in bytewise.items():
        expect = SEALS if "after_sealing" in name else MISMATCH
        yield _case(f"fail_{name}", expect, replace(found, header=header), n(4))


VANITY = chain.VANITY


def _bare(sealing: Sealing) -> QbftEvidence:
    """Return evidence with a header that our maker would not take, over the nodes of a good one."""
    found, state = evidence_of(n(4)), qbft_state.load()
    header = rlp.dumps(chain.header_fields(state.own.header, sealing))
    return replace(found, header=header)


def _flipped_state(header: bytes) -> bytes:
    fields = list(block_header.decode(header).fields)
    root = fields[block_header.STATE_ROOT]
    fields[block_header.STATE_ROOT] = bytes([root[0] ^ 1]) + root[1:]
    return rlp.dumps(tuple(fields))


def _pins() -> Iterator[Case]:
    """What the trust bundle says about chain, contract, block and set."""
    found, four = evidence_of(n(4)), n(4)
    number, at = found.record.block_number, pinned(four)
    old, new = at.validators[0], pinned(n(7)).validators[0]
    ends, begins = replace(old, to_block=number), replace(new, from_block=number + 1)
    yield _case("good_last_block_of_a_set", OK, found, four, validators=(ends, begins))
    ends, begins = replace(new, to_block=number - 1), replace(old, from_block=number)
    yield _case("good_first_block_of_a_set", OK, found, four, validators=(ends, begins))
    ends, begins = replace(old, to_block=number - 1), replace(new, from_block=number)
    yield _case("fail_set_that_had_ended", SEALS, found, four, validators=(ends, begins))
    ends, begins = replace(new, to_block=number), replace(old, from_block=number + 1)
    yield _case("fail_set_that_had_not_begun", SEALS, found, four, validators=(ends, begins))
    gap = (replace(old, to_block=number - 1),)
    yield _case("fail_block_without_a_set", NOT_PINNED, found, four, validators=gap)
    yield _case("fail_no_set_at_all", NOT_PINNED, found, four, validators=())
    elsewhere = (replace(old, chain_id=ChainId(1)),)
    yield _case("fail_set_of_another_chain", NOT_PINNED, found, four, validators=elsewhere)
    contracts = {
        "other_code": replace(at.contract, code_hash=Digest(bytes(32))),
        "other_contract": replace(at.contract, address=Address(bytes(20))),
        "block_before_the_contract": replace(at.contract, from_block=number + 1),
        "block_after_the_freeze": replace(at.contract, frozen_at=number - 1),
    }
    for name, contract in contracts.items():
        yield _case(f"fail_{name}", OTHER, found, four, contract=contract)
    yield _case("good_block_of_the_freeze", OK, found, four, contract=replace(
        at.contract, frozen_at=number
    ))  # fmt: skip
    production = Environment.PRODUCTION
    yield _case("fail_test_chain_in_production", OTHER, found, four, environment=production)


def _records() -> Iterator[Case]:
    """A record that says something else than the chain."""
    found = evidence_of(n(4))
    record = found.record

    def with_record(name: str, expect: str = MISMATCH, **changes: object) -> Case:
        changed: BatchRecord = replace(record, **changes)  # type: ignore[arg-type]
        return _case(f"fail_record_of_{name}", expect, replace(found, record=changed), n(4))

    yield with_record("another_authority", authority=AuthorityId("1121000000TXT10121"))
    yield with_record("another_registry", registry="another")
    yield with_record("another_chain", NOT_PINNED, chain_id=ChainId(1))
    yield with_record("another_contract", OTHER, contract=Address(b"\x01" * 20))
    yield with_record("another_manifest", manifest=Digest(bytes(32)))
    yield with_record("another_root", root=Digest(bytes(32)))
    yield with_record("another_size", size=record.size + 1)
    yield with_record("another_number", sequence=record.sequence + 1)
    yield with_record("another_time", block_time=proof.NOW)
    yield with_record("another_block", block_number=record.block_number + 1)
    yield with_record("another_hash", block_hash=BlockHash(bytes(32)))
    anvils_hash = qbft_state.load().record.block_hash
    yield with_record("the_hash_before_dressing", block_hash=anvils_hash)
    later = evidence_of(n(4), qbft_state.load().later)
    swapped = replace(later, record=record)
    yield _case("fail_later_block_for_the_own_one", MISMATCH, swapped, n(4))
    yield _case("fail_another_place", MISMATCH, replace(found, index=1), n(4))
    yield _case("fail_path_cut_short", MISMATCH, replace(found, path=found.path[:-1]), n(4))


def _nodes() -> Iterator[Case]:
    """Nodes that are missing, too many, changed or out of place."""
    found = evidence_of(n(4), qbft_state.load().later, with_head=True)
    plain = replace(found, head_proof=None)
    slot, account, head = found.slot_proof, found.account_proof, found.head_proof or ()
    other = evidence_of(n(4)).slot_proof
    changed = slot[-1][:-1] + bytes([slot[-1][-1] ^ 1])
    bad: dict[str, QbftEvidence] = {
        "node_missing": replace(plain, slot_proof=slot[:-1]),
        "no_nodes": replace(plain, slot_proof=()),
        "no_account_nodes": replace(plain, account_proof=()),
        "node_too_many": replace(plain, slot_proof=(*slot, head[-1])),
        "account_node_too_many": replace(plain, account_proof=(*account, slot[0])),
        "node_twice": replace(plain, slot_proof=(*slot[:-1], slot[-2], slot[-1])),
        "nodes_swapped": replace(plain, slot_proof=(slot[1], slot[0], *slot[2:])),
        "node_changed": replace(plain, slot_proof=(*slot[:-1], changed)),
        "nodes_of_another_block": replace(plain, slot_proof=other),
        "head_node_among_the_slots": replace(
            found, slot_proof=(*slot, head[0]), head_proof=head[1:]
        ),
        "slot_node_among_the_head": replace(
            found, slot_proof=slot[:-1], head_proof=(slot[-1], *head)
        ),
        "head_node_missing": replace(found, head_proof=head[:-1]),
    }
    for name, each in bad.items():
        yield _case(f"fail_{name}", MISMATCH, each, n(4))

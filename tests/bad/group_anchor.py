"""Anchor evidence: of another file, with a wrong index, size, root, chain, contract, code or seals.

Evidence is outside the signature, so what is wrong with it leaves the question open; never valid.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from anchor.chain_evidence import batch_keys, make_qbft_evidence
from anchor.chain_ports import Block, RawProof, RawSlot
from licence.errors import Code
from licence.formats import cbor, checkpoint, evidence, registry_state
from licence.formats import manifest as manifests
from licence.formats.checkpoint import Checkpoint
from licence.formats.evidence import BatchRecord, QbftEvidence, WitnessEvidence
from licence.formats.leaf import LeafKind
from licence.formats.manifest import Manifest, ManifestRow
from licence.formats.tree import Tree
from licence.formats.trust_types import Registry, TrustBundle, ValidatorSet
from licence.ids import (
    Address,
    BlockHash,
    ChainId,
    Digest,
    Leaf,
    MerkleRoot,
    RegistryId,
    StatusIndex,
)
from tests.bad.case import Ask
from tests.bad.desk import Desk, good
from tests.bad.recipe import UNDETERMINED, Recipe
from tests.builders import (
    AUTHORITY,
    CHAIN,
    CONTRACT,
    OTHER_AUTHORITY,
    REGISTRY,
    SIGNED_AT,
    WITNESSES,
    ed25519,
    fill,
    log_key,
    make_evidence,
    witness_key,
)
from tests.fakes import qbft
from tests.fakes.qbft import Sealing
from tests.fakes.tries import state_of

MISMATCH = Code.ANCHOR_PROOF_MISMATCH
WITNESS = Code.ANCHOR_WITNESS
CHAIN_OTHER = Code.ANCHOR_CHAIN_MISMATCH
SEALS = Code.BLOCK_SEALS


def _filled(proof: bytes) -> bytes:
    return fill(good(0).bare, proof)


def _decoded() -> WitnessEvidence:
    found = evidence.decode(good(0).evidence)
    assert isinstance(found, WitnessEvidence)
    return found


def _changed(**changes: object) -> Callable[[Desk], bytes]:
    """Change parts of the evidence, and nothing to match them."""

    def make(_desk: Desk) -> bytes:
        return _filled(evidence.encode(replace(_decoded(), **changes)))  # type: ignore[arg-type]

    return make


def _record(**changes: object) -> Callable[[Desk], bytes]:
    """Change the record of the batch after it was logged."""
    return lambda desk: _changed(record=replace(_decoded().record, **changes))(desk)  # type: ignore[arg-type]


def _made(**changes: object) -> Callable[[Desk], bytes]:
    """Let log and witnesses sign a record that says something else."""
    return lambda _desk: _filled(make_evidence([good(0).leaf], **changes)[0])  # type: ignore[arg-type]


def _raw(change: Callable[[bytes], bytes]) -> Callable[[Desk], bytes]:
    return lambda _desk: _filled(change(good(0).evidence))


def _value(change: Callable[[list[object]], object]) -> Callable[[Desk], bytes]:
    """Change the CBOR items, whatever our encoder would say."""

    def make(_desk: Desk) -> bytes:
        items = list(cbor.loads(good(0).evidence, max_bytes=8192))  # type: ignore[arg-type]
        change(items)
        return _filled(cbor.dumps(tuple(items)))  # type: ignore[arg-type]

    return make


def _sibling_swapped(_desk: Desk) -> bytes:
    path = _decoded().path
    return _filled(evidence.encode(replace(_decoded(), path=path[::-1])))


def _inner_node(_desk: Desk) -> bytes:
    """A batch said to have four leaves, in which ours stands one level too high."""
    other = sha256(b"stranger").digest()
    root = MerkleRoot(sha256(b"\1" + good(0).leaf + other).digest())
    record = replace(_decoded().record, root=root, size=4)
    return _logged(record, index=0, path=(other,))


def _logged(record: BatchRecord, *, index: int, path: tuple[bytes, ...]) -> bytes:
    """Put a record into the log and let the witnesses sign it."""
    log = Tree([sha256(b"older batch").digest(), evidence.log_leaf(record)])
    key = log_key(AUTHORITY)
    said = Checkpoint(evidence.log_origin(REGISTRY, AUTHORITY), log.size, log.root)
    return _filled(
        evidence.encode(
            WitnessEvidence(index, path, record, 1, log.path(1), _note(said, key.name, WITNESSES))
        )
    )


def _note(
    said: Checkpoint, name: str, witnesses: tuple[str, ...], origin: str | None = None
) -> bytes:
    key = log_key(AUTHORITY)
    del origin
    signed = checkpoint.sign(said, key, ed25519(name).sign)
    moment = SIGNED_AT + timedelta(seconds=30)
    lines = [
        checkpoint.cosign(said, witness_key(each), moment, ed25519(each).sign) for each in witnesses
    ]
    return checkpoint.encode(checkpoint.with_cosignatures(signed, lines))


def _said() -> Checkpoint:
    return checkpoint.parse(_decoded().checkpoint).checkpoint


def _other_log_key(desk: Desk) -> bytes:
    """Signed by another key than that of the authority's log."""
    return _changed(checkpoint=_note(_said(), "somebody else", WITNESSES))(desk)


def _duplicated_line(note: bytes) -> bytes:
    lines = note.split(b"\n")
    return b"\n".join((*lines[:-1], lines[-2], b""))


def _note_changed(change: Callable[[bytes], bytes]) -> Callable[[Desk], bytes]:
    def make(_desk: Desk) -> bytes:
        items = list(cbor.loads(good(0).evidence, max_bytes=8192))  # type: ignore[arg-type]
        items[6] = change(_decoded().checkpoint)
        return _filled(cbor.dumps(tuple(items)))  # type: ignore[arg-type]

    return make


def _of_a_holder(_desk: Desk) -> bytes:
    """The leaf of a holder certificate, which stands in the same batch."""
    items = list(cbor.loads(good(0).evidence, max_bytes=8192))  # type: ignore[arg-type]
    items[1] = 1
    return _filled(cbor.dumps(tuple(items)))  # type: ignore[arg-type]


def _other_authority(_desk: Desk) -> bytes:
    return _filled(make_evidence([good(0).leaf], OTHER_AUTHORITY)[0])


def _sidecar_of_another(desk: Desk) -> Ask:
    return desk.ask(good(0).bare).having(sidecar=good(5).evidence)


def _both_broken(desk: Desk) -> Ask:
    return desk.ask(fill(good(0).bare, good(5).evidence)).having(sidecar=b"garbage")


# ---------------------------------------------------------------- what the bundle says


def _registry(desk: Desk, **changes: object) -> TrustBundle:
    registry: Registry = replace(desk.bundle.registries[0], **changes)  # type: ignore[arg-type]
    return replace(desk.bundle, registries=(registry,))


def _bundle(change: Callable[[Desk], TrustBundle]) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf, bundle=change(desk))


def _contract(**changes: object) -> Callable[[Desk], Ask]:
    def change(desk: Desk) -> TrustBundle:
        contract = replace(desk.bundle.registries[0].contracts[0], **changes)  # type: ignore[arg-type]
        return _registry(desk, contracts=(contract,))

    return _bundle(change)


def _witnesses(**changes: object) -> Callable[[Desk], Ask]:
    def change(desk: Desk) -> TrustBundle:
        first, second = desk.bundle.registries[0].witnesses
        return _registry(desk, witnesses=(replace(first, **changes), second))  # type: ignore[arg-type]

    return _bundle(change)


def _log_of_another(desk: Desk) -> TrustBundle:
    first, second = desk.bundle.authorities
    return replace(desk.bundle, authorities=(replace(first, log_key=second.log_key), second))


# ---------------------------------------------------------------- a chain with seals


VALIDATORS = qbft.keys(4)
STRANGERS = qbft.keys(4, "stranger")
CODE = Digest(sha256(b"code").digest())


def _pinned(desk: Desk, **changes: object) -> TrustBundle:
    addresses = tuple(sorted(qbft.addresses(VALIDATORS)))
    sets = (replace(ValidatorSet(CHAIN, 0, addresses), **changes),)  # type: ignore[arg-type]
    return _registry(desk, validators=sets)


def _sealed(
    sealing: Sealing | None = None,
    *,
    leaf: Leaf | None = None,
    kept: int | None = None,
    **record: object,
) -> bytes:
    """Return evidence of a sealed block for our leaf."""
    rows = (ManifestRow(LeafKind.HOLDER_CERTIFICATE, leaf or good(0).leaf, StatusIndex(0)),)
    batch = Tree([row.leaf for row in rows])
    made = Manifest(REGISTRY, AUTHORITY, batch.size, batch.root, rows)
    digest = manifests.digest(manifests.encode(made))
    wanted = replace(_decoded().record, root=batch.root, size=batch.size, manifest=digest, **record)  # type: ignore[arg-type]
    seconds = int(wanted.block_time.timestamp()) if kept is None else kept
    slots = {registry_state.batch_slot(wanted): (wanted.sequence << 64) + seconds}
    state = state_of(CONTRACT, CODE, slots)
    key = batch_keys(wanted)[0]
    raw = RawProof(
        block=Block(wanted.block_number, BlockHash(bytes(32)), wanted.block_time),
        header=qbft.plain_header(state.root, wanted.block_number, wanted.block_time),
        account=CONTRACT,
        account_nodes=state.account_nodes,
        nonce=1,
        balance=0,
        storage_hash=state.storage_root,
        code_hash=CODE,
        slots=(RawSlot(key, 0, state.slot_nodes(key)),),
    )
    dressed = qbft.dressed(raw, sealing or Sealing(VALIDATORS))
    found = replace(wanted, block_hash=dressed.block.hash)
    return next(make_qbft_evidence(made, found, dressed)).evidence


def _chain(proof: Callable[[], bytes], **pins: object) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(_filled(proof()), bundle=_pinned(desk, **pins))


def _chain_bundle(change: Callable[[TrustBundle], TrustBundle]) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(_filled(_sealed()), bundle=change(_pinned(desk)))


def _other_code(bundle: TrustBundle) -> TrustBundle:
    registry = bundle.registries[0]
    contract = replace(registry.contracts[0], code_hash=Digest(bytes(32)))
    return replace(bundle, registries=(replace(registry, contracts=(contract,)),))


def _qbft_changed(**changes: object) -> Callable[[], bytes]:
    def make() -> bytes:
        found = evidence.decode(_sealed())
        assert isinstance(found, QbftEvidence)
        return evidence.encode(replace(found, **changes))  # type: ignore[arg-type]

    return make


def _nodes_swapped() -> bytes:
    found = evidence.decode(_sealed())
    assert isinstance(found, QbftEvidence)
    return evidence.encode(
        replace(found, account_proof=found.slot_proof, slot_proof=found.account_proof)
    )


def _seal(**changes: object) -> Sealing:
    return replace(Sealing(VALIDATORS), **changes)  # type: ignore[arg-type]


WITNESSED = (
    ("of-another-licence", "the evidence of another licence", lambda _desk: _filled(good(5).evidence), MISMATCH),
    ("other-index", "the place of another leaf", _changed(index=1), MISMATCH),
    ("index-too-large", "a place outside the batch", _changed(index=9), MISMATCH),
    ("path-shorter", "a path without its last step", lambda desk: _changed(path=_decoded().path[:-1])(desk), MISMATCH),
    ("path-longer", "a path with a step more", lambda desk: _changed(path=(*_decoded().path, bytes(32)))(desk), MISMATCH),
    ("path-empty", "no path", _changed(path=()), MISMATCH),
    ("path-turned-round", "the steps in another order", _sibling_swapped, MISMATCH),
    ("inner-node-as-leaf", "a tree in which the leaf is an inner node", _inner_node, MISMATCH),
    ("other-size", "the record says another size", _record(size=4), MISMATCH),
    ("other-root", "the record says another root", _record(root=MerkleRoot(bytes(32))), MISMATCH),
    ("other-manifest", "the record says another manifest", _record(manifest=Digest(bytes(32))), MISMATCH),
    ("other-sequence", "the record says another number", _record(sequence=8), MISMATCH),
    ("other-block-time", "the record says another time, for an older licence", _record(block_time=SIGNED_AT + timedelta(days=-400)), MISMATCH),
    ("other-block-hash", "the record says another block", _record(block_hash=BlockHash(bytes(32))), MISMATCH),
    ("other-registry", "logged for another registry", _made(registry=RegistryId("another")), MISMATCH),
    ("other-authority", "anchored by another authority", _other_authority, MISMATCH),
    ("authority-in-the-record", "the record names another authority", _made(authority=OTHER_AUTHORITY), MISMATCH),
    ("other-chain", "a chain that is not pinned", _made(chain_id=ChainId(1)), CHAIN_OTHER),
    ("other-contract", "a contract that is not pinned", _made(contract=Address(bytes(20))), CHAIN_OTHER),
    ("block-before-the-contract", "a block before the contract was there", _made(block_number=0), CHAIN_OTHER),
    ("log-place", "another place in the log", _changed(log_index=0), MISMATCH),
    ("log-path", "another path in the log", _changed(log_path=(bytes(32),)), MISMATCH),
    ("one-witness", "one witness of two", _made(witnesses=WITNESSES[:1]), WITNESS),
    ("no-witness", "no witness", _made(witnesses=()), WITNESS),
    ("unknown-witness", "a witness that nobody pinned", _made(witnesses=("audit.example", "evil.example")), WITNESS),
    ("unknown-witness-besides", "a third witness that nobody pinned", _made(witnesses=("audit.example", "evil.example", "press.example")), WITNESS),
    ("log-key-of-another", "the log signed by another key", _other_log_key, WITNESS),
    ("witness-twice", "one witness twice", _note_changed(_duplicated_line), MISMATCH),
    ("note-extended", "a line more in the checkpoint", _note_changed(lambda note: note.replace(b"\n\n", b"\nevil\n\n", 1)), MISMATCH),
    ("note-not-utf-8", "a checkpoint that is no UTF-8", _note_changed(lambda note: b"\xff" + note), MISMATCH),
    ("note-too-large", "a checkpoint of five kilobytes", _note_changed(lambda note: note + b"\xe2\x80\x94 x AAAA\n" * 400), MISMATCH),
    ("holder-leaf", "the place of a holder certificate in the batch", _of_a_holder, MISMATCH),
    ("type-unknown", "evidence of a type to come", _value(lambda items: items.__setitem__(0, "witness-v2")), Code.EVIDENCE_TYPE_UNSUPPORTED),
    ("type-of-a-stranger", "evidence of a type that is not ours", _value(lambda items: items.__setitem__(0, "evil-v1")), MISMATCH),
    ("an-item-more", "an item more", _value(lambda items: items.append(b"evil")), MISMATCH),
    ("an-item-less", "an item less", _value(lambda items: items.pop()), MISMATCH),
    ("index-negative", "a place of minus one", _value(lambda items: items.__setitem__(1, -1)), MISMATCH),
    ("index-as-text", "a place as text", _value(lambda items: items.__setitem__(1, "0")), MISMATCH),
    ("bytes-after", "a byte behind the evidence", _raw(lambda data: data + b"\0"), MISMATCH),
    ("cut", "half of the evidence", _raw(lambda data: data[: len(data) // 2]), MISMATCH),
    ("not-shortest", "an array whose length is written too long", _raw(lambda data: b"\x98" + bytes((data[0] & 31,)) + data[1:]), MISMATCH),
    ("indefinite", "an array of open length", _raw(lambda data: b"\x9f" + data[1:] + b"\xff"), MISMATCH),
    ("tagged", "a tag before the evidence", _raw(lambda data: b"\xd8\x20" + data), MISMATCH),
    ("nested", "arrays a thousand deep", _raw(lambda _data: b"\x81" * 1_000 + b"\0"), MISMATCH),
    ("huge-array", "an array said to have four billion items", _raw(lambda _data: b"\x9a\xff\xff\xff\xff\0"), MISMATCH),
    ("huge-string", "a string said to have eight exabytes", _raw(lambda _data: b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff\0"), MISMATCH),
    ("garbage", "garbage", _raw(lambda _data: b"garbage"), MISMATCH),
    ("sidecar-of-another", "no evidence in the file, that of another one beside it", _sidecar_of_another, MISMATCH),
    ("both-broken", "evidence of another licence, and garbage beside it", _both_broken, MISMATCH),
)  # fmt: skip
BUNDLED = (
    ("witness-closed", "a witness that was closed before that block", _witnesses(to_block=999), WITNESS),
    ("witness-not-open", "a witness that began after that block", _witnesses(from_block=1_001), WITNESS),
    ("witness-of-another-key", "the bundle pins another key of the witness", _witnesses(key=bytes(32)), WITNESS),
    ("threshold", "the bundle wants three witnesses", _bundle(lambda desk: _registry(desk, witness_threshold=3, witnesses=(*desk.bundle.registries[0].witnesses, replace(desk.bundle.registries[0].witnesses[0], name="zzz.example")))), WITNESS),
    ("contract-frozen", "the contract was frozen before that block", _contract(frozen_at=999), CHAIN_OTHER),
    ("contract-later", "the contract was not there yet", _contract(from_block=1_001), CHAIN_OTHER),
    ("contract-elsewhere", "the bundle pins another address", _contract(address=Address(bytes(20))), CHAIN_OTHER),
    ("chain-elsewhere", "the bundle pins another chain", _contract(chain_id=ChainId(2)), CHAIN_OTHER),
    ("log-of-another", "the bundle pins the log of another authority", _bundle(_log_of_another), WITNESS),
)  # fmt: skip
CHAINED = (
    ("seal-too-few", "two seals of four", _chain(lambda: _sealed(_seal(sealers=VALIDATORS[:2]))), SEALS),
    ("seals-none", "no seal", _chain(lambda: _sealed(_seal(sealers=()))), SEALS),
    ("seals-of-strangers", "sealed by strangers who list the true validators", _chain(lambda: _sealed(_seal(sealers=STRANGERS[:3]))), SEALS),
    ("self-declared", "validators that the block itself declares", _chain(lambda: _sealed(Sealing(STRANGERS))), SEALS),
    ("a-validator-less", "the block lists a validator less", _chain(lambda: _sealed(_seal(listed=qbft.addresses(VALIDATORS[:3])))), SEALS),
    ("validators-not-pinned", "no validators are pinned", lambda desk: desk.ask(_filled(_sealed())), Code.VALIDATORS_NOT_PINNED),
    ("validators-retired", "the validators were retired before that block", _chain(_sealed, to_block=999), Code.VALIDATORS_NOT_PINNED),
    ("code-hash", "the contract at that address has another code", _chain_bundle(_other_code), CHAIN_OTHER),
    ("slot-of-another-time", "the contract keeps another time", _chain(lambda: _sealed(kept=1)), MISMATCH),
    ("sealed-for-another", "the batch of another leaf", _chain(lambda: _sealed(leaf=good(5).leaf)), MISMATCH),
    ("nodes-swapped", "account nodes in the place of slot nodes", _chain(_nodes_swapped), MISMATCH),
    ("nodes-none", "no nodes", _chain(_qbft_changed(slot_proof=())), MISMATCH),
    ("header-garbage", "garbage as a header", _chain(_qbft_changed(header=b"garbage")), MISMATCH),
    ("header-cut", "a header without its end", _chain(lambda: _qbft_changed(header=evidence.decode(_sealed()).header[:-1])()), MISMATCH),  # type: ignore[union-attr]
)  # fmt: skip


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    groups = {"evidence": (*WITNESSED, *BUNDLED), "chain": CHAINED}
    return tuple(
        Recipe(f"{group}/{name}", what, make, code, UNDETERMINED)
        for group, rows in groups.items()
        for name, what, make, code in rows
    )

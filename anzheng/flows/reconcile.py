"""Bring a database that was put back from a backup to what chain and public log know.

Run before anything is issued again. Everything happens in one transaction, may be repeated, and
without `apply` nothing is left of it:

1. The order of the log: what is published, then the other batches in the order of the chain.
2. No status index is given out that any manifest, the signer's ledger or a row has.
3. Each batch of the chain is stored with its record; the anchorer goes on from there.
4. Each leaf gets its row: the one that was there, the one made again from the signed file, or a
   reservation that keeps number, version and index from being used again.
5. What only the signer's ledger knows: signed files wait for an anchor, the others are reserved.
6. Decisions that only the chain knows: put in again from the officers' files, else noted.
7. The mark: up to here database and chain agree.

Standard: DESIGN 2 (5), 3.2, 3.3; docs/restore.md.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from anchor.ports import AnchorBatch, BatchState
from anzheng.flows import publish as publishing
from anzheng.flows.found_certificates import FoundCertificate
from anzheng.flows.found_files import FoundFiles, SignedFile
from anzheng.flows.prepare import new_licence
from anzheng.flows.reconcile_case import Case
from anzheng.flows.reconcile_manifests import Manifests
from anzheng.flows.reconcile_read import order, read_log_order
from anzheng.flows.reconcile_report import Counts, Report
from anzheng.flows.reconcile_status import adopt_decisions
from anzheng.flows.sign import ANCHOR_TOPIC
from anzheng.store.database import Unit
from anzheng.store.licences import Column, FlowState, StoredLicence
from anzheng.store.recovery import ReservedIndex
from anzheng.store.times import to_text
from licence.domain.model import LicenceVersion, StatusRef
from licence.errors import AnzhengError, Code
from licence.formats import evidence as evidences
from licence.formats import licence_json
from licence.formats import manifest as manifests
from licence.formats.evidence import BatchRecord
from licence.formats.leaf import LeafKind
from licence.formats.manifest import ManifestRow
from licence.ids import (
    BatchId,
    Digest,
    Leaf,
    LicenceNo,
    StatusIndex,
)
from signer.ledger import Entry, Intent

UNANCHORED = (FlowState.PREPARED, FlowState.RELEASED, FlowState.SIGNED, FlowState.PARKED)
ON_THE_WAY = (BatchState.BATCHED, BatchState.SENT, BatchState.FINAL, BatchState.PARKED)
AT_ONCE = 1_000
"""So many of the ledger's entries are compared with the database at a time."""
ADOPTED = BatchId("adopted")
"""Stands in the ledger in place of the release of a version that was adopted."""

LOST = "it was issued before the database was put back, and its signed file is not here"


def reconcile(case: Case, *, apply: bool) -> Report:
    """Bring the database to what the chain knows, or say what that would change.

    Raises:
        AnzhengError: NOT_FOUND, when a manifest is missing and `apply` is wanted; CONFLICT, when
            database and public log have two histories; what `reconcile_read` raises.
    """
    with case.store.write() as unit:
        report = _Pass(case, unit, apply=apply).run()
        if not apply:
            unit.undo()
    return report


class _Pass:
    """One pass over everything, in one transaction."""

    def __init__(self, case: Case, unit: Unit, *, apply: bool) -> None:
        self._case = case
        self._unit = unit
        self._apply = apply
        self._now: datetime = case.clock.now()
        self._here = (case.registry, case.authority)
        self._entries = case.ledger.entries(case.authority)
        self._adopted: list[tuple[Intent, Leaf]] = []
        self._reserved: list[StatusIndex] = []
        self._handled: set[Leaf] = set()
        self._counts = Counts()

    def run(self) -> Report:
        """Take the steps."""
        case, unit, counts = self._case, self._unit, self._counts
        own = unit.anchors.log_records(*self._here)
        published = read_log_order(case.truth, case.public, case.origin, case.log_key)
        ordered = order(case.truth, published, own)
        found = Manifests(case, unit, ordered)
        missing = found.missing
        if missing and self._apply:
            raise AnzhengError(
                Code.NOT_FOUND,
                "manifests are missing; name the folder or URL of a copy of the public log",
                missing=len(missing),
                first=missing[0].hex(),
            )
        next_index = self._raise_counter(found)
        for number, record in enumerate(ordered):
            if record.manifest in found:
                self._batch(number, record, found)
        self._found_again(found)
        self._only_in_ledger()
        self._certificates(found)
        self._dissolve()
        counts.records = len(ordered) - len(own)
        adopt_decisions(unit, self._here, case.truth.writes, case.decisions, case.officers, counts)
        for mark in () if missing else case.truth.marks:
            unit.recovery.set_mark(mark)
        if self._apply:
            self._outside(found)
        return Report(case.authority, len(ordered), tuple(missing), next_index, counts)

    # -- what is on the chain

    def _raise_counter(self, found: Manifests) -> int:
        """Give out no index that anybody has, before anything else is done; return the next."""
        used = [self._unit.recovery.highest_index(*self._here), found.highest]
        used += [entry.intent.status_index for entry in self._entries]
        used += [index for write in self._case.truth.writes for index in write.indices]
        mine = (each for each in self._case.certificates if self._is_mine(each, found))
        used += [each.binding.index for each in mine]
        self._unit.recovery.raise_counter(*self._here, max(used) + 1)
        return self._unit.licences.index_count(*self._here)

    def _batch(self, number: int, record: BatchRecord, found: Manifests) -> None:
        unit, encoded = self._unit, evidences.record_bytes(record)
        if unit.anchors.append_log_record(*self._here, encoded) != number:
            raise AnzhengError(Code.CONFLICT, "the log has another order", number=number)
        known = found.batch_id(record.manifest)
        batch = None if known is None else unit.anchors.batch(known)
        if batch is None:
            data = found.data(record.manifest)
            batch_id = found.next_batch_id(record.manifest)
            batch = AnchorBatch(
                batch_id, *self._here, record.root, record.size, record.manifest,
                BatchState.LOGGED, encoded, number,
            )  # fmt: skip
            unit.anchors.add_batch(batch, data)
            self._counts.batches += 1
        elif batch.state in ON_THE_WAY:
            unit.anchors.settle(batch, encoded, number)
            self._counts.settled += 1
        else:
            return
        for place, row in enumerate(found.get(record.manifest).rows):
            self._leaf(batch.id, place, row, record)

    def _leaf(self, batch_id: BatchId, place: int, row: ManifestRow, record: BatchRecord) -> None:
        """Give a leaf of a batch its row."""
        self._handled.add(row.leaf)
        where: dict[str, Column] = {"batch_id": batch_id, "batch_place": place}
        if row.kind is LeafKind.HOLDER_CERTIFICATE:
            if self._unit.claims.by_leaf(row.leaf) is not None:
                self._unit.claims.set_batch(row.leaf, batch_id, place)
            else:
                self._reserve(row, record)
        elif row.kind is LeafKind.LICENCE:
            known = self._unit.licences.by_leaf(row.leaf)
            if known is not None:
                if known.batch_id != batch_id or known.state in UNANCHORED:
                    self._unit.recovery.move(known.id, FlowState.BATCHED, self._now, **where)
                    self._counts.placed += 1
            elif not self._adopt(row.leaf, FlowState.BATCHED, **where):
                self._reserve(row, record)

    def _found_again(self, found: Manifests) -> None:
        """Take back reservations whose file has turned up since."""
        reserved = self._unit.recovery.reserved(*self._here)
        # By batch, so that each manifest is opened once.
        for kept in sorted(reserved, key=lambda each: each.manifest or b""):
            if kept.leaf is None or kept.leaf in self._handled or kept.number_hmac is None:
                continue
            if kept.leaf not in self._files.leaves:
                continue
            if kept.manifest is None:
                self._adopt(kept.leaf, FlowState.SIGNED)
                continue
            batch_id = found.batch_id(kept.manifest)
            if batch_id is not None and kept.manifest in found:
                place = found.place(kept.manifest, kept.leaf)
                self._adopt(kept.leaf, FlowState.BATCHED, batch_id=batch_id, batch_place=place)

    # -- rows that are made again, and indexes that are kept

    @cached_property
    def _files(self) -> FoundFiles:
        """What lies about; looked for once, and only if something is missing."""
        known = self._unit.recovery.file_digests()
        return FoundFiles(
            self._case.files, known, self._case.ledger, self._entries, self._case.copies
        )

    def _adopt(self, leaf: Leaf, state: FlowState, **where: Column) -> bool:
        """Make the row of a signed file that was found; say whether there is one."""
        signed = self._files.get(leaf)
        mine = (
            signed is not None
            and (
                signed.version.status.registry,
                signed.version.draft.issuer_code,
            )
            == self._here
        )
        if signed is None or not mine or signed.leaf != leaf:
            return False
        draft, ref = signed.version.draft, signed.version.status
        known = self._unit.licences.version(draft.issuer_code, draft.licence_no, draft.version)
        self._free(ref.index, None if known is None else known.id)
        self._unit.recovery.adopt(
            new_licence(signed.version),
            None if known is None else known.id,
            self._now,
            state=state.value,
            leaf=leaf,
            signed_pdf=self._keep(signed),
            signed_at=to_text(signed.signed_at),
            **where,
        )
        self._unit.recovery.release(*self._here, [ref.index])
        self._adopted.append((signed.intent, leaf))
        self._handled.add(leaf)
        self._counts.adopted += 1
        return True

    def _keep(self, signed: SignedFile) -> Digest:
        if self._apply:
            return self._case.files.put(signed.pdf)
        return Digest(sha256(signed.pdf).digest())

    def _reserve(self, row: ManifestRow, record: BatchRecord) -> None:
        if row.index is None:
            return
        kept = ReservedIndex(
            *self._here, row.index, row.leaf, row.number_hmac, row.version, record.manifest
        )
        self._reserve_index(kept)

    def _reserve_index(self, kept: ReservedIndex) -> None:
        lost = self._lost_rows.get((kept.number_hmac, kept.version))
        if lost is not None and lost.state is not FlowState.PARKED:
            self._park_id(lost.id)
        self._free(kept.status_index, None if lost is None else lost.id)
        self._counts.reserved += self._unit.recovery.reserve([kept], self._now)
        self._reserved.append(kept.status_index)

    @cached_property
    def _lost_rows(self) -> Mapping[tuple[Digest | None, int | None], StoredLicence]:
        """Rows that are not on the chain, by what a manifest would say of them."""
        key, authority = self._case.hmac_key, self._case.authority
        return {
            (manifests.number_hmac(key, LicenceNo(row.licence_no)), row.version): row
            for state in UNANCHORED
            for row in self._unit.licences.in_state(state, authority=authority)
        }

    def _free(self, index: StatusIndex, owner: int | None) -> None:
        """Take an index away from a row that was given it after the backup."""
        row = self._unit.recovery.by_index(*self._here, index)
        if row is None or row.id == owner:
            return
        if row.state is FlowState.PREPARED:
            draft = licence_json.decode(row.licence_json).draft
            fresh = self._unit.licences.allocate_index(*self._here)
            version = LicenceVersion(draft, StatusRef(self._case.registry, fresh))
            self._unit.licences.replace_prepared(row.id, new_licence(version), self._now)
            self._counts.renumbered += 1
            return
        if row.state is not FlowState.PARKED:
            self._park_id(row.id)
        # It will never be issued; its own data still name the index that belongs to another.
        self._unit.recovery.move_index(row.id, self._unit.licences.allocate_index(*self._here))

    def _park_id(self, row_id: int) -> None:
        self._unit.licences.park(row_id, Code.LICENCE_RESERVED, LOST, self._now)
        self._counts.parked += 1

    # -- what only the ledger knows, and what must not be sent

    def _only_in_ledger(self) -> None:
        kept = {one.status_index for one in self._unit.recovery.reserved(*self._here)}
        for start in range(0, len(self._entries), AT_ONCE):
            self._part_of_ledger(self._entries[start : start + AT_ONCE], kept)

    def _part_of_ledger(self, entries: Sequence[Entry], kept: Collection[StatusIndex]) -> None:
        rows = self._unit.licences.by_digests([each.intent.licence_digest for each in entries])
        known = {row.licence_digest: row for row in rows}
        for entry in entries:
            row = known.get(entry.intent.licence_digest)
            there = entry.leaf in self._handled or entry.intent.status_index in kept
            if there or (row is not None and _goes_on(row, entry)):
                continue
            if entry.leaf is not None and self._adopt(entry.leaf, FlowState.SIGNED):
                continue
            intent, key = entry.intent, self._case.hmac_key
            number = manifests.number_hmac(key, intent.licence_no)
            self._reserve_index(
                ReservedIndex(*self._here, intent.status_index, entry.leaf, number, intent.version)
            )

    def _certificates(self, found: Manifests) -> None:
        """Put in again the holders' certificates that only the CA has noted."""
        for each in self._case.certificates:
            index = each.binding.index
            there = self._unit.recovery.is_used(*self._here, index)
            # One that was noted and never handed out may have an index that another got since.
            if there or not found.owns(each) or not self._is_mine(each, found):
                continue
            kept = self._unit.recovery.reserved_leaf(each.leaf)
            batch_id, place = None, None
            if kept is not None and kept.manifest is not None:
                batch_id = found.batch_id(kept.manifest)
                place = found.place(kept.manifest, each.leaf)
            self._unit.claims.add_certificate(each.row(self._case.authority, batch_id, place))
            self._unit.recovery.release(*self._here, [index])
            self._counts.certificates += 1

    @cached_property
    def _signed(self) -> frozenset[Leaf]:
        """What the signer signed."""
        return frozenset(entry.leaf for entry in self._entries if entry.leaf is not None)

    def _is_mine(self, each: FoundCertificate, found: Manifests) -> bool:
        if each.binding.registry != self._case.registry:
            return False
        if found.licenses(each) or each.binding.leaf in self._signed:
            return True
        row = self._unit.licences.by_leaf(each.binding.leaf)
        return row is not None and row.authority == self._case.authority

    def _dissolve(self) -> None:
        """Never send a batch some of whose leaves are anchored in another one."""
        for batch in self._unit.anchors.open_batches(*self._here):
            if batch.state not in (BatchState.BATCHED, BatchState.SENT):
                continue
            rows = self._unit.licences.in_batch(batch.id)
            if len(rows) + len(self._unit.claims.in_batch(batch.id)) == batch.size:
                continue
            self._unit.anchors.give_up(batch, Code.LICENCE_RESERVED)
            self._unit.claims.leave_batch(batch.id)
            for row in rows:
                self._unit.recovery.move(
                    row.id, FlowState.SIGNED, self._now, batch_id=None, batch_place=None
                )
            self._counts.dissolved += 1

    def _outside(self, found: Manifests) -> None:
        """Tell ledger and public folder, each before the database says that it is done."""
        case = self._case
        case.ledger.adopt(self._adopted, ADOPTED, self._now)
        case.ledger.reserve(*self._here, self._reserved)
        for data in found.all_data():
            case.publisher.keep_manifest(*self._here, data)
        case.publisher.keep_entries(case.origin, self._unit.anchors.log_records(*self._here))
        note = self._unit.recovery.newest_checkpoint(*self._here)
        if note is not None and case.public.checkpoint(case.origin) is None:
            case.publisher.keep_checkpoint(case.origin, note)
        self._unit.outbox.add(ANCHOR_TOPIC, case.authority, self._now)
        self._unit.outbox.add(publishing.TOPIC, publishing.KEY, self._now)


def _goes_on(row: StoredLicence, entry: Entry) -> bool:
    """Say whether the usual flow brings a row to where the ledger is."""
    if entry.leaf is None or row.leaf == entry.leaf:
        return True
    return row.state is FlowState.RELEASED and entry.has_file

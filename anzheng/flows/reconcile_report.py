"""What a reconciliation found, or did."""

from dataclasses import dataclass, fields

from licence.ids import AuthorityId


@dataclass(slots=True)
class Counts:
    """How much of each was brought back.

    Attributes:
        batches: Batches that the database did not have.
        settled: Batches that it had, and did not know to be on the chain.
        records: Records that the log did not have.
        placed: Licences that got their place in a batch.
        adopted: Licences whose row was made again from the signed file.
        certificates: Holders' certificates that were noted by the CA only.
        reserved: Status indexes that are never given out again.
        renumbered: Prepared versions that got another index.
        parked: Rows that wait for a person, because their number or index was used.
        dissolved: Frozen batches that are never sent, for their leaves are anchored elsewhere.
        decisions: Decisions that were put in again from the officers' files.
        words: Status words whose decision is lost here.
    """

    batches: int = 0
    settled: int = 0
    records: int = 0
    placed: int = 0
    adopted: int = 0
    certificates: int = 0
    reserved: int = 0
    renumbered: int = 0
    parked: int = 0
    dissolved: int = 0
    decisions: int = 0
    words: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one authority.

    Attributes:
        authority: Which.
        on_chain: Its batches on the chain.
        missing: Digests of manifests that were not found.
        next_index: Next status index that is given out.
        counts: What was brought back.
    """

    authority: AuthorityId
    on_chain: int
    missing: tuple[bytes, ...]
    next_index: int
    counts: Counts

    @property
    def differs(self) -> bool:
        """Whether the database was behind."""
        return bool(self.missing) or any(self.numbers.values())

    @property
    def numbers(self) -> dict[str, int]:
        """Every count by its name."""
        return {field.name: getattr(self.counts, field.name) for field in fields(Counts)}

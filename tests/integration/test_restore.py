"""A real restore: the database comes from yesterday's backup, everything else is of today.

In the forgotten day three licences were issued, one was signed and waits for its anchor, one was
suspended and one revoked. The chain is anvil, the witnesses remember, the verifier judges.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AttributeOID

from anchor.chain.events import fast_keccak
from anchor.events import Event
from anzheng import keyring as keyrings
from anzheng.chain_truth import events_of, places_of
from anzheng.demo.world import sample_rows
from anzheng.flows import release as releasing
from anzheng.flows import sign as signing
from anzheng.flows import status as deciding
from anzheng.flows.anchor import BatchRule
from anzheng.flows.found_files import leaf_of
from anzheng.flows.prepare import ImportResult, Outcome
from anzheng.flows.reconcile import reconcile
from anzheng.flows.reconcile_read import Place, read_chain
from anzheng.flows.reconcile_report import Report
from anzheng.flows.roster import Row
from anzheng.flows.samples import many_rows
from anzheng.jobs import run_until_quiet
from anzheng.opening import public_folder
from anzheng.reconciling import case_of, demand
from anzheng.settings import load
from anzheng.store.licences import FlowState, StoredLicence
from anzheng.trial import set_up_in, specs_of
from anzheng.wiring import Installation, attach, open_base
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import decision as decisions
from licence.formats import release as formats
from licence.formats.checkpoint import parse
from licence.formats.claim import challenge
from licence.formats.evidence import log_origin
from licence.formats.holder import ClaimRequest
from licence.formats.verdict import Verdict
from licence.ids import AuthorityId, Digest, Leaf
from tests.fakes.devchain import ANVIL
from tests.fakes.refusal import refuses
from verifier.policy import BATCH
from verifier.trust import load_trust
from verifier.verify import verify_many

pytestmark = pytest.mark.tools(str(ANVIL))

ROOT = Path(__file__).parents[2]
RULE = BatchRule(licences=10_000, seconds=0)
DATABASE = "anzheng.sqlite3"
BEFORE, IN_THE_GAP = 4, 3


@dataclass(frozen=True)
class Past:
    """What was, and is not to be lost.

    Attributes:
        home: The data folder, of today.
        backup: Yesterday's copy of it.
        rows: The roster: issued before, issued in the gap, signed in the gap, never imported.
        decisions: Folder of the decisions that the officers kept.
        copies: Folder of what holders have.
    """

    home: Path
    backup: Path
    rows: tuple[Row, ...]
    decisions: Path
    copies: Path


@contextmanager
def opened(home: Path) -> Iterator[Installation]:
    with open_base(load(data_dir=home)) as base, attach(base) as installation:
        yield installation


def authority_of(installation: Installation) -> AuthorityId:
    return installation.estate.authorities[0].id


def release(installation: Installation) -> str:
    """Let officers release everything that is prepared; return the release."""
    base, (entry,) = installation.base, installation.estate.authorities
    statement = releasing.draft(base.store, base.clock, base.entropy, entry.id)
    for officer in entry.officers:
        key = base.ring.open(keyrings.officer_key(officer.id))
        statement = releasing.sign(statement, officer.id, key)
    office = installation.offices.open(entry.id)
    return releasing.submit(base.store, base.clock, office, formats.encode(statement)).id


def issue(installation: Installation, rows: Sequence[Row]) -> ImportResult:
    result = installation.base.preparer().import_roster(rows)
    assert result.problems == ()
    release(installation)
    run_until_quiet(installation, RULE)
    return result


def decide(installation: Installation, leaf: Leaf | None, word: StatusWord, kept: Path) -> None:
    """Let two officers decide about one of the licences, and keep what they signed."""
    base, (entry,) = installation.base, installation.estate.authorities
    assert leaf is not None
    drafted = deciding.draft(
        base.store, base.clock, deciding.Order(leaf, word, "（示例）1号", f"示例 {word.name}")
    )
    for officer in entry.officers:
        key = base.ring.open(keyrings.officer_key(officer.id))
        drafted = deciding.sign(drafted, officer.id, key)
    kept.mkdir(exist_ok=True)
    (kept / f"{word.name}.json").write_bytes(decisions.encode(drafted))
    deciding.decide(base.store, base.clock, drafted, entry.pinned_officers)
    run_until_quiet(installation, RULE)


def settle(installation: Installation) -> None:
    """Let anvil write its state: a busy machine may cut it short when it ends."""
    assert installation.base.dev_chain is not None
    installation.base.dev_chain.devnet.settle()


def rows_in(installation: Installation, state: FlowState) -> tuple[StoredLicence, ...]:
    with installation.base.store.read() as unit:
        return unit.licences.in_state(state)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    base_folder = tmp_path_factory.mktemp("restore")
    home, backup = base_folder / "home", base_folder / "backup"
    with open_base(load(data_dir=home)) as base:
        template = sample_rows("roster.json", base.clock.now())[0]
        rows = tuple(many_rows(BEFORE + IN_THE_GAP + 2, template, year=base.clock.now().year))
        set_up_in(base, specs_of(rows))
        with attach(base) as installation:
            issue(installation, rows[:BEFORE])
            demand(installation, authority_of(installation))
            settle(installation)
    shutil.copytree(home, backup)
    kept = base_folder / "decisions"
    with opened(home) as installation:
        issue(installation, rows[BEFORE : BEFORE + 1])
        issue(installation, rows[BEFORE + 1 : BEFORE + IN_THE_GAP])
        first, second, *_ = rows_in(installation, FlowState.PUBLISHED)
        decide(installation, first.leaf, StatusWord.SUSPENDED, kept)
        decide(installation, second.leaf, StatusWord.REVOKED, kept)
        copies = base_folder / "copies"
        copies.mkdir()
        for row in rows_in(installation, FlowState.PUBLISHED)[BEFORE:]:
            assert row.final_pdf is not None
            (copies / f"{row.id}.pdf").write_bytes(installation.base.files.get(row.final_pdf))
        # One more is signed; the day ends before it is anchored.
        base = installation.base
        assert base.preparer().import_roster(rows[-2:-1]).problems == ()
        signing.sign_release(
            base.store, base.files, base.clock, installation.offices, release(installation)
        )
        settle(installation)
    return Past(home, backup, rows, kept, copies)


@pytest.fixture
def restored(past: Past, tmp_path: Path) -> Path:
    """The data folder of today with the database of yesterday."""
    home = tmp_path / "home"
    shutil.copytree(past.home, home)
    put_back(past, home, DATABASE)
    return home


def put_back(past: Past, home: Path, *names: str) -> None:
    """Replace files and folders by those of the backup."""
    for name in names:
        for there in home.glob(f"{name}*"):
            shutil.rmtree(there) if there.is_dir() else there.unlink()
        for kept in past.backup.glob(f"{name}*"):
            copy = shutil.copytree if kept.is_dir() else shutil.copy
            copy(kept, home / kept.name)


def run(installation: Installation, *, apply: bool = True, **given: object) -> Report:
    case = case_of(installation, authority_of(installation), **given)  # type: ignore[arg-type]
    return reconcile(case, apply=apply)


def verdicts(home: Path, files: Sequence[bytes], installation: Installation) -> list[Verdict]:
    now = installation.base.clock.now()
    trust = load_trust(home / "trust", now=now)
    return [report.verdict for report in verify_many(files, trust, policy=BATCH, now=now)]


def check_whole(home: Path, installation: Installation, count: int) -> None:
    """Every licence is out, in exactly one batch, and judged as what it is."""
    rows = rows_in(installation, FlowState.PUBLISHED)
    assert sorted(row.status_index for row in rows) == list(range(count))
    with installation.base.store.read() as unit:
        placed = {(row.batch_id, row.batch_place) for row in rows}
        batches = {row.batch_id: unit.anchors.manifest(row.batch_id) for row in rows}  # type: ignore[arg-type]
        size = unit.recovery.log_size(rows[0].registry, rows[0].authority)
    assert len(placed) == count
    assert len(batches) == size
    files = [installation.base.files.get(row.final_pdf) for row in rows if row.final_pdf]
    wanted = [Verdict.INVALID] * 2 + [Verdict.VALID] * (count - 2)
    assert verdicts(home, files, installation) == wanted


def test_nothing_is_issued_before_it_is_reconciled(past: Past, restored: Path) -> None:
    with opened(restored) as installation:
        base, authority = installation.base, authority_of(installation)
        with refuses(Code.RECONCILE_NEEDED):
            base.preparer().import_roster(past.rows[-1:])
        with refuses(Code.RECONCILE_NEEDED):
            installation.offices.open(authority).demand()
        with base.store.write() as unit:
            unit.outbox.add(signing.ANCHOR_TOPIC, authority, base.clock.now())
        with refuses(Code.RECONCILE_NEEDED):
            run_until_quiet(installation, RULE)
        with base.store.read() as unit:
            assert [alarm.code for alarm in unit.alarms.all()] == [Code.RECONCILE_NEEDED]


def test_chain_alone_shows_that_the_database_is_old(past: Past, restored: Path) -> None:
    """Ledger, files and public log came from the same backup."""
    put_back(past, restored, "signer", "public", "files")
    with opened(restored) as installation:
        assert installation.base.preparer().import_roster(past.rows[-1:]).problems == ()
        with refuses(Code.RECONCILE_NEEDED):
            release(installation)
        with refuses(Code.RECONCILE_NEEDED):
            demand(installation, authority_of(installation))


def test_everything_that_was_issued_is_back(past: Past, restored: Path) -> None:
    with opened(restored) as installation:
        before = rows_in(installation, FlowState.PUBLISHED)
        said = run(installation, apply=False, decisions=past.decisions)
        assert rows_in(installation, FlowState.PUBLISHED) == before
        with refuses(Code.RECONCILE_NEEDED):
            installation.offices.open(authority_of(installation)).demand()
        report = run(installation, decisions=past.decisions)
        assert (report.numbers, report.next_index) == (said.numbers, said.next_index)
        wanted = {"batches": 2, "records": 2, "adopted": IN_THE_GAP + 1, "decisions": 2}
        assert {name: count for name, count in report.numbers.items() if count} == wanted
        run_until_quiet(installation, RULE)
        demand(installation, authority_of(installation))
        check_whole(restored, installation, BEFORE + IN_THE_GAP + 1)
        # Once is enough, and life goes on.
        again = run(installation, decisions=past.decisions)
        assert not again.differs
        issue(installation, past.rows[-1:])
        check_whole(restored, installation, BEFORE + IN_THE_GAP + 2)


def test_lost_decisions_are_known_by_their_words(restored: Path) -> None:
    with opened(restored) as installation:
        assert run(installation).numbers["words"] == 2
        run_until_quiet(installation, RULE)
        check_whole(restored, installation, BEFORE + IN_THE_GAP + 1)
        rows = rows_in(installation, FlowState.PUBLISHED)
        base, (entry,) = installation.base, installation.estate.authorities
        assert rows[1].leaf is not None
        order = deciding.Order(rows[1].leaf, StatusWord.SUSPENDED, "（示例）3号", "示例")
        with refuses(Code.STATUS_TRANSITION):
            deciding.draft(base.store, base.clock, order)
        with base.store.read() as unit:
            words = unit.recovery.words(installation.estate.registry, entry.id)
        assert [word.word for word in words] == [StatusWord.SUSPENDED, StatusWord.REVOKED]
        assert not run(installation).differs


def test_what_is_lost_for_good_is_never_given_out_again(past: Past, restored: Path) -> None:
    """Ledger and files are as old as the database: only chain and public log know of the gap."""
    put_back(past, restored, "signer", "files")
    with opened(restored) as installation:
        report = run(installation, decisions=past.decisions)
        assert report.numbers["reserved"] == IN_THE_GAP
        assert report.next_index == BEFORE + IN_THE_GAP
        run_until_quiet(installation, RULE)
        preparer = installation.base.preparer()
        refused = preparer.import_roster(past.rows[BEFORE : BEFORE + IN_THE_GAP])
        assert {problem.code for problem in refused.problems} == {Code.LICENCE_RESERVED}
        assert refused.count(Outcome.REFUSED) == IN_THE_GAP
        issue(installation, past.rows[-1:])
        published = rows_in(installation, FlowState.PUBLISHED)
        assert published[-1].status_index == BEFORE + IN_THE_GAP
        # Holders bring their files: then nothing is lost.
        found = run(installation, copies=past.copies)
        assert found.numbers["adopted"] == IN_THE_GAP
        run_until_quiet(installation, RULE)
        check_whole(restored, installation, BEFORE + IN_THE_GAP + 1)
        assert not run(installation).differs


def test_prepared_after_the_restore_in_place_of_what_is_lost(past: Past, restored: Path) -> None:
    """Somebody imported before anybody reconciled: indexes of the gap are taken away again."""
    put_back(past, restored, "signer", "files")
    with opened(restored) as installation:
        unguarded = replace(installation.base.preparer(), guard=None)
        rows = (past.rows[-1], past.rows[BEFORE])
        assert unguarded.import_roster(rows).problems == ()
        report = run(installation, decisions=past.decisions)
        assert (report.numbers["renumbered"], report.numbers["parked"]) == (1, 1)
        (prepared,) = rows_in(installation, FlowState.PREPARED)
        (parked,) = rows_in(installation, FlowState.PARKED)
        assert prepared.status_index >= BEFORE + IN_THE_GAP
        assert parked.parked_code == Code.LICENCE_RESERVED
        release(installation)
        run_until_quiet(installation, RULE)
        assert len(rows_in(installation, FlowState.PUBLISHED)) == BEFORE + 1


def test_lost_licence_can_be_revoked(past: Past, restored: Path, tmp_path: Path) -> None:
    """Nobody has its data here, but its holder has the file."""
    put_back(past, restored, "signer", "files")
    copy = min(past.copies.glob("*.pdf")).read_bytes()
    with opened(restored) as installation:
        run(installation, decisions=past.decisions)
        run_until_quiet(installation, RULE)
        assert verdicts(restored, [copy], installation) == [Verdict.VALID]
        decide(installation, leaf_of(copy), StatusWord.REVOKED, tmp_path / "kept")
        assert verdicts(restored, [copy], installation) == [Verdict.INVALID]
        run(installation, copies=past.copies)
        run_until_quiet(installation, RULE)
        assert verdicts(restored, [copy], installation) == [Verdict.INVALID]


def test_public_log_from_elsewhere(past: Past, restored: Path, tmp_path: Path) -> None:
    shutil.copytree(past.home / "public" / "log", tmp_path / "mirror")
    put_back(past, restored, "public")
    with opened(restored) as installation:
        said = run(installation, apply=False)
        assert len(said.missing) == 2
        with refuses(Code.NOT_FOUND):
            run(installation)
        report = run(installation, manifests=str(tmp_path / "mirror"), decisions=past.decisions)
        assert report.missing == ()
        run_until_quiet(installation, RULE)
        check_whole(restored, installation, BEFORE + IN_THE_GAP + 1)
    kept = {place.name for place in (restored / "public").rglob("*.cbor")}
    assert kept >= {place.name for place in (tmp_path / "mirror").rglob("*.cbor")}


def claim(installation: Installation, leaf: Leaf | None) -> None:
    """Let a holder claim a licence."""
    assert leaf is not None
    desk = installation.claim_desk()
    key, code = ec.generate_private_key(ec.SECP256R1()), desk.make_code(leaf)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "holder")])
    asked = x509.CertificateSigningRequestBuilder().subject_name(name)
    asked = asked.add_attribute(AttributeOID.CHALLENGE_PASSWORD, challenge(code))
    csr = asked.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    desk.claim(ClaimRequest(code, csr))


def test_holders_certificates_that_the_ca_has_noted(past: Past, tmp_path: Path) -> None:
    """One is anchored, one is not; the database knows of neither."""
    home = tmp_path / "home"
    shutil.copytree(past.home, home)
    with opened(home) as installation:
        run_until_quiet(installation, RULE)
        first, second = rows_in(installation, FlowState.PUBLISHED)[2:4]
        claim(installation, first.leaf)
        run_until_quiet(installation, RULE)
        claim(installation, second.leaf)
        settle(installation)
    put_back(past, home, DATABASE)
    with opened(home) as installation:
        report = run(installation, decisions=past.decisions)
        assert (report.numbers["certificates"], report.numbers["reserved"]) == (2, 1)
        assert report.next_index == BEFORE + IN_THE_GAP + 3
        run_until_quiet(installation, RULE)
        with installation.base.store.read() as unit:
            assert first.leaf is not None
            assert second.leaf is not None
            both = [*unit.claims.of_licence(first.leaf), *unit.claims.of_licence(second.leaf)]
            assert all(unit.anchors.evidence(each.leaf) is not None for each in both)
            assert unit.recovery.reserved(first.registry, first.authority) == ()
        assert [each.status_index for each in both] == [
            BEFORE + IN_THE_GAP + 1,
            BEFORE + IN_THE_GAP + 2,
        ]
        assert not run(installation).differs


def test_public_folder_that_was_lost_is_made_anew(past: Past, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(past.home, home)
    shutil.rmtree(home / "public" / "log")
    with opened(home) as installation:
        assert not run(installation).differs
        origin = log_origin(installation.estate.registry, authority_of(installation))
    made, lost = (public_folder(each) for each in (home, past.home))
    note = lost.reader.checkpoint(origin)
    assert made.reader.checkpoint(origin) == note
    assert note is not None
    size = parse(note).checkpoint.size
    assert made.reader.entries(origin, size) == lost.reader.entries(origin, size)
    names = [{place.name for place in each.root.rglob("*.cbor")} for each in (made, lost)]
    assert names[0] == names[1]


def test_node_that_hides_an_event_is_not_believed(restored: Path) -> None:
    class Hiding:
        """Leaves out one batch."""

        def __init__(self, installation: Installation, place: Place) -> None:
            self.real = events_of(installation.estate, installation.chain, place)

        def events(self, first: int, last: int) -> Iterator[Event]:
            found = list(self.real.events(first, last))
            yield from (*found[:-2], found[-1])

        def head(self, at: int) -> tuple[int, Digest]:
            return self.real.head(at)

    with opened(restored) as installation:
        authority = authority_of(installation)
        (place,) = places_of(installation.estate, installation.chain, authority)
        with refuses(Code.HISTORY_MISMATCH):
            read_chain(place, Hiding(installation, place), fast_keccak)


KILLED = """
import os, signal, sys
from pathlib import Path
from {module} import {owner}
real = {owner}.{name}
def deadly(*given, **named):
    real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
{owner}.{name} = deadly
from tests.integration.test_restore import opened, run
with opened(Path(sys.argv[1])) as installation:
    run(installation, decisions=Path(sys.argv[2]))
"""


@pytest.mark.parametrize(
    ("module", "owner", "name"),
    [
        pytest.param("anzheng.files", "FolderFileStore", "put", marks=pytest.mark.slow),
        pytest.param("signer.ledger", "Ledger", "reserve", marks=pytest.mark.slow),
        ("anchor.public_log", "LogFolder", "keep_entries"),
    ],
)
def test_killed_while_it_is_brought_back(
    past: Past, restored: Path, module: str, owner: str, name: str
) -> None:
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            KILLED.format(module=module, owner=owner, name=name),
            str(restored),
            str(past.decisions),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-1_000:]
    with opened(restored) as installation:
        run(installation, decisions=past.decisions)
        run_until_quiet(installation, RULE)
        check_whole(restored, installation, BEFORE + IN_THE_GAP + 1)

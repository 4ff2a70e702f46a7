"""SIGKILL at every durable step of a batch of 50, then a restart: every licence exactly once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from anchor.chain.codec import ANCHORED_TOPIC
from anzheng import keyring as keyrings
from anzheng.demo.world import sample_rows
from anzheng.flows import release as releasing
from anzheng.flows.samples import many_rows
from anzheng.settings import Settings, load
from anzheng.store.database import Store
from anzheng.store.licences import FlowState, StoredLicence
from anzheng.trial import set_up_in, specs_of
from anzheng.wiring import Installation, attach, open_base
from licence.formats import release as formats
from licence.formats.verdict import Verdict
from licence.ids import BatchId
from signer.ledger import Ledger
from verifier.policy import BATCH
from verifier.trust import load_trust
from verifier.verify import verify_many

ROOT = Path(__file__).parents[2]
ISSUER = ROOT / "tests" / "e2e" / "killed_issuer.py"
BATCH_SIZE = 50
SIGKILLED = -9
POINTS = ("file-stored", "signed", "batched", "sent", "before-filled", "filling")
"""Those of `killed_issuer.py`."""

PARTS = 4
"""Into so many tests the matrix of all steps is divided."""

LEAST_STEPS = 30
HANG_SECONDS = 1_200


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which 50 licences of one authority are released and not signed."""
    home = tmp_path_factory.mktemp("released") / "home"
    with open_base(load(data_dir=home)) as base:
        template = sample_rows("roster.json", base.clock.now())[0]
        rows = many_rows(BATCH_SIZE, template, year=base.clock.now().year)
        estate = set_up_in(base, specs_of(rows))
        assert base.preparer().import_roster(rows).problems == ()
        (entry,) = estate.authorities
        with attach(base) as installation:
            statement = releasing.draft(base.store, base.clock, base.entropy, entry.id)
            for officer in entry.officers:
                key = base.ring.open(keyrings.officer_key(officer.id))
                statement = releasing.sign(statement, officer.id, key)
            office = installation.offices.open(entry.id)
            releasing.submit(base.store, base.clock, office, formats.encode(statement))
    return home


def run_issuer(home: Path, point: str) -> subprocess.CompletedProcess[bytes]:
    """Run the issuing process to its end."""
    return subprocess.run(
        [sys.executable, str(ISSUER), str(home), point],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
        timeout=HANG_SECONDS,
        capture_output=True,
    )


def rows_of(settings: Settings) -> tuple[StoredLicence, ...]:
    """Return every licence that is out."""
    store = Store(settings.database)
    try:
        with store.read() as unit:
            assert unit.licences.counts() == {FlowState.PUBLISHED: BATCH_SIZE}
            return unit.licences.in_state(FlowState.PUBLISHED)
    finally:
        store.close()


@pytest.mark.parametrize("point", POINTS)
def test_every_licence_exactly_once(released: Path, tmp_path: Path, point: str) -> None:
    home = tmp_path / "home"
    shutil.copytree(released, home)
    assert run_issuer(home, point).returncode == SIGKILLED
    check_all_once(home)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_after_every_durable_step_there_is(
    released: Path, tmp_path: Path, part: int
) -> None:
    """Every transaction of the database, file, note and send of the whole life of a batch."""
    step = 1 + part
    # How often it looks again, and so the number of steps, is another one in every run.
    while (ended := killed_after(released, tmp_path / f"step-{step}", step)) is None:
        step += PARTS
    assert ended < step
    assert step > LEAST_STEPS


def killed_after(released: Path, home: Path, step: int) -> int | None:
    """Let an issuer die after a step; return how many there were if it came to its end before."""
    shutil.copytree(released, home)
    ended = run_issuer(home, f"step:{step}")
    assert ended.returncode in (0, SIGKILLED), (step, ended.stderr[-2000:])
    check_all_once(home)
    shutil.rmtree(home)
    return None if ended.returncode else int(ended.stdout.split()[-1])


def check_all_once(home: Path) -> None:
    """Let a new process go on, and see that every licence is out exactly once."""
    again = run_issuer(home, "none")
    assert again.returncode == 0, again.stderr[-2000:]
    settings = load(data_dir=home)
    rows = rows_of(settings)
    assert len({row.leaf for row in rows}) == BATCH_SIZE
    assert sorted(row.status_index for row in rows) == list(range(BATCH_SIZE))
    assert len({(row.licence_no, row.version) for row in rows}) == BATCH_SIZE
    _check_ledger(home, rows)
    _check_files(settings, home, rows)


def _check_ledger(home: Path, rows: tuple[StoredLicence, ...]) -> None:
    ledger = Ledger(home / "signer" / f"{rows[0].authority}.sqlite3")
    assert ledger.signed_count(rows[0].authority) == BATCH_SIZE
    ledger.close()


def _check_files(settings: Settings, home: Path, rows: tuple[StoredLicence, ...]) -> None:
    with open_base(settings) as base, attach(base) as installation:
        _check_batches(installation, rows)
        now = base.clock.now()
        trust = load_trust(home / "trust", now=now)
        files = [base.files.get(row.final_pdf) for row in rows if row.final_pdf]
        reports = list(verify_many(files, trust, policy=BATCH, now=now))
    assert [report.verdict for report in reports] == [Verdict.VALID] * BATCH_SIZE
    assert {report.leaf for report in reports} == {row.leaf for row in rows}


def _check_batches(installation: Installation, rows: tuple[StoredLicence, ...]) -> None:
    """Every place of every batch is taken once, and every batch is on the chain once.

    A death while signing may leave two batches instead of one; then each has its own leaves.
    """
    places: dict[str, list[int]] = {}
    for row in rows:
        assert row.batch_id is not None
        assert row.batch_place is not None
        places.setdefault(row.batch_id, []).append(row.batch_place)
    authority = rows[0].authority
    for batch_id, taken in places.items():
        with installation.base.store.read() as unit:
            batch = unit.anchors.batch(BatchId(batch_id))
        assert batch is not None
        assert sorted(taken) == list(range(batch.size))
        assert installation.chain.anchored(authority, batch.root, batch.size, batch.manifest)
    topics = [f"0x{ANCHORED_TOPIC.hex()}"]
    asked = {"fromBlock": "0x0", "topics": topics}
    assert len(installation.chain.node.ask("eth_getLogs", asked)) == len(places)

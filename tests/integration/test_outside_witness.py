"""An installation with a witness that somebody else runs: cosigned, believed from its block on."""

from pathlib import Path

import pytest

from anzheng.demo.world import sample_rows
from anzheng.flows.samples import many_rows
from anzheng.flows.trust import renew
from anzheng.flows.witness_seats import add_witness, retire_witness
from anzheng.settings import WitnessSettings, load
from anzheng.store.licences import FlowState
from anzheng.trial import set_up_in, specs_of
from anzheng.wiring import Installation, attach, open_base
from anzheng.witness_home import WitnessHome
from anzheng.witness_http import WitnessServer, serving
from licence.formats import evidence as evidences
from licence.formats.checkpoint import LogKey, parse
from licence.formats.evidence import WitnessEvidence, log_origin
from licence.formats.verdict import Verdict
from licence.formats.verifier_key import encode_log_key
from tests.fakes.clock import FakeClock
from tests.fakes.devchain import ANVIL
from tests.integration.test_restore import issue, rows_in, settle, verdicts

pytestmark = pytest.mark.tools(str(ANVIL))

TRIAL = ["audit.example", "press.example"]
OUTSIDE = "tax.example"


def newest_witnesses(installation: Installation) -> list[str]:
    """Return who cosigned for the newest licence, and see that any verifier accepts it."""
    row = rows_in(installation, FlowState.PUBLISHED)[-1]
    assert row.leaf is not None
    assert row.final_pdf is not None
    with installation.base.store.read() as unit:
        found = unit.anchors.evidence(row.leaf)
    assert found is not None
    evidence = evidences.decode(found)
    assert isinstance(evidence, WitnessEvidence)
    file = installation.base.files.get(row.final_pdf)
    home = installation.base.settings.data_dir
    assert verdicts(home, [file], installation) == [Verdict.VALID]
    return [line.name for line in parse(evidence.checkpoint).cosignatures]


def test_witness_comes_and_another_goes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with open_base(load(data_dir=home)) as base:
        template = sample_rows("roster.json", base.clock.now())[0]
        rows = many_rows(3, template, year=base.clock.now().year)
        estate = set_up_in(base, specs_of(rows))
        key = base.ring.open(f"log-{estate.authorities[0].id}")
        origin = log_origin(estate.registry, estate.authorities[0].id)
        log_key = encode_log_key(LogKey(origin, key.public_raw))
        with attach(base) as installation:
            issue(installation, rows[:1])
            assert newest_witnesses(installation) == TRIAL
            height = installation.chain.height()
            settle(installation)
    far = WitnessHome(tmp_path / "tax", b"password")
    add_witness(home, far.begin(OUTSIDE), height + 1)
    far.add_log(log_key, str(home / "public" / "log"))
    with (
        far.opened(FakeClock()) as witness,
        serving(WitnessServer(("127.0.0.1", 0), witness)) as at,
    ):
        outside = (WitnessSettings(name=OUTSIDE, url=at.url),)
        with open_base(load(data_dir=home, witness=outside)) as base:
            with attach(base) as installation:
                trusted = (installation.estate, base.ring, base.trust_folder)
                assert renew(base.settings, *trusted, now=base.clock.now()) == 2
                # It is asked about the whole log, and begins with what it is shown.
                issue(installation, rows[1:2])
                assert newest_witnesses(installation) == [*TRIAL, OUTSIDE]
                retire_witness(home, "press.example", installation.chain.height())
            with attach(base) as installation:
                trusted = (installation.estate, base.ring, base.trust_folder)
                assert renew(base.settings, *trusted, now=base.clock.now()) == 3
                issue(installation, rows[2:3])
                assert newest_witnesses(installation) == ["audit.example", OUTSIDE]
                settle(installation)
        assert [one.size for one in far.store().all()] == [3]

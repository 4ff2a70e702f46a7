"""A licence key leaks, from the ceremony to the new licences: on a chain, with the real clock."""

import time
from pathlib import Path

from anzheng import key_book
from anzheng import keyring as keyrings
from anzheng.demo.world import sample_rows
from anzheng.flows import keys as ceremonies
from anzheng.flows import release as releasing
from anzheng.flows import status as deciding
from anzheng.flows.anchor import BatchRule
from anzheng.flows.key_ceremony import Attendance
from anzheng.flows.keys import Closing, Wish
from anzheng.flows.reissue import Reissuer, superseding
from anzheng.flows.samples import many_rows
from anzheng.jobs import run_until_quiet
from anzheng.settings import load
from anzheng.store.licences import FlowState
from anzheng.trial import set_up_in, specs_of
from anzheng.wiring import Base, Installation, attach, open_base
from licence.errors import Code
from licence.formats import cms, hole
from licence.formats import release as formats
from licence.formats.ceremony import Act
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from licence.ids import AuthorityId
from tests.fakes.refusal import refuses
from verifier.policy import BATCH
from verifier.trust import load_trust
from verifier.verify import verify_many

COUNT = 3
AT_ONCE = BatchRule(licences=10_000, seconds=0)


def issue(installation: Installation, authority: AuthorityId) -> None:
    base = installation.base
    statement = releasing.draft(base.store, base.clock, base.entropy, authority)
    for officer in installation.estate.authority(authority).officers:
        key = base.ring.open(keyrings.officer_key(officer.id))
        statement = releasing.sign(statement, officer.id, key)
    office = installation.offices.open(authority)
    releasing.submit(base.store, base.clock, office, formats.encode(statement))
    run_until_quiet(installation, AT_ONCE)


def files(base: Base, version: int) -> list[bytes]:
    with base.store.read() as unit:
        rows = unit.licences.in_state(FlowState.PUBLISHED)
    return [
        base.files.get(row.final_pdf)
        for row in rows
        if row.version == version and row.final_pdf is not None
    ]


def judge(base: Base, pdfs: list[bytes]) -> list[Report]:
    now = base.clock.now()
    trust = load_trust(base.trust_folder, now=now)
    return list(verify_many(pdfs, trust, policy=BATCH, now=now))


def key_of(pdf: bytes) -> bytes:
    return cms.parse(hole.contents(pdf, hole.find(pdf))).signer_certificate


def test_a_leak_from_ceremony_to_new_licences(tmp_path: Path) -> None:
    with open_base(load(data_dir=tmp_path / "home")) as base:
        template = sample_rows("roster.json", base.clock.now())[0]
        rows = many_rows(COUNT, template, year=base.clock.now().year)
        (entry,) = set_up_in(base, specs_of(rows)).authorities
        old, new = (keyrings.signer_key(entry.id) + suffix for suffix in ("", "-2"))
        assert base.preparer().import_roster(rows).problems == ()
        with attach(base) as installation:
            issue(installation, entry.id)
            assert [each.verdict for each in judge(base, files(base, 1))] == [Verdict.VALID] * COUNT
            # The key leaks after the last block.
            time.sleep(2)
            office, keys = base.key_office(), [keyrings.officer_key(o.id) for o in entry.officers]
            present = Attendance(
                dict(zip([o.id for o in entry.officers], map(base.ring.open, keys), strict=True)),
                "示例机房",
            )
            now = base.clock.now()
            ceremonies.close(office, Closing(entry.id, old, "泄露", now), present)
            reissuer = Reissuer(base.store, base.files, base.clock, base.preparer())
            certificate = key_book.digest_of(base.ring.certificate(old))
            assert reissuer.reissue(entry.id, certificate).prepared == COUNT
            # Asked again, nothing more is prepared; and nothing is signed without a key.
            second = reissuer.reissue(entry.id, certificate)
            assert (second.prepared, second.followed) == (0, COUNT)
            with refuses(Code.KEY_LOCKED):
                issue(installation, entry.id)
            ceremonies.make(office, Wish(Act.ROTATE, entry.id), present)
            issue(installation, entry.id)
            before, after = files(base, 1), files(base, 2)
            assert {key_of(pdf) for pdf in after} == {base.ring.certificate(new)}
            for report in judge(base, before):
                assert report.verdict is Verdict.VALID
                assert any(Code.KEY_CLOSED_LATER in check.notes for check in report.checks)
            for report in judge(base, after):
                assert report.verdict is Verdict.VALID
                assert report.licence is not None
                assert report.licence.draft.reissue_no == 1
            decision = superseding(base.store, base.clock, entry.id)
            assert decision is not None
            assert len(decision.subjects) == COUNT
            signed = deciding.sign(decision, entry.officers[0].id, base.ring.open(keys[0]))
            deciding.decide(base.store, base.clock, signed, installation.officers(entry.id))
            run_until_quiet(installation, AT_ONCE)
            installation.publish_lists()
            codes = {report.code for report in judge(base, before)}
            assert codes == {Code.STATUS_SUPERSEDED}
            assert superseding(base.store, base.clock, entry.id) is None
            assert {r.verdict for r in judge(base, after)} == {Verdict.VALID}

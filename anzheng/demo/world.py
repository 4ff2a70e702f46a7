"""What the demo's chapters share: the folder, the installation, and ways to verify."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from anzheng import keyring as keyrings
from anzheng.demo.story import Story
from anzheng.files import write_durably
from anzheng.flows import keys as ceremonies
from anzheng.flows import release as releasing
from anzheng.flows.anchor import BatchRule
from anzheng.flows.data_codes import open_code_desk
from anzheng.flows.export import export, file_name
from anzheng.flows.key_ceremony import Attendance
from anzheng.flows.keys import Wish
from anzheng.flows.roster import Row, read_roster
from anzheng.flows.samples import shift_roster
from anzheng.flows.sign import sign_release
from anzheng.flows.trust import copy_trust
from anzheng.settings import Settings, load
from anzheng.store.licences import FlowState, StoredLicence
from anzheng.wiring import Installation
from licence.domain.validity import shanghai_date
from licence.errors import AnzhengError, Code
from licence.formats import release as release_formats
from licence.formats import report as reports
from licence.formats.ceremony import Act, Purpose
from licence.formats.holder import PresentationRequest
from licence.formats.report import Report
from licence.formats.verdict import TABLE
from licence.ids import AuthorityId
from verifier.artefacts import Ask, QrText
from verifier.checks.c09_holder import Presented
from verifier.offline import no_network
from verifier.online import HttpRegistry
from verifier.policy import STRICT
from verifier.rpc import RpcChain
from verifier.show import show
from verifier.trust import load_trust
from verifier.trust_update import Source, update_trust
from verifier.verify import verify, verify_artefact

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
MARKER = ".anzheng-demo"
OFFICE = "office"
"""The authority's own side lies here: database, keys, chain. Everything else is for the world."""

PLACE = "演示 demo (示例)"
"""Where the demo's key ceremonies are held, as their records say."""

AT_ONCE = BatchRule(licences=10_000, seconds=0)


@dataclass(slots=True)
class World:
    """One telling of the story."""

    folder: Path
    story: Story
    installation: Installation
    url: str
    rows: tuple[Row, ...]

    @property
    def trust(self) -> Path:
        """The trust folder of somebody out in the field."""
        return self.folder / "trust"

    def now(self) -> datetime:
        """Return the present moment."""
        return self.installation.base.clock.now()

    def authorities(self) -> tuple[AuthorityId, ...]:
        """Return all authorities of the demo."""
        return tuple(entry.id for entry in self.installation.estate.authorities)

    def signed_release(
        self, authority: AuthorityId, officers: int = 2
    ) -> release_formats.ReleaseStatement:
        """Draft a release and let so many officers sign it."""
        base = self.installation.base
        statement = releasing.draft(base.store, base.clock, base.entropy, authority)
        for officer in self.installation.estate.authority(authority).officers[:officers]:
            key = base.ring.open(keyrings.officer_key(officer.id))
            statement = releasing.sign(statement, officer.id, key)
        return statement

    def release_all(self) -> int:
        """Release everything that is prepared, by two officers of each authority."""
        base = self.installation.base
        with base.store.read() as unit:
            waiting = unit.licences.authorities(FlowState.PREPARED)
        for authority in waiting:
            data = release_formats.encode(self.signed_release(authority))
            releasing.submit(
                base.store, base.clock, self.installation.offices.open(authority), data
            )
        return len(waiting)

    def deal_qr_keys(self) -> int:
        """Make each authority's QR key in a ceremony of its officers, and count those told of.

        Raises:
            AnzhengError: What a ceremony refuses with.
        """
        base = self.installation.base
        office = base.key_office()
        for entry in self.installation.estate.authorities:
            keys = {
                each.id: base.ring.open(keyrings.officer_key(each.id)) for each in entry.officers
            }
            wish = Wish(Act.INIT, entry.id, Purpose.QR)
            ceremonies.make(office, wish, Attendance(keys, PLACE))
        bundle = load_trust(base.trust_folder, now=self.now()).bundle
        return sum(len(each.qr_keys) for each in bundle.authorities)

    def sign_released(self) -> None:
        """Let the signer sign everything that is released, and count it visibly."""
        base = self.installation.base
        with base.store.read() as unit:
            waiting = [key for topic, key in unit.outbox.waiting() if topic == releasing.TOPIC]
            count = unit.licences.counts().get(FlowState.RELEASED, 0)
        with self.story.bar("签名", "signing", count) as bar:
            for release_id in waiting:
                sign_release(
                    base.store,
                    base.files,
                    base.clock,
                    self.installation.offices,
                    release_id,
                    chunk=1,
                    on_signed=bar.done,
                )

    def published(self) -> tuple[StoredLicence, ...]:
        """Return every licence that is out."""
        with self.installation.base.store.read() as unit:
            return unit.licences.in_state(FlowState.PUBLISHED)

    def licence(self, number: str, version: int = 1) -> StoredLicence:
        """Find a licence of the demo by its number."""
        for row in self.published():
            if (row.licence_no, row.version) == (number, version):
                return row
        raise AnzhengError(Code.NOT_FOUND, f"the demo has no licence {number}")

    def pdf(self, row: StoredLicence) -> bytes:
        """Return the file as it was handed out."""
        return (self.folder / "licences" / f"{file_name(row)}.pdf").read_bytes()

    def hand_out(self) -> int:
        """Write licences, evidence and data codes for the world."""
        base = self.installation.base
        done = export(
            base.store,
            base.files,
            base.clock,
            self.folder,
            codes=lambda: open_code_desk(base.key_office()),
        )
        return len(done)

    def refresh_trust(self) -> None:
        """Bring the field's trust folder up to date, over HTTP once it is there."""
        if not self.trust.exists():
            # The first copy comes by hand; later ones over the network.
            copy_trust(self.installation.base.trust_folder, self.trust, now=self.now())
        update_trust(self.trust, Source(f"{self.url}/trust"), now=self.now())

    def tidy_trust(self) -> None:
        """Leave nothing in the trust folder but its present state."""
        with without(self.folder / "older-trust") as older:
            self.trust.rename(older)
            copy_trust(older, self.trust, now=self.now())

    def verify_online(self, pdf: bytes, name: str, presented: Presented | None = None) -> Report:
        """Verify with registry and chain, over HTTP, and keep the report."""
        estate = self.installation.estate
        chain = RpcChain(self.installation.base.rpc_url, estate.chain_id)
        online = HttpRegistry(self.url, {estate.chain_id: chain})
        trust = load_trust(self.trust, now=self.now())
        with closing(chain), closing(online):
            report = verify(
                pdf, trust, policy=STRICT, now=self.now(), online=online, presentation=presented
            )
        return self._keep(report, name)

    def verify_offline(
        self,
        pdf: bytes,
        name: str,
        *,
        trust: Path | None = None,
        now: datetime | None = None,
        presented: Presented | None = None,
    ) -> Report:
        """Verify with a trust folder and nothing else; any socket would raise."""
        moment = now or self.now()
        with no_network():
            store = load_trust(trust or self.trust, now=moment)
            report = verify(pdf, store, policy=STRICT, now=moment, presentation=presented)
        return self._keep(report, name)

    def verify_code(
        self,
        text: str,
        name: str,
        *,
        challenge: str | None = None,
        request: PresentationRequest | None = None,
    ) -> Report:
        """Verify a code with a trust folder and nothing else; any socket would raise."""
        moment = self.now()
        ask = Ask(STRICT, moment, challenge=challenge, request=request)
        with no_network():
            report, _ = verify_artefact(QrText(text), load_trust(self.trust, now=moment), ask)
        return self._keep(report, name)

    def expect(self, zh: str, en: str, report: Report, expected: str) -> None:
        """Compare a verdict with what the story says: `verdict` or `verdict CODE`."""
        word = TABLE[report.verdict].words.zh
        found = f"{report.verdict.value} {report.code.value}"
        self.story.expect(zh, en, expected=expected, found=found)
        self.story.show(f"结论 {word}")

    def show(self, name: str, report: Report) -> None:
        """Show every check of a report with its facts."""
        show(self.story.console, name, report)

    def _keep(self, report: Report, name: str) -> Report:
        write_durably(self.folder / "reports" / f"{name}.json", reports.encode(report))
        return report


def sample_rows(name: str, moment: datetime) -> tuple[Row, ...]:
    """Return a sample roster, shifted to the day of a moment."""
    place = SAMPLES / name
    if not place.is_file():
        raise AnzhengError(Code.TOOL_MISSING, f"the samples are not there: {place}")
    return shift_roster(read_roster(place.read_bytes()), shanghai_date(moment))


def clean(folder: Path) -> None:
    """Empty the folder of an earlier telling; anybody else's folder is not touched.

    Raises:
        AnzhengError: CONFLICT for a folder that has something else in it.
    """
    if folder.exists():
        if any(folder.iterdir()) and not (folder / MARKER).exists():
            raise AnzhengError(
                Code.CONFLICT, f"{folder} has other files in it; name an empty folder"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / MARKER).touch()


def demo_settings(folder: Path, port: int) -> Settings:
    """Return the settings of a telling; what this machine has set otherwise does not matter."""
    given: dict[str, object] = {
        name: setting.default for name, setting in Settings.model_fields.items()
    }
    given |= {
        "data_dir": folder / OFFICE,
        "public_url": f"http://127.0.0.1:{port}",
        "listen_port": port,
        "chain_resend_seconds": 1,
        "anchor_batch_seconds": 0,
        "second_reader_every": 4,
    }
    return load(None, **given)


def free_port() -> int:
    """Return a TCP port that is free now; its number stands in the signed lists."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def without(folder: Path) -> Iterator[Path]:
    """Give a folder for one experiment, and remove it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

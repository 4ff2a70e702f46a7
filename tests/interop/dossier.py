"""Every licence of `rows` as a finished file: signed, timestamped, anchored, filled.

The judges take the machine's own time, so the PKI and the timestamps are of today. Everything is
made once in a test run, by the worker that comes first; so are the answers of judges that are
asked about all files at once.
"""

import fcntl
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import pytest

from anzheng.clock import SystemClock, SystemEntropy
from licence.domain.licence_types import LICENCE_TYPES
from licence.domain.model import Industry, LicenceVersion, StatusRef
from licence.formats import licence_json
from licence.formats.entitlement import make_entitlement
from licence.ids import RegistryId, StatusIndex
from signer.certificates import load_certificate
from signer.press import Press, PressJob
from signer.revocation import Revoked
from signer.sign import LicenceSigner
from signer.test_pki import TestPki, create_test_pki
from tests.builders import fill, make_evidence
from tests.fakes.drafts import draft_of
from tests.fakes.ports import free_port
from tests.interop import pdf_tools, twins
from tests.interop.rows import HARD, HARD_NAMES, NAMES, SAMPLES, Sample

REGISTRY: Final = RegistryId("cn-aqscxkz-test")
VERIFY_BASE: Final = "HTTPS://V.EXAMPLE/L/"
TYPES: Final = tuple(LICENCE_TYPES)
INDUSTRIES: Final = tuple(industry.value for industry in Industry)

PARTS: Final = 2
"""As many as `make test` has workers."""

_ALL: Final = (*SAMPLES.values(), *HARD.values())

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Dossier:
    """All finished files, bad twins of the first, and the root that a judge is to believe."""

    folder: Path

    @property
    def root(self) -> Path:
        """The root certificate, PEM."""
        return self.folder / "root.pem"

    @property
    def pki(self) -> Path:
        """What the CAs would publish: `root.crl`, `issuing.crl`; and one that revokes all."""
        return self.folder / "pki"

    @property
    def pki_port(self) -> int:
        """Port of 127.0.0.1 where the certificates say that it is published; nobody serves it."""
        return int((self.pki / "port").read_text("ascii"))

    @property
    def good(self) -> tuple[Path, ...]:
        """The finished files of all samples, in the order of `NAMES`."""
        return tuple(self.file(name) for name in NAMES)

    @property
    def hard(self) -> tuple[Path, ...]:
        """The finished files with hard content, in the order of `HARD_NAMES`."""
        return tuple(self.file(name) for name in HARD_NAMES)

    @property
    def bad(self) -> tuple[Path, ...]:
        """All twins."""
        return tuple(self.twin(each.__name__) for each in twins.TWINS)

    def file(self, name: str) -> Path:
        """Return the finished file of a sample."""
        return self.folder / "files" / f"{name}.pdf"

    def bare(self, name: str) -> Path:
        """Return the file of a sample as it was signed, without the proof of its anchor."""
        return self.folder / "bare" / f"{name}.pdf"

    def twin(self, name: str) -> Path:
        """Return a bad twin of the first sample."""
        return self.folder / "twins" / f"{name}.pdf"

    def once(self, name: str, make: Callable[[], Made], *, wait: bool = True) -> Made:
        """Return what `make` returns, which it is asked only once among all workers.

        Raises:
            BlockingIOError: When another worker is at it, and `wait` is false.
        """
        answer = self.folder / f"{name}.pickle"
        with alone(self.folder / f"{name}.lock", wait=wait):
            if not answer.exists():
                answer.write_bytes(pickle.dumps(make()))
        made: Made = pickle.loads(answer.read_bytes())  # noqa: S301 (written above)
        return made

    def judged(
        self, judge: str, files: Sequence[Path], ask: Callable[[Sequence[Path]], Sequence[Made]]
    ) -> dict[str, Made]:
        """Return what a judge says of each file, by its stem; a worker that waits takes a part."""
        parts = {f"{judge}-{number}": files[number::PARTS] for number in range(PARTS)}
        for name, part in parts.items():
            with suppress(BlockingIOError):
                self.once(name, partial(ask, part), wait=False)
        return {
            file.stem: answer
            for name, part in parts.items()
            for file, answer in zip(part, self.once(name, partial(ask, part)), strict=True)
        }


def open_dossier(factory: pytest.TempPathFactory, worker: str) -> Dossier:
    """Return the dossier of this test run, made by the worker that comes first."""
    base = factory.getbasetemp()
    dossier = Dossier((base if worker == "master" else base.parent) / "dossier")
    dossier.folder.mkdir(exist_ok=True)
    dossier.once("issued", lambda: _issue(dossier))
    return dossier


@contextmanager
def alone(lock: Path, *, wait: bool = True) -> Iterator[None]:
    """Let one worker in at a time; without waiting, the others get a `BlockingIOError`."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _issue(dossier: Dossier) -> int:
    for folder in ("files", "bare", "twins", "pki"):
        (dossier.folder / folder).mkdir(exist_ok=True)
    pki = _make_pki(dossier)
    clock, entropy = SystemClock(), SystemEntropy()
    press = Press(verify_base=VERIFY_BASE)
    for issuer in pki.signer_keys:
        signer = pki.licence_signer(issuer, clock=clock, entropy=entropy)
        _issue_batch(dossier, signer, press)
    twins.make_all(dossier.good[0].read_bytes(), dossier.folder / "twins")
    return len(_ALL)


def _make_pki(dossier: Dossier) -> TestPki:
    issuers = {sample.issuer: sample.row["issuer"] for sample in _ALL}
    now, port = SystemClock().now(), free_port()
    pki = create_test_pki(
        tuple(issuers.items()),
        now=now,
        entropy=SystemEntropy(),
        base_url=f"http://127.0.0.1:{port}",
        entitlements={code: make_entitlement(code, TYPES, INDUSTRIES) for code in issuers},
    )
    dossier.root.write_text(pdf_tools.pem(pki.root.certificate), "ascii")
    signers = [load_certificate(key.certificate) for key in pki.signer_keys.values()]
    all_revoked = [Revoked(each.serial_number, now) for each in signers]
    published = {
        "port": str(port).encode(),
        "root.crl": pki.root.crl((), now=now, number=1),
        "issuing.crl": pki.issuing.crl((), now=now, number=1),
        "revoked.crl": pki.issuing.crl(all_revoked, now=now, number=2),
    }
    for name, content in published.items():
        (dossier.pki / name).write_bytes(content)
    return pki


def _issue_batch(dossier: Dossier, signer: LicenceSigner, press: Press) -> None:
    own = [sample for sample in _ALL if sample.issuer == signer.authority]
    signed = []
    for data in _licences(own):
        prepared = press.press(PressJob(data, SystemClock().now(), signer.dss()))
        signed.append(signer.sign(signer.prepare(data, prepared)))
    proofs = make_evidence([each.leaf for each in signed], signer.authority)
    for sample, licence, proof in zip(own, signed, proofs, strict=True):
        dossier.bare(sample.name).write_bytes(licence.pdf)
        dossier.file(sample.name).write_bytes(fill(licence.pdf, proof))


def _licences(own: Sequence[Sample]) -> Iterator[bytes]:
    for place, sample in enumerate(own):
        status = StatusRef(REGISTRY, StatusIndex(place))
        yield licence_json.encode(LicenceVersion(draft_of(sample.row), status))

"""A verifier's service with its pages, for browsers: real checks, a clock that stands still.

What is handed in was issued by a test authority of its own: a good licence, an altered one, and so
on; `site.files` names them, `site.codes` the QR texts.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from unittest import mock

import pikepdf
from PIL import Image, ImageOps
from qrcodegen import QrCode

from licence.domain.status import StatusWord
from licence.formats import licence_json
from licence.formats.copy_file import encode_copy
from licence.formats.qr import printed_of
from licence.formats.short_code import short_code
from signer import pades
from signer.press import PressJob
from tests.builders import SIGNED_AT, World, fill, make_evidence, make_world, side_row
from tests.fakes.clock import FakeClock
from tests.fakes.copies import make_copy
from tests.fakes.entropy import SeededEntropy
from tests.fakes.qr_world import make_holder, printed_code, with_qr_keys
from tests.fakes.reporting import MADE_AT, kept, seal_of
from verifier.report_file.make import Named, make_report_file
from verifier.service.opening import open_service
from verifier.service.running import serving
from verifier.service.settings import load

GOOD, SUSPENDED, REVOKED, DIFFERENT = range(4)
"""Status indices."""

MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Site:
    """A running service.

    Attributes:
        url: Where it is.
        now: What its clock shows.
        files: Licences and what is none, by name.
        codes: Texts of QR codes, by name.
        number: Of the good licence.
        short_code: Of the good licence.
    """

    url: str
    now: datetime
    files: Mapping[str, Path]
    codes: Mapping[str, str]
    number: str
    short_code: str


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """Run the service over files made in a folder."""
    world = make_world("verifier site")
    world.bundle = with_qr_keys(world.bundle)
    files, codes, code = _make(world, folder)
    world.write_trust(folder / "trust")
    settings = load(
        trust_folder=folder / "trust",
        state_dir=folder / "state",
        workers=1,
        job_seconds=60.0,
        address_per_minute=MANY,
        address_per_day=MANY,
    )
    clock = FakeClock(world.now)
    with open_service(settings, clock, SeededEntropy("site")) as opened, serving(opened) as url:
        yield Site(url.rstrip("/"), world.now, files, codes, world.version().draft.licence_no, code)


def _make(world: World, folder: Path) -> tuple[dict[str, Path], dict[str, str], str]:
    versions = [world.version(index) for index in range(3)]
    good, suspended, revoked = world.issue_all(versions)
    day = date(2026, 11, 20)
    world.publish(
        {SUSPENDED: StatusWord.SUSPENDED, REVOKED: StatusWord.REVOKED},
        [
            side_row(SUSPENDED, StatusWord.SUSPENDED, day, until=date(2026, 12, 20)),
            side_row(REVOKED, StatusWord.REVOKED, day),
        ],
    )
    altered = bytearray(good.pdf)
    altered[2_000] ^= 1
    made = {
        "good": good.pdf,
        "suspended": suspended.pdf,
        "revoked": revoked.pdf,
        "pending": good.bare,
        "altered": bytes(altered),
        "appended": good.pdf + b"\n",
        "different": _different(world),
        "foreign": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n",
    }
    holder = make_holder(world, version=good.version, leaf=good.leaf)
    made["copy"] = encode_copy(make_copy(good, holder))
    made["report"] = make_report_file(
        [Named("good.pdf", kept("suspended"))], seal=seal_of(world), now=MADE_AT
    )
    files = {name: folder / f"{name}{'.json' if name == 'copy' else '.pdf'}" for name in made}
    for name, data in made.items():
        files[name].write_bytes(data)
    said = printed_of(good.version, leaf=good.leaf, issued_at=SIGNED_AT)
    code = short_code(good.data)
    codes = {
        "printed": printed_code(said),
        "screen": holder.screen(world.now),
        "old_screen": holder.screen(world.now - timedelta(minutes=5)),
        "pointer": f"HTTPS://V.EXAMPLE/L/{code}",
        "other": "https://evil.example/?pay=1",
    }
    return files, codes, code


def _different(world: World) -> bytes:
    """Return a file of a dishonest press: signed data that the page does not show."""
    shown, said = (
        world.version(DIFFERENT),
        world.version(DIFFERENT, enterprise_name="大连镕森化工有限公司"),
    )
    save = pades._save

    def tampered(pdf: pikepdf.Pdf) -> bytes:
        pdf.Root.AF[0].EF.F.write(licence_json.encode(said))
        return save(pdf)

    signer = world.pki.licence_signer(
        said.draft.issuer_code, clock=world.clock, entropy=world.entropy
    )
    job = PressJob(licence_json.encode(shown), world.clock.now(), signer.dss())
    with mock.patch.object(pades, "_save", tampered), mock.patch("signer.press.check_page"):
        prepared = world.press.press(job)
    signed = signer.sign(signer.prepare(licence_json.encode(said), prepared))
    return fill(signed.pdf, make_evidence([signed.leaf])[0])


def draw_code(text: str, module: int = 6) -> Image.Image:
    """Draw a QR code with its quiet zone."""
    code = QrCode.encode_text(text, QrCode.Ecc.MEDIUM)
    size = code.get_size()
    picture = Image.new("L", (size, size), 255)
    for y in range(size):
        for x in range(size):
            if code.get_module(x, y):
                picture.putpixel((x, y), 0)
    wide = picture.resize((size * module, size * module), Image.Resampling.NEAREST)
    return ImageOps.expand(wide, border=4 * module, fill=255)


def film(text: str, path: Path, frames: int = 10) -> Path:
    """Write what a camera sees that is held over a code: an .mjpeg, JPEGs one after the other."""
    stage = Image.new("RGB", (1280, 720), "#8a8478")
    code = draw_code(text, module=5).convert("RGB").rotate(4, expand=True, fillcolor="#8a8478")
    if code.height > 700:
        code = code.resize((700, 700), Image.Resampling.LANCZOS)
    stage.paste(code, ((1280 - code.width) // 2, (720 - code.height) // 2))
    out = BytesIO()
    stage.save(out, "JPEG", quality=90)
    path.write_bytes(out.getvalue() * frames)
    return path

"""Single steps, each alone in one process, beside one bare RSA-2048 signature."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from licence.formats import cms, hole
from licence.formats.short_code import short_code
from licence.ids import Digest
from licence.pages import make_plan
from signer import qr
from signer.layout import read_layout
from signer.pades import prepare
from signer.page_text import check_page
from signer.render import Renderer, template_folder
from tests.builders import VERIFY_BASE, make_evidence
from tools.bench.document import Bench
from tools.bench.measures import Measure, Peer, side_by_side

TIMES: Final = 200
SLOW_TIMES: Final = 60
SIGN: Final = "sign_ms"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it may take, in ms, and what it does."""

    name: str
    limit: float
    target: float
    note: str
    times: int
    work: Callable[[], object]


def step_measures(bench: Bench) -> tuple[Measure, ...]:
    """Measure each step between `licence.json` and the finished file."""
    return tuple(_measure(bench, step) for step in (*_pressing(bench), *_signing(bench)))


def _measure(bench: Bench, step: Step) -> Measure:
    """Measure a step and bare RSA-2048 in turns."""
    both = step.name == SIGN
    ruler = bench.sign_bare if both else lambda: bench.key.sign(bench.data)
    value, bare = side_by_side((step.work, ruler), step.times)
    return Measure(
        name=step.name,
        value=value,
        unit="ms",
        limit=step.limit,
        target=step.target,
        at_least=False,
        peer=Peer(f"{'two' if both else 'one'} bare RSA-2048 signing", bare),
        note=step.note,
    )


def _pressing(bench: Bench) -> tuple[Step, ...]:
    version, data, job = bench.version, bench.data, bench.job
    renderer = Renderer(verify_base=VERIFY_BASE)
    code = short_code(data)
    plan = make_plan(version, code)
    rendered = renderer.render(plan, data, version.draft.glyphs)

    def write_qr() -> None:
        qr.to_svg(qr.make_qr(VERIFY_BASE, code))

    def prepare_page() -> None:
        prepare(
            rendered,
            version=version,
            plan=plan,
            licence_json=Digest(sha256(data).digest()),
            layout=read_layout(template_folder(plan.template)),
            signing_time=job.signing_time,
            dss=job.dss,
        )

    def render_page() -> None:
        renderer.render(make_plan(version, code), data, version.draft.glyphs)

    def check_text() -> None:
        check_page(bench.prepared.pdf, version, data)

    return (
        Step("render_ms", 6, 5, "plan, QR code and Typst: one page", SLOW_TIMES, render_page),
        Step("qr_draw_ms", 2, 1, "the QR code of a page: made, read back, as SVG", TIMES, write_qr),
        Step("prepare_ms", 10, 5, "print, seals, DSS, XMP, save", SLOW_TIMES, prepare_page),
        Step("check_ms", 15, 8, "page text read back and compared", SLOW_TIMES, check_text),
    )


def _signing(bench: Bench) -> tuple[Step, ...]:
    signer, prepared = bench.signer, bench.prepared
    signed = signer.sign(signer.prepare(bench.data, prepared, version=bench.version))
    imprint = Digest(sha256(b"a signature").digest())
    tsa = bench.world.pki.tsa(clock=bench.world.clock, entropy=bench.world.entropy)
    (evidence,) = make_evidence([signed.leaf])

    def fill() -> None:
        place = hole.find(signed.pdf)
        hole.fill(signed.pdf, place, cms.with_evidence(signed.cms, evidence))

    sign = "check, CMS, RSA-2048 signature verified at once, test timestamp, splice: one file"
    return (
        Step(SIGN, 1, 1, sign, TIMES, bench.sign),
        Step("time_ms", 0.5, 0.4, "one token of the test timestamp authority", TIMES,
             lambda: tsa.timestamp(imprint)),
        Step("fill_ms", 1, 0.5, "gate, CMS with evidence, splice", TIMES, fill),
    )  # fmt: skip

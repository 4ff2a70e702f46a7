"""How long a QR object takes to be checked, status and all: text in, report out."""

from dataclasses import replace
from typing import Final

from licence.formats.qr import printed_of
from tests.builders import SIGNED_AT, make_world
from tests.fakes.copies import copy_of
from tests.fakes.qr_world import (
    CHALLENGE,
    QUESTION,
    SHOWN_AT,
    make_holder,
    printed_code,
    with_qr_keys,
)
from tools.bench.measures import Measure, Peer, side_by_side
from verifier.artefacts import Artefact, Ask, CopyFile, QrText
from verifier.policy import BATCH
from verifier.verify import verify_artefact

TIMES: Final = 200
LIMIT_MS: Final = 1


def measures() -> list[Measure]:
    """Measure a printed code, a screen code, an answer and a copy in turns."""
    world = make_world()
    trust = world.trust(with_qr_keys(world.bundle))
    holder = make_holder(world)
    said = printed_of(holder.version, leaf=holder.leaf, issued_at=SIGNED_AT)
    ask = Ask(BATCH, SHOWN_AT)
    spoken = replace(ask, challenge=CHALLENGE)

    def check(artefact: Artefact, asked: Ask) -> None:
        report, _ = verify_artefact(artefact, trust, asked)
        report.require()

    printed, screen = QrText(printed_code(said)), QrText(holder.screen())
    answer = QrText(holder.answer())
    copy = CopyFile(copy_of(world, world.issue(world.version())))
    two_way = replace(ask, request=QUESTION)
    times = side_by_side(
        (
            lambda: check(printed, ask),
            lambda: check(screen, spoken),
            lambda: check(answer, two_way),
            lambda: check(copy, ask),
        ),
        TIMES,
    )
    printed_ms, screen_ms, answer_ms, copy_ms = times
    peer = Peer("base45, COSE, inflate, status in the laboratory (research wallet 3.1)", 0.17)
    return [
        Measure(
            name="qr_ms",
            value=printed_ms,
            unit="ms",
            limit=LIMIT_MS,
            target=LIMIT_MS,
            at_least=False,
            peer=peer,
            note="a printed data code: text, COSE, key, status and side list, dates, report",
        ),
        _measure("qr_screen_ms", screen_ms, 1, "a screen code: two signatures, a certificate"),
        _measure("qr_answer_ms", answer_ms, 1, "an answer to our question: the same"),
        _measure("copy_ms", copy_ms, 20, "a limited copy: all of a file but its page"),
    ]


def _measure(name: str, value: float, limit: float, note: str) -> Measure:
    return Measure(name, value, "ms", limit, limit, at_least=False, peer=None, note=note)

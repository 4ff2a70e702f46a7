"""Codes over the service: printed, on a screen, in answer to our question, and numbers."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from licence.formats.qr_exchange import encode_question
from licence.formats.qr_text import QrKind
from tests.builders import make_world
from tests.fakes.qr_world import (
    CHALLENGE,
    PURPOSE,
    QUESTION,
    SHOWN_AT,
    Holder,
    make_holder,
    text_of,
    with_qr_keys,
)
from tests.fakes.thread_engine import ThreadEngine
from tests.fakes.verifier_service import NOW, service
from tests.fakes.web import AppClient

HERE = "/v1/verifications"
TEXT = {"Content-Type": "text/plain; charset=utf-8"}
ASKED = text_of(QrKind.REQUEST, encode_question(QUESTION))

Codes = tuple[AppClient, Holder]


@pytest.fixture
def codes(tmp_path: Path) -> Iterator[Codes]:
    world = make_world()
    holder = make_holder(world)
    with service(tmp_path, ThreadEngine(world.trust(with_qr_keys(world.bundle)))) as made:
        assert made.clock.now() == NOW == SHOWN_AT
        yield AppClient(made.app), holder


def ask(codes: Codes, text: str, **wishes: str) -> dict[str, object]:
    """Ask about a text; return verdict and code, or status and code of a problem."""
    query = "&".join(f"{name}={value.replace('#', '%23')}" for name, value in wishes.items())
    answer = codes[0].post(f"{HERE}?{query}", content=text.encode(), headers=TEXT)
    said = json.loads(answer.content)
    return {"said": said.get("verdict", answer.status_code), "code": said["code"]}


def test_a_printed_code_and_one_on_a_screen(codes: Codes) -> None:
    _, holder = codes
    printed = text_of(QrKind.PRINTED, holder.printed)
    assert ask(codes, printed) == {"said": "valid", "code": "OK"}
    screen = holder.screen()
    assert ask(codes, screen, challenge=CHALLENGE, purpose=PURPOSE)["said"] == "valid"
    assert ask(codes, screen, challenge="0000")["said"] == "invalid"
    assert ask(codes, screen, purpose="other")["code"] == "HOLDER_AUDIENCE"


@pytest.mark.parametrize(("digits", "code"), [(f" {CHALLENGE} ", "OK"), ("471", "REQUEST_INVALID")])
def test_digits_in_a_form_are_digits(codes: Codes, digits: str, code: str) -> None:
    form = {"text": (None, codes[1].screen()), "challenge": (None, digits)}
    answer = httpx.Request("POST", "http://x", files=form)
    kind = {"Content-Type": answer.headers["Content-Type"], "Accept": "application/json"}
    found = json.loads(codes[0].post(HERE, content=answer.read(), headers=kind).content)
    assert found["code"] == code


def test_an_answer_counts_once_and_only_to_its_question(codes: Codes) -> None:
    _, holder = codes
    answer = holder.answer()
    assert ask(codes, answer)["code"] == "HOLDER_PROOF_MISSING"
    assert ask(codes, answer, request=ASKED) == {"said": "valid", "code": "OK"}
    assert ask(codes, answer, request=ASKED) == {"said": 409, "code": "CONFLICT"}


def test_a_question_is_not_asked_of_many(codes: Codes) -> None:
    """Else the same answer would count as often as it lies in a batch."""
    answer = httpx.Request("POST", "http://x", files={"file": ("a", codes[1].answer())})
    kind = {"Content-Type": answer.headers["Content-Type"]}
    place = f"{HERE}:batch?request={ASKED.replace('#', '%23')}"
    found = codes[0].post(place, content=answer.read(), headers=kind)
    assert (found.status_code, found.json()["code"]) == (400, "REQUEST_INVALID")


@pytest.mark.parametrize("question", ["Q1", "nonsense", "HTTPS://V.EXAMPLE/V#P1AAAA"])
def test_what_is_no_question_is_refused(codes: Codes, question: str) -> None:
    found = ask(codes, codes[1].answer(), request=question)
    assert found == {"said": 400, "code": "REQUEST_INVALID"}


def test_a_number_offline_is_never_valid(codes: Codes) -> None:
    assert ask(codes, "（辽）WH安许证字〔2024〕0127")["said"] == "undetermined"

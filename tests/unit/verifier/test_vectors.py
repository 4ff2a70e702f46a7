"""Test vectors: the verifier agrees with what they state, and they are made the same every time."""

from functools import cache
from typing import Any

import pytest

from tests.fakes.vectors import read, read_ask, read_trust, said
from verifier.artefacts import QrText
from verifier.ports import TrustView
from verifier.verify import verify_artefact

QR = read("qr.json")


@cache
def trust(name: str) -> TrustView:
    """Return a trust store of the QR vectors."""
    return read_trust(QR["trusts"][name])


@pytest.mark.parametrize("case", QR["cases"], ids=lambda case: case["name"])
def test_a_qr_object_comes_to_what_its_vector_states(case: dict[str, Any]) -> None:
    text = case["input"]["text"]
    report, _ = verify_artefact(QrText(text), trust(case["trust"]), read_ask(case))
    assert said(report) == case["expect"]

"""Test vectors: the verifier agrees with what they state, and they are made the same every time."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from licence.domain.model import StatusRef
from licence.errors import AnzhengError
from licence.formats import trust_bundle
from licence.formats.evidence import Anchored
from licence.ids import Digest, Leaf, StatusIndex
from tests.assets.vectors.generate import SAME_EVERYWHERE
from tests.builders import AUTHORITY, REGISTRY, SIGNED_AT, FakeTrust
from tests.fakes.vectors import FOLDER, moment, read, read_ask, read_trust, said, unb64
from verifier.artefacts import CopyFile, QrText
from verifier.checks.c06_anchor import judge_evidence
from verifier.checks.register import unregistered
from verifier.memory import Memory
from verifier.standing import Standing
from verifier.trust import load_trust
from verifier.verify import verify_artefact

QR, COPIES, LISTS = read("qr.json"), read("copy.json"), read("status.json")
PACKS, EVIDENCE = read("trust_pack.json"), read("evidence.json")


@cache
def trust(file: str, name: str) -> FakeTrust:
    """Return a trust store of a file of vectors."""
    return read_trust(read(file)["trusts"][name])


@pytest.mark.parametrize("case", QR["cases"], ids=lambda case: case["name"])
def test_a_qr_object_comes_to_what_its_vector_states(case: dict[str, Any]) -> None:
    text = case["input"]["text"]
    report, _ = verify_artefact(QrText(text), trust("qr.json", case["trust"]), read_ask(case))
    assert said(report) == case["expect"]
    assert unregistered(report.checks) == ()


@pytest.mark.parametrize("case", COPIES["cases"], ids=lambda case: case["name"])
def test_a_copy_comes_to_what_its_vector_states(case: dict[str, Any]) -> None:
    data = unb64(case["input"]["copy"])
    report, _ = verify_artefact(CopyFile(data), trust("copy.json", case["trust"]), read_ask(case))
    assert said(report) == case["expect"]
    assert unregistered(report.checks) == ()


@pytest.mark.parametrize("case", LISTS["cases"], ids=lambda case: case["name"])
def test_a_status_list_comes_to_what_its_vector_states(case: dict[str, Any]) -> None:
    given, ask = case["input"], read_ask(case)
    bundle = trust_bundle.decode(LISTS["bundle"].encode())
    pair = tuple(unb64(given[name]) if given[name] else None for name in ("cwt", "side"))
    held = FakeTrust(bundle, {(REGISTRY, AUTHORITY, 0): pair})  # type: ignore[dict-item]
    authority, registry = bundle.authority(AUTHORITY), bundle.registry(REGISTRY)
    assert authority is not None
    assert registry is not None
    standing = Standing(held, ask.policy, ask.now, ask.memory)
    ref = StatusRef(REGISTRY, StatusIndex(given["index"]))
    result = standing.status(ref, authority, registry, [SIGNED_AT], on=ask.day)
    assert {"state": result.state.value, "code": result.code.value} == case["expect"]


@pytest.mark.parametrize("case", EVIDENCE["cases"], ids=lambda case: case["name"])
def test_evidence_comes_to_what_its_vector_states(case: dict[str, Any]) -> None:
    given, expect = case["input"], case["expect"]
    bundle = trust_bundle.decode(EVIDENCE["bundle"].encode())

    def judge() -> Anchored:
        return judge_evidence(
            unb64(given["evidence"]),
            Leaf(bytes.fromhex(given["leaf"])),
            given["registry"],
            given["authority"],
            bundle,
        )

    if "code" in expect:
        with pytest.raises(AnzhengError) as raised:
            judge()
        assert raised.value.code.value == expect["code"]
    else:
        assert judge().block_number == expect["block_number"]


@pytest.mark.parametrize("case", PACKS["cases"], ids=lambda case: case["name"])
def test_a_trust_folder_comes_to_what_its_vector_states(
    case: dict[str, Any], tmp_path: Path
) -> None:
    for name, data in (PACKS["packs"]["usual"] | PACKS["packs"][case["pack"]]).items():
        if data is not None:
            path = tmp_path / "trust" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(unb64(data))
    memory = Memory(
        bundle_version=case["memory"].get("bundle_version", 0),
        roles=tuple((one["name"], one["version"]) for one in case["memory"].get("roles", ())),
    )
    root = case["first_root"]
    first_root = Digest(bytes.fromhex(root)) if root is not None else None
    now, expect = moment(case["ask"]["now"]), case["expect"]
    if "code" in expect:
        with pytest.raises(AnzhengError) as raised:
            load_trust(tmp_path / "trust", now=now, memory=memory, first_root=first_root)
        assert raised.value.code.value == expect["code"]
        return
    store = load_trust(tmp_path / "trust", now=now, memory=memory, first_root=first_root)
    assert store.bundle.version == expect["bundle_version"]
    assert (store.metadata_expired_at is not None) is expect["expired"]


@pytest.mark.parametrize("name", SAME_EVERYWHERE)
def test_vectors_are_what_the_generator_writes(name: str) -> None:
    assert (FOLDER / name).read_bytes() == SAME_EVERYWHERE[name]()


def test_names_of_cases_are_unique() -> None:
    for file in (QR, COPIES, LISTS, PACKS, EVIDENCE):
        names = [case["name"] for case in file["cases"]]
        assert len(set(names)) == len(names)


def test_no_attack_is_called_valid_by_mistake() -> None:
    """A good code stays good for the same reason: without its trust it is not."""
    good = next(case for case in QR["cases"] if case["name"] == "printed_good")
    empty = replace(trust("qr.json", "usual"), lists={})
    report, _ = verify_artefact(QrText(good["input"]["text"]), empty, read_ask(good))
    assert said(report) != good["expect"]
    assert moment(good["ask"]["now"]).tzinfo is not None

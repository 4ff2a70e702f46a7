"""Every other decoder that a stranger's bytes reach, and what each is seeded with.

As in `targets`: our own error or the value; and where there is a writer, one spelling.
"""

import base64
import io
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Final

import pikepdf

from licence.formats import (
    batch_record,
    canonical,
    ceremony,
    claim,
    cms,
    copy_file,
    cose,
    decision,
    der,
    entitlement,
    holder,
    holder_binding,
    hole,
    jwt,
    licence_json,
    manifest,
    qr,
    qr_exchange,
    qr_text,
    release,
    report,
    screen_code,
    side_list,
    side_pages,
    status_list,
    timestamp,
    trust_bundle,
    verifier_key,
)
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.short_code import parse_short_code, short_code
from licence.ids import Digest
from tests.bad import store
from tests.fuzz.bases import (
    COMPAT,
    GOLDEN,
    KEYS,
    NAME,
    VECTORS,
    Target,
    as_signed,
    licence_cms,
    reading,
    same,
    text,
)
from verifier import memory
from verifier.artefacts import recognise
from verifier.ours import is_ours
from verifier.pades.beside import Beside, check_beside
from verifier.pades.objects import LIBRARY_ERRORS
from verifier.pades.shape import read_values
from verifier.pades.shape_kinds import check_shape
from verifier.timestamp_token import verify_token
from verifier.trust import TrustStore, load_trust


@cache
def _bundle() -> trust_bundle.TrustBundle:
    return trust_bundle.decode(store.bases()["bundle"])


def _json(data: bytes) -> None:
    assert canonical.dumps(canonical.loads(data, max_bytes=20_000)) == data


_SEQUENCE: Final = 0x30
_CONSTRUCTED: Final = 0x20


def _der(data: bytes) -> None:
    """All elements within each other, as deep as they go."""
    todo = [data]
    while todo:
        element = todo.pop()
        # The fuzzer begins with no bytes at all: they are no element either.
        tag = element[0] if element else _SEQUENCE
        if tag & _CONSTRUCTED:
            todo += der.children(element, tag)


@cache
def _frame() -> tuple[bytes, hole.Hole]:
    """A file that has nothing but what stands around a hole."""
    places = b"[ %d %d %d %d ]" % hole.PLACEHOLDER_BYTE_RANGE
    digits = hole.PLACEHOLDER_CONTENTS.hex().encode()
    begin = b"%PDF-1.7\n1 0 obj\n<< /ByteRange " + places + b" /Contents <" + digits
    end = b"> /Filter /Adobe.PPKLite >>\nendobj\nstartxref\n9\n%%EOF\n"
    pdf, place = hole.patch(begin + end)
    return hole.fill(pdf, place, licence_cms()[0]), place


def _hole(data: bytes) -> None:
    """Bytes stand in the hole of a file, or at its end."""
    pdf, place = _frame()
    changed = pdf[: place.start + 1] + data + pdf[place.start + 1 + len(data) :]
    hole.contents(changed, hole.find(changed))


def _cose(data: bytes) -> None:
    parts = cose.parts(data, max_bytes=20_000)
    assert cose.assemble(parts.protected, parts.payload, parts.signature) == data


def _qr_text(data: bytes) -> None:
    found = qr_text.read_text(data.decode("latin-1"))
    assert qr_text.read_text(qr_text.write_text(found, "HTTPS://V.EXAMPLE/V")) == found


def _token(data: bytes) -> None:
    verify_token(data, licence_cms()[1].signature)


def _is_ours(data: bytes) -> None:
    is_ours(b"%PDF-1.7\nstream\n" + data, _bundle())


def _recognise(data: bytes) -> None:
    recognise(data)


def _shape(data: bytes) -> None:
    """Objects of a file as JSON; what a parser's values may raise is refused by its caller."""
    try:
        value = json.loads(data)
        check_shape(dict(value["objects"]), frozenset(value["streams"]))
    except (*LIBRARY_ERRORS, AssertionError):
        return


@cache
def _data() -> bytes:
    with pikepdf.open(io.BytesIO(store.bases()["licence"])) as document:
        return bytes(document.Root.AF[0].EF.F.read_bytes())


def _metadata(data: bytes) -> None:
    licence = licence_json.decode(_data())
    check_beside(Beside((), data), licence, short_code(_data()))


DECODERS: Final[dict[str, Target]] = {
    "json": _json,
    "licence_json": same(licence_json.encode, licence_json.decode),
    "der": _der,
    "cms": same(cms.build, cms.parse),
    "hole": _hole,
    "token": _token,
    "tsa_answer": reading(timestamp.decode_answer),
    "tsa_token": reading(timestamp.read_token),
    "tsa_request": reading(timestamp.decode_request),
    "cose": _cose,
    "jwt": reading(lambda data: jwt.read_unverified(data, max_bytes=20_000)),
    "list_cwt": reading(lambda data: status_list.read_unverified(data, NAME)),
    "side": as_signed(lambda data: side_list.decode(data, keys=KEYS, expected=GOLDEN)),
    "side_index": as_signed(lambda data: side_pages.decode_index(data, keys=KEYS, expected=GOLDEN)),
    "manifest": same(manifest.encode, manifest.decode),
    "record": same(batch_record.record_bytes, batch_record.decode_record),
    "release": same(release.encode, release.decode),
    "ceremony": same(ceremony.encode, ceremony.decode),
    "decision": same(decision.encode, decision.decode),
    "claim": same(claim.encode_answer, claim.decode_answer),
    "holder_claim": same(holder.encode_claim, holder.decode_claim),
    "request": same(holder.encode_request, holder.decode_request),
    "presentation": same(holder.encode_presentation, holder.decode_presentation),
    "binding": same(holder_binding.encode_binding, holder_binding.decode_binding),
    "entitlement": same(entitlement.encode_entitlement, entitlement.decode_entitlement),
    "report": same(report.encode, report.decode),
    "memory": same(memory.encode, memory.decode),
    "qr_text": _qr_text,
    "qr_printed": reading(qr.read_printed),
    "qr_screen": reading(screen_code.read_screen),
    "qr_question": same(qr_exchange.encode_question, qr_exchange.decode_question),
    "qr_answer": reading(qr_exchange.read_answer),
    "copy": same(copy_file.encode_copy, copy_file.decode_copy),
    "short_code": text(parse_short_code),
    "log_key": text(verifier_key.read_log_key),
    "witness_key": text(verifier_key.read_witness_key),
    "is_ours": _is_ours,
    "recognise": _recognise,
    "shape": _shape,
    "metadata": _metadata,
}

_FILES: Final = {
    "json": "trust/good_bundle.json",
    "licence_json": "licence/good_*.json",
    "cms": "proof/*.cms.der",
    "cose": "trust/good_list.cwt",
    "jwt": "trust/good_list.jwt",
    "side": "*/good_side.cbor",
    "side_index": "lists/good_index.cbor",
    "manifest": "proof/manifest.cbor",
    "record": "proof/record.cbor",
    "release": "trust/good_release.json",
    "ceremony": "ceremony/good_*.json",
    "decision": "decision/good_*.json",
    "claim": "claim/good_answer*.json",
    "holder_claim": "trust/good_claim.json",
    "request": "trust/good_request.json",
    "presentation": "trust/good_presentation.json",
    "binding": "trust/good_binding.der",
    "entitlement": "ceremony/good_entitlement.der",
    "report": "trust/good_report*.json",
}


_TOKENS: Final = ("token", "tsa_token")
_TEXTS: Final = ("qr_text", "recognise")
_CODES: Final = ("qr_printed", "qr_screen", "qr_answer")
_SEEN: Final = datetime(2026, 11, 21, 4, 5, tzinfo=UTC)
_OURS: Final = b'{"schema":"anzheng-licence/v1","status":{"registry":"cn-aqscxkz-test"}}'


def seeds_of(target: str) -> Iterator[bytes]:
    """Yield what a target is to begin with."""
    if target in _FILES:
        yield from (path.read_bytes() for path in sorted(COMPAT.glob(_FILES[target])))
        return
    yield from _made(target)


def _made(target: str) -> Iterator[bytes]:
    data, parts = licence_cms()
    made: dict[str, Callable[[], list[bytes]]] = {
        "der": lambda: [min(parts.certificates, key=len)],
        "hole": lambda: [data.hex().encode()],
        **dict.fromkeys(_TOKENS, lambda: [parts.timestamp_token or b""]),
        "tsa_answer": lambda: [timestamp.encode_answer(parts.timestamp_token or b"")],
        "tsa_request": lambda: [
            timestamp.encode_request(timestamp.TimestampRequest(Digest(bytes(32)), 7, "1.2.3"))
        ],
        "qr_question": lambda: [_question()],
        "list_cwt": lambda: [store.bases()["list"]],
        "copy": lambda: [base64.b64decode(_vectors("copy")[0]["copy"])],
        **dict.fromkeys(_TEXTS, lambda: [each["text"].encode() for each in _vectors("qr")]),
        **dict.fromkeys(_CODES, lambda: [_qr(each["text"]) for each in _vectors("qr")]),
        "short_code": lambda: [b"EM88-3QBW-AJS2-FD44-X"],
        "log_key": lambda: [verifier_key.encode_log_key(LogKey("log.example", b"k" * 32)).encode()],
        "witness_key": lambda: [
            verifier_key.encode_witness_key(WitnessKey("audit.example", b"k" * 32)).encode()
        ],
        "is_ours": lambda: [_OURS, b"stream\n" + zlib.compress(_OURS), data[:400].hex().encode()],
        "memory": lambda: [memory.encode(_trust().memory.saw_list(NAME, _SEEN))],
    }
    yield from made[target]() if target in made else _of_the_file(target)


def _of_the_file(target: str) -> Iterator[bytes]:
    with pikepdf.open(io.BytesIO(store.bases()["licence"])) as document:
        if target == "metadata":
            yield document.Root.Metadata.read_bytes()
            return
        objects, streams = read_values(document)
        yield json.dumps({"objects": objects, "streams": sorted(streams)}).encode()


def _trust() -> TrustStore:
    return load_trust(COMPAT / "whole" / "trust", now=_SEEN)


@cache
def _vectors(name: str) -> tuple[dict[str, str], ...]:
    value = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return tuple(case["input"] for case in value["cases"] if case["expect"]["code"] == "OK")


def _question() -> bytes:
    asked = holder.decode_request((COMPAT / "trust" / "good_request.json").read_bytes())
    return qr_exchange.encode_question(asked)


def _qr(text: str) -> bytes:
    return qr_text.read_text(text).data

"""Decoders of what others answer, send or hand over, beside the formats: each with its seeds.

As in `targets`: our own error or the value.
"""

import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import AsyncIterator, Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from anchor import witness_wire
from anchor.chain import node
from anzheng.flows.roster import read_roster
from anzheng.routes.pki import decoded
from licence.domain.rows import parse_row
from licence.errors import AnzhengError
from licence.formats import (
    ceremony,
    checkpoint,
    cms,
    list_delta,
    oids,
    qr_card,
    report,
    side_jwt,
    side_pages,
    status_list,
)
from licence.formats.cms import SignedKind
from licence.ids import Digest
from signer import tsa_crl
from signer.ocsp_responder import OcspResponder
from tests.bad import store
from tests.fakes import proof
from tests.fuzz.bases import (
    COMPAT,
    GOLDEN,
    KEYS,
    Target,
    as_signed,
    cms_of,
    golden,
    licence_cms,
    reading,
    same,
    text,
)
from verifier.archive import Archive, ArchiveLimits
from verifier.chain_of_trust import load_certificate
from verifier.pades.glyph_programs import GlyphPrograms, read_cff, read_truetype
from verifier.pool.wire import read_values
from verifier.revocation import RevocationData, check_not_revoked
from verifier.service.forms import FORM, read_form
from verifier.trust_pack import _of_open
from verifier.typed import read_answer, read_typed
from wallet.certificate import read_certificates
from wallet.desk_http import _refusal

_ARCHIVE: Final = ArchiveLimits(
    entries=20, table_bytes=4_096, entry_bytes=1 << 16, total_bytes=1 << 18
)


# ---------------------------------------------------------------- lists


def _side_page(data: bytes) -> None:
    side_pages.decode_page(data, Digest(sha256(data).digest()), GOLDEN, 0)


def _delta(data: bytes) -> None:
    list_delta.apply(list_delta.decode(data, keys=KEYS, expected=GOLDEN), _base())


@cache
def _base() -> bytes:
    return golden("lists", "good_base.cwt")


# ---------------------------------------------------------------- certificates


@cache
def _issuer() -> x509.Certificate:
    """The test root itself, which signs lists and answers."""
    name, key = proof.certificate().issuer, proof.rsa_key()
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, proof.BEGIN, proof.END)
    usage = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "key_agreement"),
            *("data_encipherment", "encipher_only", "decipher_only"),
        ),
        False,
    )
    signs = x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage)
    return builder.add_extension(signs, critical=True).sign(key, hashes.SHA256())


def _revocation(data: RevocationData) -> None:
    path = (proof.certificate(), _issuer())
    check_not_revoked(path, data, at=proof.NOW)


def _ocsp_answer() -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        proof.certificate(),
        _issuer(),
        hashes.SHA256(),
        ocsp.OCSPCertStatus.GOOD,
        proof.BEGIN,
        proof.END,
        None,
        None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, _issuer())
    answer = builder.sign(proof.rsa_key(), hashes.SHA256())
    return answer.public_bytes(serialization.Encoding.DER)


def _crl_of_tsa(data: bytes) -> None:
    chain = (proof.certificate(), _issuer())
    tsa_crl.check_covered(chain, (tsa_crl.read_list(data),), proof.NOW)


class _Register:
    """Has issued nothing and revoked nothing."""

    def issued(self, _ca: bytes, _serial: int) -> None:
        return None

    def revoked(self, _ca: bytes) -> tuple[()]:
        return ()


@cache
def _responder() -> OcspResponder:
    return OcspResponder(
        proof.rsa_key(),
        proof.certificate_der("root", 1),
        _Register(),  # type: ignore[arg-type]
    )


def _ocsp_request(data: bytes) -> None:
    _responder().answer(data, now=proof.NOW)


def _asked() -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        proof.certificate(), proof.certificate("root", 1), hashes.SHA256()
    )
    asked = builder.add_extension(x509.OCSPNonce(b"12345678"), critical=False).build()
    return asked.public_bytes(serialization.Encoding.DER)


# ---------------------------------------------------------------- archives, forms, rows, messages


def _zip(data: bytes) -> None:
    archive = Archive(io.BytesIO(data), _ARCHIVE)
    for entry in archive.entries:
        archive.read(entry)


def _tar(data: bytes) -> None:
    for _ in _of_open(Path("pack.tar"), io.BytesIO(data)):
        pass


def _zipped() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata/timestamp.json", b'{"signed":{}}' * 9)
        archive.writestr("许可证.pdf", b"%PDF-1.7")
    return made.getvalue()


def _tarred(mode: Literal["w", "w:gz", "w:bz2", "w:xz"], kind: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode, format=kind) as archive:
        for name in ("metadata/timestamp.json", "许可证" * 40 + ".json"):
            info = tarfile.TarInfo(name)
            info.size = 13
            archive.addfile(info, io.BytesIO(b'{"signed":{}}'))
    return made.getvalue()


class _Part:
    def write(self, data: bytes) -> None:
        del data

    def end(self) -> None:
        return


def _form(data: bytes) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield data[:40]
        yield data[40:]

    work = read_form(chunks(), f"{FORM}; boundary=frontier", lambda _name, _file: _Part())
    try:
        work.send(None)
    except StopIteration:
        return


_FORM: Final = (
    b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n%PDF-1.7\r\n--frontier\r\n"
    b'Content-Disposition: form-data; name="holder"\r\n\r\n1\r\n--frontier--\r\n'
)


def _roster(data: bytes) -> None:
    for number, row in enumerate(read_roster(data), start=1):
        parse_row(row, row=number)


def _rows() -> list[bytes]:
    whole = [json.loads(path.read_bytes()) for path in sorted(COMPAT.glob("licence/good_*.json"))]
    rows = [{k: v for k, v in row.items() if k not in {"schema", "status"}} for row in whole]
    return [
        *(json.dumps(row, ensure_ascii=False).encode() for row in rows),
        json.dumps(rows[:1]).encode(),
    ]


def _node_answer(data: bytes) -> None:
    """As `Node.ask` reads it; its ValueError is caught there."""
    try:
        answer = node.parse(data)
    except ValueError:
        return
    for read in (node.number, node.octets):
        try:
            read(answer)
        except AnzhengError:
            continue


def _answered() -> bytes:
    licence = json.loads(golden("licence", "good_regular.json"))
    one = {"licence": licence, "status": {"word": "NONE"}, "anchored": True}
    return json.dumps({"licences": [one]}, ensure_ascii=False).encode()


# ---------------------------------------------------------------- fonts


@cache
def _cff() -> bytes:
    with pikepdf.open(io.BytesIO(store.bases()["licence"])) as document:
        fonts = [
            each.read_bytes()
            for each in document.objects
            if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == "/CIDFontType0C"
        ]
    return min(fonts, key=len)


def _truetype() -> bytes:
    """A font with the tables that are read, and two glyphs: one plain, one composed of it."""
    plain = (
        b"\0\1" + bytes(8) + b"\0\2" + b"\0\0" + b"\x01\x01\x01" + b"\0\1" * 3 + b"\0\1" * 3 + b"\0"
    )
    composed = b"\xff\xff" + bytes(8) + b"\0\1" + b"\0\0" + b"\0\1\0\1"
    glyf = plain + composed
    loca = b"".join(n.to_bytes(4, "big") for n in (0, len(plain), len(plain) + len(composed)))
    head = bytes(50) + b"\0\1" + b"\0\0"
    head = head[:18] + b"\x03\xe8" + head[20:]
    tables = {
        b"glyf": glyf,
        b"head": head,
        b"hhea": bytes(34) + b"\0\2",
        b"hmtx": bytes(8),
        b"loca": loca,
        b"maxp": b"\0\1\0\0\0\2" + bytes(26),
        b"name": bytes(6),
        b"post": bytes(32),
    }
    directory, body = b"", b""
    begin = 12 + 16 * len(tables)
    for name, data in tables.items():
        place = (begin + len(body)).to_bytes(4, "big")
        directory += name + bytes(4) + place + len(data).to_bytes(4, "big")
        body += data + bytes(-len(data) % 4)
    return b"\0\1\0\0" + len(tables).to_bytes(2, "big") + bytes(6) + directory + body


def _glyphs(read: Callable[[bytes], GlyphPrograms]) -> Target:
    def target(data: bytes) -> None:
        programs = read(data)
        for number in (0, 1, 2, 65_535):
            try:
                programs.of(number)
            except AnzhengError:
                continue

    return target


# ---------------------------------------------------------------- all of them

FOREIGN: Final[dict[str, Target]] = {
    "order": same(ceremony.encode_order, ceremony.decode_order),
    "side_token": as_signed(lambda data: side_jwt.decode(data, keys=KEYS, expected=GOLDEN)),
    "side_page": _side_page,
    "side_page_json": reading(lambda data: side_jwt.decode_page(data, GOLDEN)),
    "list_jwt": as_signed(lambda data: status_list.decode_jwt(data, keys=KEYS, expected=GOLDEN)),
    "delta": as_signed(_delta),
    "delta_changes": reading(list_delta.unpack),
    "witness_note": reading(checkpoint.read_question),
    "witness_lines": reading(checkpoint.read_lines),
    "witness_question": reading(witness_wire.read_question),
    "witness_size": reading(witness_wire.read_size),
    "report_cms": reading(lambda data: cms.parse(data, SignedKind.REPORT)),
    "card": reading(qr_card.unpack_card),
    "certificate": reading(load_certificate),
    "own_certificate": reading(lambda data: read_certificates([data])),
    "crl": lambda data: _revocation(RevocationData(crls=(data,))),
    "ocsp": lambda data: _revocation(RevocationData(ocsps=(data,))),
    "crl_of_tsa": _crl_of_tsa,
    "ocsp_request": _ocsp_request,
    "ocsp_path": text(decoded),
    "zip": _zip,
    "tar": _tar,
    "form": _form,
    "roster": _roster,
    "node_answer": _node_answer,
    "desk_problem": reading(lambda data: _refusal(400, data)),
    "search_answer": reading(read_answer),
    "typed": text(read_typed),
    "pool_answer": reading(read_values),
    "cff": _glyphs(read_cff),
    "truetype": _glyphs(read_truetype),
}


def seeds_of(target: str) -> list[bytes]:
    """Return what a target is to begin with."""
    made: dict[str, Callable[[], list[bytes]]] = {
        "order": lambda: [
            ceremony.encode_order(ceremony.decode(path.read_bytes()).order)
            for path in sorted(COMPAT.glob("ceremony/good_*.json"))
        ],
        "side_token": lambda: [golden("lists", "good_side.jwt"), golden("lists", "good_index.jwt")],
        "side_page": lambda: [golden("lists", "good.page")],
        "side_page_json": lambda: [golden("lists", "good_page.json")],
        "list_jwt": lambda: [golden("trust", "good_list.jwt")],
        "delta": lambda: [golden("lists", "good_step.delta")],
        "delta_changes": lambda: [b"\x05\x0d\x81\x01\x06"],
        **dict.fromkeys(
            ("witness_note", "witness_lines"),
            lambda: [golden("proof", "checkpoint.txt"), _lines()],
        ),
        "witness_question": lambda: [
            witness_wire.encode_question(7, [bytes(32)] * 3, golden("proof", "checkpoint.txt"))
        ],
        "witness_size": lambda: [b"1234567\n"],
        "report_cms": lambda: [cms_of(golden("report_file", "valid.pdf"))],
        "card": lambda: [qr_card.pack_card(qr_card.Card(b"printed" * 9, proof.certificate_der()))],
        "certificate": lambda: [proof.certificate_der(), *licence_cms()[1].certificates],
        "own_certificate": lambda: [_own_certificate()],
        **dict.fromkeys(("crl", "crl_of_tsa"), lambda: [proof.crl()]),
        "ocsp": lambda: [_ocsp_answer()],
        "ocsp_request": lambda: [_asked()],
        "ocsp_path": lambda: [b"MFEwTzBNMEswSTAJBgUrDgMCGgUABBQ="],
        "zip": lambda: [_zipped()],
        "tar": lambda: [
            *(_tarred("w"), _tarred("w:gz"), _tarred("w:bz2"), _tarred("w:xz")),
            _tarred("w", tarfile.GNU_FORMAT),
        ],
        "form": lambda: [_FORM],
        "roster": _rows,
        "node_answer": lambda: [
            b'{"jsonrpc":"2.0","id":1,"result":"0x1234"}',
            b'{"id":1,"error":{"code":3,"message":"revert","data":"0x08c379a0"}}',
            b'"0x539"',
        ],
        "desk_problem": lambda: [b'{"code":"CLAIM_REFUSED","title":"x","status":400}'],
        "search_answer": lambda: [_answered()],
        "typed": lambda: [
            b"EM88-3QBW-AJS2-FD44-X",
            "（京）WH安许证字〔2026〕000001".encode(),
            b"1.2.156.3005.2.11100000MB0000000X.1.0001",
        ],
        "pool_answer": lambda: [
            pickle.dumps(
                report.decode(golden("trust", "good_report.json")), pickle.HIGHEST_PROTOCOL
            )
        ],
        "cff": lambda: [_cff()],
        "truetype": lambda: [_truetype()],
    }
    return made[target]()


def _lines() -> bytes:
    note = checkpoint.parse(golden("proof", "checkpoint.txt"))
    return checkpoint.encode_lines((note.log_signature, *note.cosignatures))


def _own_certificate() -> bytes:
    binding = golden("trust", "good_binding.der")
    builder = x509.CertificateBuilder(
        proof.certificate().issuer,
        proof.certificate().subject,
        proof.rsa_key().public_key(),
        7,
        proof.BEGIN,
        proof.END,
    )
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier(oids.EXT_LICENCE_BINDING), binding)
    made = builder.add_extension(extension, critical=False).sign(proof.rsa_key(), hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)

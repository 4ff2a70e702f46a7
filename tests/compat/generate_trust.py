"""Goldens of bundle, report, release, presentation and claim; and, written once, of lists and TUF.

What depends on the version of zlib (lists) or of the TUF library (its metadata) is not compared
with today's output, only read: `python -m tests.compat.generate_trust` writes those files where
they are absent.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from anchor.trust_repository import TrustRepository
from licence.domain.model import Environment
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import (
    canonical,
    cbor,
    cose,
    es256,
    holder,
    holder_binding,
    release,
    report,
    side_list,
    status_list,
    trust_bundle,
)
from licence.formats.checks import CheckName, failed, passed, skipped
from licence.formats.officers import OfficerAlgorithm, OfficerSignature
from licence.formats.report import Report, make_report
from licence.formats.side_list import SideRow, make_side_list
from licence.formats.status_list import SHARD_BYTES, ListName, make_list
from licence.formats.trust_bundle import TrustBundle
from licence.formats.verdict import REQUIRED, Assurance
from licence.ids import AuthorityId, BatchId, Digest, Leaf, OfficerId, RegistryId, StatusIndex
from tests.fakes.drafts import good_version
from tests.fakes.status_keys import KEY, KID, SIGN
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY, sample_authority, sample_bundle
from tests.fakes.trust_folder import trust_keys

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
HERE = Path(__file__).parent / "v1"
WORDS = {StatusIndex(100 + word): word for word in StatusWord}


def bundle() -> TrustBundle:
    """The bundle, with the status key that signed the lists."""
    return sample_bundle(1, sample_authority(KEY))


def good_report() -> Report:
    """A report with everything in it."""
    checks = [passed(name, ("number", 1), standard="示例") for name in REQUIRED[Assurance.FULL]]
    return make_report(
        [*checks, skipped(CheckName.HOLDER)],
        assurance=Assurance.FULL,
        required=REQUIRED[Assurance.FULL],
        checked_at=NOW,
        on=date(2026, 11, 21),
        environment=Environment.TEST,
        facts=(("issuer", "示例"),),
        policy=(("accept_stale_hours", 0),),
        bundle_version=1,
        file_sha256=Digest(b"\x01" * 32),
        leaf=Leaf(b"\x02" * 32),
        licence=good_version(template="cn-a4p/1"),
    )


def foreign_report() -> Report:
    """A report about a file that is none of ours."""
    return make_report(
        [failed(CheckName.CONTAINER, Code.NOT_A_LICENCE)],
        assurance=Assurance.FULL,
        required=REQUIRED[Assurance.FULL],
        checked_at=NOW,
        on=date(2026, 11, 21),
        environment=Environment.PRODUCTION,
    )


def statement() -> release.ReleaseStatement:
    """A release, signed by one officer."""
    unsigned = release.ReleaseStatement(
        AuthorityId(AUTHORITY),
        BatchId("compat/1"),
        NOW,
        (Digest(b"\x02" * 32), Digest(b"\x01" * 32)),
    )
    signature = OfficerSignature(
        OfficerId("officer-1"),
        OfficerAlgorithm.ES256,
        SIGN(release.statement_bytes(unsigned)),
    )
    return replace(unsigned, signatures=(signature,))


def request() -> holder.PresentationRequest:
    """A verifier's question."""
    return holder.PresentationRequest(
        b"\x05" * 16, "查验方", "示例", NOW, NOW + timedelta(minutes=5)
    )


def presentation() -> holder.Presentation:
    """The answer to it."""
    return holder.present(
        request(),
        leaf=Leaf(b"\x02" * 32),
        certificates=(b"certificate",),
        presented_at=NOW,
        sign=SIGN,
    )


def files() -> Mapping[str, bytes]:
    """Return the files by name."""
    good_bundle = trust_bundle.encode(bundle())
    binding = holder_binding.LicenceBinding(
        Leaf(b"\x02" * 32), RegistryId("compat"), StatusIndex(300)
    )
    made = {
        "good_bundle.json": good_bundle,
        "good_report.json": report.encode(good_report()),
        "good_report_foreign.json": report.encode(foreign_report()),
        "good_release.json": release.encode(statement()),
        "good_request.json": holder.encode_request(request()),
        "good_presentation.json": holder.encode_presentation(presentation()),
        "good_claim.json": holder.encode_claim(holder.ClaimRequest("K7Q2-9XMD-44TB", b"csr")),
        "good_binding.der": holder_binding.encode_binding(binding),
        "fail_bundle_field_unknown.json": canonical.dumps(json.loads(good_bundle) | {"more": 1}),
        "fail_bundle_key_id.json": good_bundle.replace(KID.hex().encode(), b"00" * 8),
        "fail_report_words.json": report.encode(good_report()).replace("有效".encode(), b"!"),
        "fail_report_verdict.json": report.encode(foreign_report()).replace(
            b'"verdict":"foreign"', b'"verdict":"valid"'
        ),
        "fail_release_digest_twice.json": canonical.dumps(
            json.loads(release.encode(statement())) | {"digests": ["00" * 32] * 2}
        ),
        "fail_presentation_nonce.json": canonical.dumps(
            json.loads(holder.encode_presentation(presentation())) | {"nonce": "00"}
        ),
    }
    return {f"trust/{name}": data for name, data in made.items()}


# ---------------------------------------------------------------- written once


def lists() -> Mapping[str, bytes]:
    """Return a status list, its side list, and lists that must be refused."""
    made = make_list(NAME, WORDS, issued_at=NOW)
    cwt = status_list.encode_cwt(made, kid=KID, sign=SIGN)
    rows = [
        SideRow(index, word, date(2026, 11, 1), None, NOW - timedelta(days=20), "7", "示例")
        for index, word in WORDS.items()
        if word not in {StatusWord.NONE, StatusWord.SUPERSEDED}
    ]
    side = make_side_list(
        NAME,
        rows,
        [replace(rows[0], index=StatusIndex(7), effective_from=date(2027, 1, 1))],
        sequence=12,
        issued_at=made.issued_at,
        expires_at=made.expires_at,
        list_digest=Digest(hashlib.sha256(cwt).digest()),
    )
    stranger = es256.signer(ec.derive_private_key(99, ec.SECP256R1()))
    bomb = dict(cbor.loads(_payload(cwt), max_bytes=10**6))  # type: ignore[arg-type]
    bomb[65533] = {**bomb[65533], "lst": zlib.compress(bytes(SHARD_BYTES + 1))}  # type: ignore[dict-item]
    return {
        "good_list.cwt": cwt,
        "good_list.jwt": status_list.encode_jwt(made, kid=KID, sign=SIGN),
        "good_side.cbor": side_list.encode(side, kid=KID, sign=SIGN),
        "fail_list_other_key.cwt": status_list.encode_cwt(made, kid=KID, sign=stranger),
        "fail_list_other_shard.cwt": status_list.encode_cwt(
            make_list(replace(NAME, shard=1), {}, issued_at=NOW), kid=KID, sign=SIGN
        ),
        "fail_list_too_long.cwt": cose.sign1(
            cbor.dumps(bomb), content_type=status_list.CWT_TYPE, kid=KID, sign=SIGN
        ),
        "fail_side_as_list.cwt": side_list.encode(side, kid=KID, sign=SIGN),
    }


def _payload(cwt: bytes) -> bytes:
    return cose.verify1(
        cwt, content_type=status_list.CWT_TYPE, keys={KID: KEY.key}, max_bytes=10**6
    ).payload


def write_once() -> None:
    """Write what is only read later, where it is absent."""
    made = dict(lists())
    for name, data in made.items():
        path = HERE / "trust" / name
        if not path.exists():
            path.write_bytes(data)
    folder = HERE / "trust" / "folder"
    if not folder.exists():
        repository = TrustRepository.create(folder, trust_keys(), now=NOW)
        repository.publish_bundle(trust_bundle.encode(bundle()), now=NOW)
        renewed = repository.rotate(trust_keys("2"), now=NOW)
        stored = {
            f"{NAME.path}.cwt": (HERE / "trust" / "good_list.cwt").read_bytes(),
            f"{NAME.path}.side": (HERE / "trust" / "good_side.cbor").read_bytes(),
        }
        renewed.publish_lists(stored, now=NOW)


if __name__ == "__main__":
    write_once()

"""openssl asks the responder and reads the lists to which certificates point."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import FastAPI

from anzheng.pki import CertificateDesk
from anzheng.routes import pki as routes
from anzheng.server import serving
from licence.errors import AnzhengError, Code
from licence.formats import oids
from signer import certificates
from tests.fakes.clock import FakeClock
from tests.fakes.pki_desk import make_desk, signer_certificate
from tests.fakes.signing import AUTHORITY, RELEASED_ON, pki
from tests.interop.pdf_tools import run
from verifier.chain_of_trust import check_policy, find_path

pytestmark = pytest.mark.tools("openssl")


@pytest.fixture
def desk(tmp_path: Path) -> CertificateDesk:
    return make_desk(tmp_path, FakeClock())


@pytest.fixture
def url(desk: CertificateDesk) -> Iterator[str]:
    app = FastAPI()
    app.include_router(routes.router(desk))
    with serving(app, "127.0.0.1", 0) as address:
        yield f"{address}/pki"


def pem(folder: Path, name: str, *certificates: bytes) -> Path:
    place = folder / name
    parsed = [x509.load_der_x509_certificate(each) for each in certificates]
    place.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in parsed))
    return place


def moment(desk: CertificateDesk) -> int:
    return int(desk.clock.now().timestamp())


@pytest.mark.parametrize("digest", ["-sha1", "-sha256"])
def test_openssl_believes_the_responder(
    desk: CertificateDesk, url: str, tmp_path: Path, digest: str
) -> None:
    issuer = pem(tmp_path, "issuer.pem", pki().issuing.certificate)
    asked = pem(tmp_path, "signer.pem", signer_certificate())
    trusted = pem(tmp_path, "root.pem", pki().root.certificate)
    command = ("openssl", "ocsp", digest, "-issuer", issuer, "-cert", asked)
    where = ("-url", f"{url}/issuing/ocsp", "-CAfile", trusted, "-timeout", "120")
    when = ("-attime", moment(desk))
    # The answers are of the fake clock's day, and openssl has no other clock for their age.
    patience = ("-validity_period", 10 * 365 * 86400)
    good = run(*command, *where, *when, *patience)
    assert good.returncode == 0, good.stderr
    assert "Response verify OK" in good.stderr
    assert f"{asked}: good" in good.stdout
    assert "no nonce" not in good.stderr
    desk.register.revoke(
        signer_certificate(), at=desk.clock.now(), reason=x509.ReasonFlags.superseded
    )
    revoked = run(*command, *where, *when, *patience)
    assert "Response verify OK" in revoked.stderr
    assert f"{asked}: revoked" in revoked.stdout
    assert "Reason: superseded" in revoked.stdout


def test_openssl_verifies_with_the_list(desk: CertificateDesk, url: str, tmp_path: Path) -> None:
    asked = pem(tmp_path, "signer.pem", signer_certificate())
    chain = pem(
        tmp_path,
        "chain.pem",
        *(httpx.get(f"{url}/{name}.crt", timeout=60).content for name in ("root", "issuing")),
    )
    command = ("openssl", "verify", "-attime", moment(desk), "-crl_check", "-CAfile", chain)

    def fetched(name: str) -> Path:
        place = tmp_path / f"{name}.crl"
        place.write_bytes(httpx.get(f"{url}/{name}.crl", timeout=60).content)
        read = run("openssl", "crl", "-inform", "DER", "-in", place, "-CAfile", chain, "-noout")
        assert "verify OK" in read.stderr
        written = tmp_path / f"{name}.pem"
        run("openssl", "crl", "-inform", "DER", "-in", place, "-out", written)
        return written

    good = run(*command, "-CRLfile", fetched("issuing"), asked)
    assert good.returncode == 0, good.stderr
    desk.register.revoke(
        signer_certificate(), at=desk.clock.now(), reason=x509.ReasonFlags.key_compromise
    )
    revoked = run(*command, "-CRLfile", fetched("issuing"), asked)
    assert revoked.returncode != 0
    assert "certificate revoked" in revoked.stderr


def verified(folder: Path, certificate: bytes, ca: bytes, policy: str) -> str:
    """Let openssl verify a path with the policies and names that each CA may have."""
    made = run(
        *("openssl", "verify", "-attime", int(RELEASED_ON.timestamp())),
        *("-policy", policy, "-policy_check", "-explicit_policy"),
        *("-CAfile", pem(folder, "root.pem", pki().root.certificate)),
        *("-untrusted", pem(folder, "ca.pem", ca), pem(folder, "asked.pem", certificate)),
    )
    return "OK" if made.returncode == 0 else made.stderr


def test_openssl_takes_the_policies_and_names_of_our_cas(tmp_path: Path) -> None:
    ca = pki().issuing.certificate
    assert verified(tmp_path, signer_certificate(), ca, oids.POLICY_LICENCE_SIGNING) == "OK"
    said = verified(tmp_path, signer_certificate(), ca, oids.POLICY_HOLDER)
    assert "policy" in said


def test_a_holder_ca_makes_no_licence_signer(tmp_path: Path) -> None:
    """Whatever it writes, its own certificate has another policy."""
    key = pki().private_keys["tsa"].public_key()
    forged = pki().holder_ca.certify_signer(AUTHORITY, "x", key, now=RELEASED_ON)
    said = verified(tmp_path, forged, pki().holder_ca.certificate, oids.POLICY_LICENCE_SIGNING)
    assert "policy" in said
    with pytest.raises(AnzhengError) as caught:
        check_policy(
            find_path(forged, [pki().holder_ca.certificate], [pki().root.certificate]),
            [oids.POLICY_LICENCE_SIGNING],
        )
    assert caught.value.code is Code.SIGNER_POLICY


def test_a_name_of_another_country_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = pki().private_keys["tsa"].public_key()
    monkeypatch.setattr(certificates, "COUNTRY", "AA")
    forged = pki().issuing.certify_signer(AUTHORITY, "x", key, now=RELEASED_ON)
    ca = pki().issuing.certificate
    assert "permitted subtree" in verified(tmp_path, forged, ca, oids.POLICY_LICENCE_SIGNING)
    with pytest.raises(AnzhengError) as caught:
        find_path(forged, [ca], [pki().root.certificate])
    assert caught.value.code is Code.SIGNER_UNTRUSTED

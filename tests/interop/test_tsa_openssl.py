"""Our client and a responder that others wrote: `openssl ts`, with RSA and elliptic keys."""

import subprocess
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from anzheng.clock import SystemClock, SystemEntropy
from licence.errors import Code
from licence.formats.timestamp import read_token
from licence.ids import Digest
from signer.deadline_http import Answer
from signer.tsa_client import REPLY_TYPE, HttpTsa, TsaTrust
from tests.fakes.refusal import refuses

IMPRINT = Digest(sha256(b"signature").digest())
URL = "http://tsa.example/"
POLICY = "1.2.3.4.1"
SETTINGS = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
default_policy = {policy}
digests = sha256
signer_digest = {digest}
ess_cert_id_alg = {names_by}
ordering = {ordering}
tsa_name = yes
accuracy = secs:1, millisecs:500
clock_precision_digits = {digits}
"""
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Responder:
    """Answers by `openssl ts -reply`; also what our client believes of it."""

    def __init__(self, folder: Path, key: Key, **settings: str) -> None:
        self._folder = folder
        root_key = ec.generate_private_key(ec.SECP384R1())
        root = _certificate("root", root_key, None, None)
        own = _certificate("tsa", key, root, root_key)
        given = {"digest": "sha256", "names_by": "sha256", "ordering": "no", "digits": "0"}
        text = SETTINGS.format(folder=folder, policy=POLICY, **(given | settings))
        (folder / "ts.cnf").write_text(text)
        (folder / "serial").write_text("01")
        (folder / "tsa.pem").write_bytes(own.public_bytes(Encoding.PEM))
        (folder / "tsa.key").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self.trust = TsaTrust(
            own.public_bytes(Encoding.DER), (root.public_bytes(Encoding.DER),), POLICY
        )

    def exchange(self, method: str, url: str, *, content: bytes = b"", **_given: object) -> Answer:
        """Answer a query."""
        assert (method, url) == ("POST", URL)
        query, reply = self._folder / "query.tsq", self._folder / "reply.tsr"
        query.write_bytes(content)
        subprocess.run(
            [
                *("openssl", "ts", "-reply", "-config", str(self._folder / "ts.cnf")),
                *("-queryfile", str(query), "-signer", str(self._folder / "tsa.pem")),
                *("-inkey", str(self._folder / "tsa.key"), "-out", str(reply)),
            ],
            check=True,
            capture_output=True,
        )
        return Answer(200, REPLY_TYPE, reply.read_bytes())

    def ask(self) -> bytes:
        """Ask it through our client."""
        client = HttpTsa(
            URL,
            http=self,
            trust=self.trust,
            clock=SystemClock(),
            entropy=SystemEntropy(),
        )
        return client.timestamp(IMPRINT, seconds=60)


def _certificate(
    name: str,
    key: Key,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey | None,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = SystemClock().now() - timedelta(minutes=1)
    is_ca = issuer is None
    usage = x509.KeyUsage(
        digital_signature=not is_ca,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        .add_extension(usage, critical=True)
    )
    if not is_ca:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True)
    return builder.sign(issuer_key or key, SHA256())


@pytest.mark.tools("openssl")
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_a_responder_of_others_is_believed(tmp_path: Path, kind: str, digest: str) -> None:
    key: Key = (
        rsa.generate_private_key(65537, 2048)
        if kind == "rsa"
        else ec.generate_private_key(ec.SECP256R1() if kind == "p256" else ec.SECP384R1())
    )
    token = read_token(Responder(tmp_path, key, digest=digest, ordering="yes", digits="3").ask())
    assert token.info.imprint == IMPRINT
    assert token.info.authority is not None


@pytest.mark.tools("openssl")
def test_one_that_names_its_certificate_by_sha_1_is_refused(tmp_path: Path) -> None:
    responder = Responder(tmp_path, ec.generate_private_key(ec.SECP256R1()), names_by="sha1")
    with refuses(Code.TSA_ANSWER):
        responder.ask()

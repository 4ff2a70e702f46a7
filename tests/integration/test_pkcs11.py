"""Keys in hardware, with SoftHSM2 as the hardware."""

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from multiprocessing.connection import Connection

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from licence.errors import Code
from licence.formats.algorithms import SignatureAlgorithm, SignaturePadding
from licence.formats.verdict import Verdict
from signer.authority_ca import CertificateAuthority, create_root
from signer.certificates import Subject, load_certificate
from signer.keys import SigningKey, open_key, open_private_key
from signer.keys.pkcs11 import Pkcs11Key, generate_token_key
from signer.keys.pkcs11_uri import parse_pkcs11_uri
from signer.revocation import Revoked
from signer.sign import LicenceSigner, RevocationData, SignerChain
from tests.builders import AUTHORITY, NAMES, SIGNED_AT, fill, make_evidence, make_world
from tests.fakes.entropy import SeededEntropy
from tests.fakes.refusal import refuses
from tests.fakes.softhsm import PINS, Pins, SoftHsm, soft_hsm
from verifier.policy import STRICT
from verifier.verify import verify

pytestmark = pytest.mark.tools("softhsm2-util")


@cache
def hardware() -> SoftHsm:
    """Return two tokens with a key each."""
    hsm = soft_hsm()
    for token in ("one", "two"):
        generate_token_key(parse_pkcs11_uri(hsm.uri(token, "key")), 2048, secrets=Pins(PINS))
    return hsm


def certificate_of(uri: str) -> bytes:
    """Return a licence-signing certificate for the key of a URI."""
    public = open_private_key(uri, secrets=Pins(PINS)).public_key()
    issuing = make_world().pki.issuing
    return issuing.certify_signer(AUTHORITY, NAMES[AUTHORITY], public, now=SIGNED_AT)


def opened(
    token: str = "one",
    padding: SignaturePadding = SignaturePadding.PKCS1,
    pins: Pins | None = None,
) -> SigningKey:
    uri = hardware().uri(token, "key")
    return open_key(
        uri, certificate=certificate_of(uri), secrets=pins or Pins(PINS), padding=padding
    )


def check(key: SigningKey, data: bytes, signature: bytes) -> None:
    public = load_der_public_key(key.public_key)
    assert isinstance(public, RSAPublicKey)
    pss = key.algorithm is SignatureAlgorithm.RSA2048_PSS_SHA256
    padding = PSS(MGF1(SHA256()), 32) if pss else PKCS1v15()
    public.verify(signature, data, padding, SHA256())


@pytest.mark.parametrize("padding", SignaturePadding)
def test_a_token_signs_as_the_algorithm_says(padding: SignaturePadding) -> None:
    key = opened(padding=padding)
    check(key, b"data", key.sign(b"data"))
    assert load_certificate(key.certificate).public_key() == load_der_public_key(key.public_key)


def test_two_tokens_with_two_pins_sign_in_one_process() -> None:
    one, two = opened("one"), opened("two")
    for _ in range(3):
        check(one, b"a", one.sign(b"a"))
        check(two, b"b", two.sign(b"b"))
    assert one.public_key != two.public_key


def test_closing_one_key_logs_no_other_out() -> None:
    first, second = opened(), opened()
    assert isinstance(first, Pkcs11Key)
    first.close()
    check(second, b"x", second.sign(b"x"))


def test_a_pin_is_asked_for_once_for_all_keys_of_a_token() -> None:
    opened()
    pins = Pins(PINS)
    opened(pins=pins)
    assert pins.asked == []


def test_threads_share_a_key() -> None:
    key = opened()
    data = [b"%d" % number for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        for each, signature in zip(data, pool.map(key.sign, data), strict=True):
            check(key, each, signature)


def _child(key: SigningKey, answers: Connection) -> None:
    answers.send(key.sign(b"child"))


def test_a_forked_process_signs_beside_its_parent() -> None:
    key = opened()
    key.sign(b"before")
    context = multiprocessing.get_context("fork")
    pairs = [context.Pipe(duplex=False) for _ in range(2)]
    children = [context.Process(target=_child, args=(key, writer)) for _, writer in pairs]
    for child in children:
        child.start()
    for _ in range(5):
        check(key, b"parent", key.sign(b"parent"))
    for reader, _ in pairs:
        assert reader.poll(120)
        check(key, b"child", reader.recv())
    for child in children:
        child.join(120)
        assert child.exitcode == 0
    check(key, b"after", key.sign(b"after"))


def _stranger(uri: str, certificate: bytes, answers: Connection) -> None:
    answers.send(open_key(uri, certificate=certificate, secrets=Pins(PINS)).sign(b"other"))


def test_processes_of_their_own_log_in_by_themselves() -> None:
    key = opened("two")
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    uri = hardware().uri("two", "key")
    child = context.Process(target=_stranger, args=(uri, key.certificate, writer))
    child.start()
    assert reader.poll(120)
    check(key, b"other", reader.recv())
    child.join(120)
    assert child.exitcode == 0


def test_a_lost_session_is_opened_again() -> None:
    key = opened()
    assert isinstance(key, Pkcs11Key)
    key._handle._session.close()
    check(key, b"again", key.sign(b"again"))


def test_a_lost_login_is_made_again() -> None:
    key = opened()
    assert isinstance(key, Pkcs11Key)
    for login in list(key._handle._module._logins.values()):
        login.close()
    check(key, b"again", key.sign(b"again"))


def test_a_token_that_is_gone_is_locked_until_it_is_back() -> None:
    hsm, key = hardware(), opened()
    aside = hsm.folder / "aside"
    hsm.tokens.rename(aside)
    try:
        with refuses(Code.KEY_LOCKED):
            key.sign(b"x")
        with refuses(Code.KEY_LOCKED):
            key.sign(b"x")
    finally:
        aside.rename(hsm.tokens)
    check(key, b"back", key.sign(b"back"))


def test_a_wrong_pin_is_tried_once() -> None:
    hsm = hardware()
    uri = parse_pkcs11_uri(hsm.uri("three", "key"))
    right, wrong = Pins(PINS), Pins({"three": "wrong"})
    with refuses(Code.KEY_LOCKED):
        generate_token_key(uri, 2048, secrets=wrong)
    assert len(wrong.asked) == 1
    public = generate_token_key(uri, 2048, secrets=right)
    # The same again finds what is there.
    assert generate_token_key(uri, 2048, secrets=right) == public


@pytest.mark.parametrize(("token", "label"), [("one", "other"), ("seven", "key")])
def test_what_is_not_there_is_said(token: str, label: str) -> None:
    uri = hardware().uri(token, label)
    with refuses(Code.KEY_URI):
        open_key(uri, certificate=b"", secrets=Pins(PINS))


def test_a_certificate_of_another_key_is_refused() -> None:
    uri = hardware().uri("one", "key")
    other = certificate_of(hardware().uri("two", "key"))
    with refuses(Code.KEY_REFUSED):
        open_key(uri, certificate=other, secrets=Pins(PINS))


def test_a_key_that_could_be_taken_out_is_refused() -> None:
    hsm = hardware()
    opened()
    token = pkcs11.lib(str(hsm.module)).get_token(token_label="one")
    with token.open(rw=True) as session:
        session.generate_keypair(
            pkcs11.KeyType.RSA,
            2048,
            store=True,
            label="loose",
            private_template={pkcs11.Attribute.EXTRACTABLE: True},
        )
    with refuses(Code.KEY_REFUSED):
        open_private_key(hsm.uri("one", "loose"), secrets=Pins(PINS))


def test_no_bytes_of_a_key_leave_its_token() -> None:
    key = open_private_key(hardware().uri("one", "key"), secrets=Pins(PINS))
    for leak in (
        key.private_numbers,
        lambda: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        lambda: key.decrypt(b"", PKCS1v15()),
    ):
        with pytest.raises(TypeError):
            leak()


def test_a_ca_signs_certificates_lists_and_answers_with_a_token() -> None:
    key = open_private_key(hardware().uri("two", "key"), secrets=Pins(PINS))
    root = create_root(Subject("根", "示例"), key, now=SIGNED_AT, entropy=SeededEntropy("root"))
    public = open_private_key(hardware().uri("one", "key"), secrets=Pins(PINS)).public_key()
    below = root.certify_ca(Subject("签发", "示例"), public, now=SIGNED_AT)
    load_certificate(below).verify_directly_issued_by(load_certificate(root.certificate))
    crl = x509.load_der_x509_crl(root.crl((Revoked(5, SIGNED_AT),), now=SIGNED_AT, number=1))
    assert crl.is_signature_valid(key.public_key())
    assert root.ocsp_answer(below, (), now=SIGNED_AT)
    assert isinstance(root, CertificateAuthority)


def test_a_licence_signed_in_hardware_is_valid_and_the_referee_agrees() -> None:
    world, key = make_world(), opened()
    answer = world.pki.issuing.ocsp_answer(key.certificate, (), now=SIGNED_AT)
    signer = LicenceSigner(
        key,
        chain=SignerChain((world.pki.issuing.certificate,), world.pki.root.certificate),
        timestamper=world.pki.tsa(clock=world.clock, entropy=world.entropy),
        revocation=RevocationData((world.pki.root.crl((), now=SIGNED_AT, number=1),), (answer,)),
        clock=world.clock,
        environment=world.bundle.environment,
    )
    pki = world.pki
    object.__setattr__(world, "pki", _Signs(signer))
    signed = world.sign(world.version())
    object.__setattr__(world, "pki", pki)
    pdf = fill(signed.pdf, make_evidence([signed.leaf])[0])
    assert verify(pdf, world.trust(), policy=STRICT, now=world.now).verdict is Verdict.VALID
    assert os.environ["SOFTHSM2_CONF"]


class _Signs:
    """A PKI whose signer is this one."""

    def __init__(self, signer: LicenceSigner) -> None:
        self._signer = signer

    def licence_signer(self, *_: object, **__: object) -> LicenceSigner:
        return self._signer

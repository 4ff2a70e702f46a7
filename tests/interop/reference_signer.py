"""The readable reference: the same signature by pyHanko's own `PdfSigner`, 200 times slower.

It gets our prepared file with its signature taken out, the same key, CAs and timestamp authority,
and is told what DESIGN step 4 demands. Nothing of `licence.formats` helps it.
"""

import asyncio
import io
from collections.abc import Iterable, Iterator

import pikepdf
from asn1crypto import algos, core, tsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import copy_into_new_writer
from pyhanko.sign import signers
from pyhanko.sign.attributes import CMSAttributeProvider, SignedAttributeProviderSpec
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import CAdESSignedAttributeProviderSpec, PdfCMSSignedAttributes
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from typing_extensions import override

from signer.keys import SigningKey
from signer.tsa import TestTsa

FIELD = "AuthoritySeal"
REASON = "核发安全生产许可证"
LICENCE_DIGEST = "2.25.106994047254865533506688737784672260562.2.1"
RESERVED_CHARACTERS = 2 * 16_384
SIGNATURE_BYTES = 512
"""What a dry run reserves; more than any of our keys makes."""


def emptied(signed: bytes) -> bytes:
    """Return a file of ours with an empty signature field: what pyHanko begins with."""
    with pikepdf.open(io.BytesIO(signed)) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        del field.V
        del pdf.Root.Perms
        out = io.BytesIO()
        pdf.save(out, min_version="1.7")
    return out.getvalue()


def sign(
    file: bytes,
    *,
    key: SigningKey,
    chain: Iterable[bytes],
    licence_digest: bytes,
    tsa: TestTsa,
) -> bytes:
    """Certify a file with an empty field, in one revision, with a timestamp.

    Args:
        file: From `emptied`.
        key: The authority's.
        chain: CAs above its certificate without the root, DER.
        licence_digest: For our signed attribute.
        tsa: Trusted time.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=REASON,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signer = signers.PdfSigner(
        metadata, _KeySigner(key, chain, licence_digest), timestamper=_Responder(tsa)
    )
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(file)))
    made = asyncio.run(signer.async_sign_pdf(writer, bytes_reserved=RESERVED_CHARACTERS))
    return bytes(made.getvalue())


class _KeySigner(signers.Signer):
    """pyHanko's signer over a key of ours, which it only asks for signature values."""

    def __init__(self, key: SigningKey, chain: Iterable[bytes], licence_digest: bytes) -> None:
        certificate = x509.Certificate.load(key.certificate)
        super().__init__(
            signing_cert=certificate,
            cert_registry=_store(chain),
            signature_mechanism=_PSS if "PSS" in key.algorithm.name else _PKCS1,
            embed_roots=False,
        )
        self.signed_attr_prov_spec = _Attributes(certificate, licence_digest)
        self._key = key

    @override
    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        assert digest_algorithm == "sha256"
        return bytes(SIGNATURE_BYTES) if dry_run else self._key.sign(data)


def _store(certificates: Iterable[bytes]) -> SimpleCertificateStore:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    for certificate in certificates:
        store.register(x509.Certificate.load(certificate))
    return store


_SHA256 = algos.DigestAlgorithm({"algorithm": "sha256", "parameters": core.Null()})
_PKCS1 = algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
_PSS = algos.SignedDigestAlgorithm(
    {
        "algorithm": "rsassa_pss",
        "parameters": algos.RSASSAPSSParams(
            {
                "hash_algorithm": _SHA256,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": _SHA256},
                "salt_length": 32,
            }
        ),
    }
)


class _LicenceDigest(CMSAttributeProvider):
    attribute_type = LICENCE_DIGEST

    def __init__(self, digest: bytes) -> None:
        self._digest = digest

    @override
    async def build_attr_value(self, dry_run: bool = False) -> core.OctetString:
        return core.OctetString(self._digest)


class _Attributes(SignedAttributeProviderSpec):
    """What PAdES demands, and the digest of `licence.json`."""

    def __init__(self, certificate: x509.Certificate, licence_digest: bytes) -> None:
        self._pades = CAdESSignedAttributeProviderSpec(
            attr_settings=PdfCMSSignedAttributes(),
            signing_cert=certificate,
            is_pades=True,
            timestamper=None,
        )
        self._licence_digest = licence_digest

    @override
    def signed_attr_providers(
        self, data_digest: bytes, digest_algorithm: str
    ) -> Iterator[CMSAttributeProvider]:
        yield from self._pades.signed_attr_providers(data_digest, digest_algorithm)
        yield _LicenceDigest(self._licence_digest)


class _Responder(TimeStamper):
    """pyHanko's RFC 3161 client, with our responder on the other side of the wire."""

    def __init__(self, tsa: TestTsa) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._tsa = tsa

    @override
    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return tsp.TimeStampResp.load(self._tsa.respond(req.dump()))

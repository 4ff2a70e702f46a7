"""Object identifiers: those of the standards that we write, and our own.

Our arc is 2.25.<UUID> (ITU-T X.667): nobody else can have it and nobody needs to register it. The
UUID 507e4dcf-881f-42db-86cb-8240068f91d2 was drawn at random once, for ever. An identifier never
changes its meaning.
"""

from typing import Final

ARC: Final = "2.25.106994047254865533506688737784672260562"

POLICY_LICENCE_SIGNING: Final = f"{ARC}.1.1"
"""Certificate policy of an authority's licence-signing certificate."""

POLICY_HOLDER: Final = f"{ARC}.1.2"
"""Certificate policy of the own certificate of a licence (每份许可证独立数字证书)."""

POLICY_TSA_TEST: Final = f"{ARC}.1.3"
"""Policy in the tokens of our own RFC 3161 responder, which is for tests only."""

ATTR_LICENCE_JSON_DIGEST: Final = f"{ARC}.2.1"
"""Signed CMS attribute: SHA-256 of `licence.json`, OCTET STRING of 32 bytes."""

ATTR_ANCHOR_EVIDENCE: Final = f"{ARC}.2.2"
"""Unsigned CMS attribute: the anchor evidence, OCTET STRING."""

ATTR_REPORT_DIGEST: Final = f"{ARC}.2.3"
"""Signed CMS attribute: SHA-256 of the contents of a report file, OCTET STRING of 32 bytes."""

EXT_LICENCE_BINDING: Final = f"{ARC}.3.1"
"""Extension of a holder certificate: leaf and status index of its licence."""

EXT_ENTITLEMENT: Final = f"{ARC}.3.2"
"""Extension of a licence-signing certificate: what its key may sign."""

XMP_LICENCE_FIELDS: Final = f"{ARC}.4.1"
"""Namespace, as a URN, of the licence's fields in XMP."""

# -- RFC 5652, 5035, 3161, 5126, 8017, 5754, 4055
ID_DATA: Final = "1.2.840.113549.1.7.1"
ID_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
ATTR_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
ATTR_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
ATTR_SIGNING_CERTIFICATE_V2: Final = "1.2.840.113549.1.9.16.2.47"
ATTR_TIMESTAMP_TOKEN: Final = "1.2.840.113549.1.9.16.2.14"  # noqa: S105 - an identifier
ATTR_REVOCATION_VALUES: Final = "1.2.840.113549.1.9.16.2.24"
ID_TST_INFO: Final = "1.2.840.113549.1.9.16.1.4"
ID_OCSP_BASIC: Final = "1.3.6.1.5.5.7.48.1.1"
SHA256: Final = "2.16.840.1.101.3.4.2.1"
RSA_SHA256: Final = "1.2.840.113549.1.1.11"
RSA_PSS: Final = "1.2.840.113549.1.1.10"
MGF1: Final = "1.2.840.113549.1.1.8"

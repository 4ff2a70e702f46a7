/**
 * The signature of a licence: one CMS template. A reader takes the parts out, builds the CMS again,
 * and compares all bytes: there is no second spelling, so nothing can be hidden in it.
 *
 * Standard: RFC 5652; RFC 5035; ETSI EN 319 122-1; `docs/formats/cms.md`.
 */
import { type Bytes, compare, concat, equal, hex, isAscending, sha256 } from "./bytes.ts";
import * as der from "./der.ts";
import { Refusal } from "./errors.ts";
import * as oids from "./oids.ts";
import { PKCS1_SHA256, PSS_SHA256, SHA256_IDENTIFIER } from "./signatures.ts";

const HOLE_BYTES = 16_384;
const MAX_CMS_BYTES = 8_000;
const MAX_EVIDENCE_BYTES = 8_192;
const MAX_CERTIFICATES = 8;

/** How a licence is signed; a number never changes its meaning. */
export interface Algorithm {
  number: number;
  name: string;
  identifier: Bytes;
  bits: number;
  pssSalt: number | undefined;
}

const ALGORITHMS: readonly Algorithm[] = [
  { number: 1, name: "RSA2048_PKCS1_SHA256", identifier: PKCS1_SHA256, bits: 2048, pssSalt: undefined },
  { number: 2, name: "RSA3072_PSS_SHA256", identifier: PSS_SHA256, bits: 3072, pssSalt: 32 },
  { number: 4, name: "RSA3072_PKCS1_SHA256", identifier: PKCS1_SHA256, bits: 3072, pssSalt: undefined },
  { number: 5, name: "RSA2048_PSS_SHA256", identifier: PSS_SHA256, bits: 2048, pssSalt: 32 },
];

export interface CmsParts {
  certificates: readonly Bytes[];
  signerCertificate: Bytes;
  messageDigest: Bytes;
  licenceDigest: Bytes;
  signature: Bytes;
  timestampToken: Bytes | undefined;
  evidence: Bytes | undefined;
  algorithm: Algorithm;
}

/** Take a licence's CMS apart: CMS_TOO_LARGE, CMS_SYNTAX, ALGORITHM_UNSUPPORTED, CMS_NOT_OUR_TEMPLATE. */
export async function parseCms(data: Bytes): Promise<CmsParts> {
  if (data.length > HOLE_BYTES) throw new Refusal("CMS_TOO_LARGE", "longer than the hole");
  let parts: CmsParts;
  try {
    parts = await takeApart(data);
  } catch (error) {
    if (error instanceof Refusal && error.code === "DER_SYNTAX") {
      throw new Refusal("CMS_SYNTAX", "the CMS is not our DER");
    }
    throw error;
  }
  if (!equal(await build(parts), data)) throw template("the CMS is not spelled as ours are");
  return parts;
}

/** Return the bytes that the authority's key signs: the DER of the SET OF signed attributes. */
export async function signedAttributes(parts: CmsParts): Promise<Bytes> {
  if (parts.messageDigest.length !== 32 || parts.licenceDigest.length !== 32) {
    throw new Refusal("CMS_SYNTAX", "a SHA-256 digest has 32 bytes");
  }
  const attributes = [
    attribute(oids.ATTR_CONTENT_TYPE, der.oid(oids.ID_DATA)),
    attribute(oids.ATTR_MESSAGE_DIGEST, der.tlv(der.OCTET_STRING, parts.messageDigest)),
    (await certificateFields(parts.signerCertificate)).signingCertificate,
    attribute(oids.ATTR_LICENCE_JSON_DIGEST, der.tlv(der.OCTET_STRING, parts.licenceDigest)),
  ];
  return der.tlv(der.SET, ...attributes.sort(compare));
}

// ---------------------------------------------------------------- building

async function build(parts: CmsParts): Promise<Bytes> {
  check(parts);
  const info = await signerInfo(parts);
  const unsigned: Bytes[] = [];
  if (parts.timestampToken !== undefined) {
    unsigned.push(attribute(oids.ATTR_TIMESTAMP_TOKEN, parts.timestampToken));
  }
  const bare = assemble(parts, info, unsigned);
  if (bare.length > MAX_CMS_BYTES) throw new Refusal("CMS_TOO_LARGE", "the CMS leaves no room");
  if (parts.evidence === undefined) return bare;
  unsigned.push(attribute(oids.ATTR_ANCHOR_EVIDENCE, der.tlv(der.OCTET_STRING, parts.evidence)));
  return assemble(parts, info, unsigned);
}

function check(parts: CmsParts): void {
  const { certificates, evidence, timestampToken } = parts;
  if (certificates.length > MAX_CERTIFICATES || !isAscending(certificates)) {
    throw new Refusal("CMS_SYNTAX", "too many certificates, or not ascending");
  }
  for (const one of timestampToken === undefined ? certificates : [...certificates, timestampToken]) {
    try {
      der.value(one, der.SEQUENCE);
    } catch {
      throw new Refusal("CMS_SYNTAX", "certificate or token: not one SEQUENCE");
    }
  }
  if (evidence !== undefined && (evidence.length < 1 || evidence.length > MAX_EVIDENCE_BYTES)) {
    throw new Refusal("CMS_TOO_LARGE", "the evidence is empty or does not fit");
  }
}

async function signerInfo(parts: CmsParts): Promise<Bytes> {
  const signed = await signedAttributes(parts);
  return concat(
    der.integer(1n),
    (await certificateFields(parts.signerCertificate)).issuerSerial,
    SHA256_IDENTIFIER,
    // RFC 5652, 5.4: signed as a SET OF, written under [0]; only the tag differs.
    concat(new Uint8Array([der.CONTEXT_0]), signed.subarray(1)),
    parts.algorithm.identifier,
    der.tlv(der.OCTET_STRING, parts.signature),
  );
}

function assemble(parts: CmsParts, info: Bytes, unsigned: readonly Bytes[]): Bytes {
  const attributes =
    unsigned.length === 0 ? [] : [der.tlv(der.CONTEXT_1, ...[...unsigned].sort(compare))];
  const signedData = der.tlv(
    der.SEQUENCE,
    der.integer(1n),
    der.tlv(der.SET, SHA256_IDENTIFIER),
    der.tlv(der.SEQUENCE, der.oid(oids.ID_DATA)),
    der.tlv(der.CONTEXT_0, ...parts.certificates),
    der.tlv(der.SET, der.tlv(der.SEQUENCE, info, ...attributes)),
  );
  return der.tlv(der.SEQUENCE, der.oid(oids.ID_SIGNED_DATA), der.tlv(der.CONTEXT_0, signedData));
}

function attribute(kind: string, value: Uint8Array): Bytes {
  return der.tlv(der.SEQUENCE, der.oid(kind), der.tlv(der.SET, value));
}

/** Return IssuerAndSerialNumber and the signing-certificate-v2 attribute of a certificate. */
async function certificateFields(
  certificate: Bytes,
): Promise<{ issuerSerial: Bytes; signingCertificate: Bytes }> {
  let serial: Bytes;
  let issuer: Bytes;
  try {
    const fields = der.children(der.children(certificate)[0] ?? new Uint8Array());
    const first = der.tagOf(fields[0]) === der.CONTEXT_0 ? 1 : 0;
    [serial, , issuer] = fields.slice(first, first + 3) as [Bytes, Bytes, Bytes];
    der.value(serial, der.INTEGER);
    der.value(issuer, der.SEQUENCE);
  } catch {
    throw new Refusal("CMS_SYNTAX", "not an X.509 certificate");
  }
  const names = der.tlv(der.SEQUENCE, der.tlv(der.CONTEXT_4, issuer));
  const ess = der.tlv(
    der.SEQUENCE,
    der.tlv(der.OCTET_STRING, await sha256(certificate)),
    der.tlv(der.SEQUENCE, names, serial),
  );
  const value = der.tlv(der.SEQUENCE, der.tlv(der.SEQUENCE, ess));
  return {
    issuerSerial: der.tlv(der.SEQUENCE, issuer, serial),
    signingCertificate: attribute(oids.ATTR_SIGNING_CERTIFICATE_V2, value),
  };
}

// ---------------------------------------------------------------- taking apart

const SIGNED = [
  oids.ATTR_CONTENT_TYPE,
  oids.ATTR_MESSAGE_DIGEST,
  oids.ATTR_SIGNING_CERTIFICATE_V2,
  oids.ATTR_LICENCE_JSON_DIGEST,
];
const UNSIGNED = [oids.ATTR_TIMESTAMP_TOKEN, oids.ATTR_ANCHOR_EVIDENCE];

/** Pick the parts out; what is not looked at here is compared after building it again. */
async function takeApart(data: Bytes): Promise<CmsParts> {
  const [, content] = exactly(der.children(data), 2);
  const [signedData] = exactly(der.children(content as Bytes, der.CONTEXT_0), 1);
  const [, , , certificateSet, infos] = exactly(der.children(signedData as Bytes), 5);
  const [info] = exactly(der.children(infos as Bytes, der.SET), 1);
  const fields = exactly(der.children(info as Bytes), 6, 7) as [Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes?];
  const signature = der.value(fields[5], der.OCTET_STRING);
  if (!equal(fields[2], SHA256_IDENTIFIER)) {
    throw new Refusal("ALGORITHM_UNSUPPORTED", "no digest algorithm of ours");
  }
  const algorithm = readAlgorithm(fields[4], signature.length);
  const signed = attributes(fields[3], der.CONTEXT_0, SIGNED);
  if (signed.size !== SIGNED.length) throw template("a signed attribute is missing");
  const unsigned =
    fields[6] === undefined ? new Map<string, Bytes>() : attributes(fields[6], der.CONTEXT_1, UNSIGNED);
  const evidence = unsigned.get(oids.ATTR_ANCHOR_EVIDENCE);
  const certificates = der.children(certificateSet as Bytes, der.CONTEXT_0);
  const get = (name: string): Bytes => signed.get(name) as Bytes;
  return {
    certificates,
    signerCertificate: await signer(certificates, get(oids.ATTR_SIGNING_CERTIFICATE_V2)),
    messageDigest: der.value(get(oids.ATTR_MESSAGE_DIGEST), der.OCTET_STRING),
    licenceDigest: der.value(get(oids.ATTR_LICENCE_JSON_DIGEST), der.OCTET_STRING),
    signature,
    timestampToken: unsigned.get(oids.ATTR_TIMESTAMP_TOKEN),
    evidence: evidence && der.value(evidence, der.OCTET_STRING),
    algorithm,
  };
}

function readAlgorithm(identifier: Bytes, signatureBytes: number): Algorithm {
  const known = ALGORITHMS.filter((one) => equal(one.identifier, identifier));
  if (known.length === 0) throw new Refusal("ALGORITHM_UNSUPPORTED", "no signature algorithm of ours");
  const found = known.find((one) => one.bits / 8 === signatureBytes);
  if (found === undefined) throw new Refusal("CMS_SYNTAX", "a signature value of another length");
  return found;
}

/** Return the one value of each attribute by type, each on the list and there once at most. */
function attributes(field: Bytes, tag: number, allowed: readonly string[]): ReadonlyMap<string, Bytes> {
  const names = new Map(allowed.map((name) => [hex(der.oid(name)), name]));
  const found = new Map<string, Bytes>();
  for (const one of der.children(field, tag)) {
    const [kind, values] = exactly(der.children(one), 2) as [Bytes, Bytes];
    const name = names.get(hex(kind));
    if (name === undefined || found.has(name)) throw template("an attribute unknown or there twice");
    found.set(name, exactly(der.children(values, der.SET), 1)[0] as Bytes);
  }
  return found;
}

/** Return the certificate whose SHA-256 stands in the signing-certificate-v2 attribute. */
async function signer(certificates: readonly Bytes[], signingCertificate: Bytes): Promise<Bytes> {
  const [ids] = exactly(der.children(signingCertificate), 1) as [Bytes];
  const [identifier] = exactly(der.children(ids), 1) as [Bytes];
  const [wanted] = exactly(der.children(identifier), 2) as [Bytes];
  const digest = der.value(wanted, der.OCTET_STRING);
  for (const certificate of certificates) {
    if (equal(await sha256(certificate), digest)) return certificate;
  }
  throw template("the signer's certificate is not there");
}

function exactly(elements: readonly Bytes[], ...counts: readonly number[]): readonly Bytes[] {
  if (!counts.includes(elements.length)) throw template("elements too many or too few");
  return elements;
}

function template(message: string): Refusal {
  return new Refusal("CMS_NOT_OUR_TEMPLATE", message);
}

/**
 * X.509 certificates of the profiles that we write, read strictly: version 3, DER throughout, no
 * extension twice. Names are compared byte by byte.
 *
 * Standard: RFC 5280, 4.1 and 4.2. The tests let pkijs read the same certificates and compare.
 */
import { type Bytes, equal, fromUtf8, latin1 } from "./bytes.ts";
import * as der from "./der.ts";
import { Refusal } from "./errors.ts";
import * as oids from "./oids.ts";
import { type PublicKey, readPublicKey, type Scheme, schemeOf, verifies } from "./signatures.ts";
import type { Seconds } from "./time.ts";

export interface Extension {
  critical: boolean;
  value: Bytes;
}

export interface Certificate {
  der: Bytes;
  tbs: Bytes;
  serial: Bytes;
  issuer: Bytes;
  subject: Bytes;
  notBefore: Seconds;
  notAfter: Seconds;
  spki: Bytes;
  key: PublicKey | undefined;
  scheme: Scheme | undefined;
  signature: Bytes;
  extensions: ReadonlyMap<string, Extension>;
}

export interface BasicConstraints {
  ca: boolean;
  pathLength: bigint | undefined;
  critical: boolean;
}

const CRITICAL_KNOWN: ReadonlySet<string> = new Set([
  oids.BASIC_CONSTRAINTS,
  oids.KEY_USAGE,
  oids.EXTENDED_KEY_USAGE,
  oids.CERTIFICATE_POLICIES,
  oids.NAME_CONSTRAINTS,
]);
const TRUE = new Uint8Array([der.BOOLEAN, 1, 0xff]);
const UTC = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const GENERALIZED = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** Parse a certificate; SIGNER_UNTRUSTED for what cannot be read. */
export function loadCertificate(data: Uint8Array): Certificate {
  try {
    return read(data);
  } catch (error) {
    if (error instanceof Refusal) throw untrusted("a certificate that cannot be read");
    throw error;
  }
}

function read(data: Uint8Array): Certificate {
  const [tbs, outer, signature] = exactly(der.children(data), 3) as [Bytes, Bytes, Bytes];
  const fields = der.children(tbs);
  const [version, serial, inner, issuer, validity, subject, spki, ...rest] = fields as [
    Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, Bytes, ...Bytes[],
  ];
  if (fields.length < 7 || !equal(version, der.tlv(der.CONTEXT_0, der.integer(2n)))) {
    throw untrusted("not a certificate of version 3");
  }
  if (!equal(inner, outer)) throw untrusted("two different signature algorithms");
  der.value(serial, der.INTEGER);
  const [notBefore, notAfter] = exactly(der.children(validity), 2).map(readTime) as [number, number];
  return {
    der: new Uint8Array(data),
    tbs,
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    key: readPublicKey(spki),
    scheme: schemeOf(outer),
    signature: der.bitString(signature),
    extensions: readExtensions(rest),
  };
}

function readExtensions(rest: readonly Bytes[]): ReadonlyMap<string, Extension> {
  const found = new Map<string, Extension>();
  const [wrapped] = rest.filter((field) => der.tagOf(field) === der.CONTEXT_3);
  if (wrapped === undefined) return found;
  for (const one of der.children(exactly(der.children(wrapped, der.CONTEXT_3), 1)[0] as Bytes)) {
    const parts = der.children(one);
    const [id, value] = [parts[0], parts.at(-1)] as [Bytes, Bytes];
    const critical = parts.length === 3;
    if (parts.length < 2 || parts.length > 3 || (critical && !equal(parts[1] as Bytes, TRUE))) {
      throw untrusted("an extension of another shape");
    }
    const name = der.dotted(id);
    if (found.has(name)) throw untrusted("an extension twice");
    found.set(name, { critical, value: der.value(value, der.OCTET_STRING) });
  }
  return found;
}

/** Return a moment of a certificate, CRL or OCSP answer: UTCTime to 2049, then GeneralizedTime. */
export function readTime(element: Bytes): Seconds {
  const isUtc = der.tagOf(element) === der.UTC_TIME;
  const text = latin1(der.value(element, isUtc ? der.UTC_TIME : der.GENERALIZED_TIME));
  const found = (isUtc ? UTC : GENERALIZED).exec(text);
  if (found === null) throw untrusted("a time that is not written as DER demands");
  const [year, ...others] = found.slice(1).map(Number) as [number, ...number[]];
  const [month, day, hour, minute, second] = others as [number, number, number, number, number];
  const century = year < 50 ? 2000 : 1900;
  const date = Date.UTC(isUtc ? century + year : year, month - 1, day, hour, minute, second);
  const isReal = new Date(date).toISOString().replace(/[-:T]/g, "").startsWith(
    `${isUtc ? century + year : found[1]}${found.slice(2).join("")}`,
  );
  if (!isReal) throw untrusted("no moment of the calendar");
  return date / 1000;
}

// ---------------------------------------------------------------- what a certificate says

export function basicConstraints(certificate: Certificate): BasicConstraints | undefined {
  const extension = certificate.extensions.get(oids.BASIC_CONSTRAINTS);
  if (extension === undefined) return undefined;
  const parts = der.children(extension.value);
  const isCa = parts[0] !== undefined && equal(parts[0], TRUE);
  const [length] = isCa ? parts.slice(1) : parts;
  if (parts.length > (isCa ? 2 : 0)) throw untrusted("basic constraints of another shape");
  const pathLength = length === undefined ? undefined : der.integerValue(length);
  return { ca: isCa, pathLength, critical: extension.critical };
}

const USAGES = [
  "digitalSignature",
  "contentCommitment",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "crlSign",
] as const;
export type Usage = (typeof USAGES)[number];

/** Return what a key is for; SIGNER_POLICY when the certificate does not say. */
export function keyUsage(certificate: Certificate): ReadonlySet<Usage> {
  const extension = certificate.extensions.get(oids.KEY_USAGE);
  if (extension === undefined) throw new Refusal("SIGNER_POLICY", "a certificate without key usage");
  const [, ...octets] = der.value(extension.value, der.BIT_STRING);
  const bits = octets[0] ?? 0;
  return new Set(USAGES.filter((_, place) => (bits & (0x80 >> place)) !== 0));
}

/** Return the purposes of the extended key usage, undefined without one. */
export function purposes(certificate: Certificate): string[] | undefined {
  const extension = certificate.extensions.get(oids.EXTENDED_KEY_USAGE);
  return extension && der.children(extension.value).map(der.dotted);
}

export function policies(certificate: Certificate): Set<string> {
  const extension = certificate.extensions.get(oids.CERTIFICATE_POLICIES);
  if (extension === undefined) return new Set();
  return new Set(
    der.children(extension.value).map((one) => der.dotted(der.children(one)[0] as Bytes)),
  );
}

/** Return the organisation identifier of the subject, when it has exactly one. */
export function organisationIdentifier(certificate: Certificate): string | undefined {
  const found: string[] = [];
  for (const part of der.children(certificate.subject)) {
    for (const attribute of der.children(part, der.SET)) {
      const [id, value] = exactly(der.children(attribute), 2) as [Bytes, Bytes];
      if (der.dotted(id) !== oids.ORGANISATION_IDENTIFIER) continue;
      found.push(fromUtf8(value.subarray(der.read(value).header)) ?? "");
    }
  }
  return found.length === 1 ? found[0] : undefined;
}

/** Return the parts (RDNs) of a name, for name constraints. */
export function nameParts(name: Bytes): Bytes[] {
  return der.children(name);
}

export function hasUnknownCritical(certificate: Certificate): boolean {
  return [...certificate.extensions].some(([id, one]) => one.critical && !CRITICAL_KNOWN.has(id));
}

export function isStrong(certificate: Certificate): boolean {
  const { key, scheme } = certificate;
  const strongKey = key !== undefined && (key.kind === "ec" || key.strong);
  return strongKey && scheme?.hash !== undefined;
}

/** Say whether the issuer has the name and the key that the certificate asks for. */
export async function isIssuedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const { scheme, tbs, signature } = certificate;
  if (!equal(certificate.issuer, issuer.subject)) return false;
  if (scheme?.hash === undefined || issuer.key === undefined) return false;
  return verifies(issuer.key, scheme, scheme.hash, tbs, signature);
}

export function exactly(elements: readonly Bytes[], ...counts: readonly number[]): readonly Bytes[] {
  if (!counts.includes(elements.length)) {
    throw new Refusal("DER_SYNTAX", "elements too many or too few");
  }
  return elements;
}

export function untrusted(message: string): Refusal {
  return new Refusal("SIGNER_UNTRUSTED", message);
}

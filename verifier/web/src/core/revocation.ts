/**
 * Was a certificate revoked when it signed? CRLs and OCSP answers say so, each believed only through
 * its signature and for the time that it covers. "Not revoked" needs an answer that says so.
 *
 * Standard: RFC 5280, 5 and 6.3; RFC 6960, 3.2 and 4.2; `verifier/revocation.py`.
 */
import { type Bytes, equal, owned } from "./bytes.ts";
import type { Path } from "./chain.ts";
import * as der from "./der.ts";
import { Refusal } from "./errors.ts";
import * as oids from "./oids.ts";
import { readPublicKey, schemeOf, verifies } from "./signatures.ts";
import type { Seconds } from "./time.ts";
import { type Certificate, exactly, isIssuedBy, isStrong, keyUsage, loadCertificate, purposes, readTime } from "./x509.ts";

const MAX_RESPONDERS = 4;
/** How far the clock of a CA may run ahead of that of a TSA. */
const CLOCK_SKEW = 300;
const OCSP_BASIC = "1.3.6.1.5.5.7.48.1.1";
const OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
const OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
const SHA1 = "1.3.14.3.2.26";
const SUCCESSFUL = new Uint8Array([der.ENUMERATED, 1, 0]);
const GOOD = 0x80;
const REVOKED = 0xa1;

export interface RevocationData {
  crls: readonly Bytes[];
  ocsps: readonly Bytes[];
}

type Says = "good" | "revoked" | undefined;

/** Demand proof that no certificate of the path was revoked: SIGNER_REVOKED, SIGNER_REVOCATION_UNKNOWN. */
export async function checkNotRevoked(path: Path, data: RevocationData, at: Seconds): Promise<void> {
  for (const [place, issuer] of path.slice(1).entries()) {
    const certificate = path[place] as Certificate;
    const says: Says[] = [];
    for (const crl of data.crls) says.push(await asked(() => byCrl(crl, certificate, issuer, at)));
    for (const ocsp of data.ocsps) says.push(await asked(() => byOcsp(ocsp, certificate, issuer, at)));
    if (says.includes("revoked")) {
      throw new Refusal("SIGNER_REVOKED", "a certificate of the path was revoked");
    }
    if (!says.includes("good")) {
      throw new Refusal("SIGNER_REVOCATION_UNKNOWN", "no proof that a certificate was not revoked");
    }
  }
}

/** What is broken says nothing. */
async function asked(by: () => Promise<Says>): Promise<Says> {
  try {
    return await by();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function covers(thisUpdate: Seconds, nextUpdate: Seconds | undefined, at: Seconds): boolean {
  return nextUpdate !== undefined && thisUpdate - CLOCK_SKEW <= at && at <= nextUpdate;
}

// ---------------------------------------------------------------- CRL

async function byCrl(data: Bytes, certificate: Certificate, issuer: Certificate, at: Seconds): Promise<Says> {
  const [tbs, algorithm, signature] = exactly(der.children(data), 3) as [Bytes, Bytes, Bytes];
  const fields = der.children(tbs);
  if (der.tagOf(fields[0]) === der.INTEGER) fields.shift();
  const [inner, name, thisUpdate, ...rest] = fields as [Bytes, Bytes, Bytes, ...Bytes[]];
  if (!equal(inner, algorithm) || !equal(name, issuer.subject)) return undefined;
  // An issuing distribution point or delta indicator is critical: such a list is not the whole.
  if (hasCriticalExtension(rest) || !keyUsage(issuer).has("crlSign")) return undefined;
  if (!(await isSigned(issuer, algorithm, tbs, der.bitString(signature)))) return undefined;
  const isTime = [der.UTC_TIME, der.GENERALIZED_TIME].includes(der.tagOf(rest[0]) ?? 0);
  const nextUpdate = isTime ? readTime(rest[0] as Bytes) : undefined;
  const entries = rest.find((field) => der.tagOf(field) === der.SEQUENCE);
  const serials = entries === undefined ? [] : der.children(entries).map((one) => der.children(one)[0]);
  if (serials.some((serial) => serial !== undefined && equal(serial, certificate.serial))) return "revoked";
  return covers(readTime(thisUpdate), nextUpdate, at) ? "good" : undefined;
}

function hasCriticalExtension(fields: readonly Bytes[]): boolean {
  const wrapped = fields.find((field) => der.tagOf(field) === der.CONTEXT_0);
  if (wrapped === undefined) return false;
  const [extensions] = exactly(der.children(wrapped, der.CONTEXT_0), 1) as [Bytes];
  return der.children(extensions).some((one) => der.children(one).length === 3);
}

async function isSigned(
  signer: Certificate,
  algorithm: Bytes,
  data: Bytes,
  signature: Bytes,
): Promise<boolean> {
  const scheme = schemeOf(algorithm);
  if (scheme?.hash === undefined || signer.key === undefined) return false;
  return verifies(signer.key, scheme, scheme.hash, data, signature);
}

// ---------------------------------------------------------------- OCSP

async function byOcsp(data: Bytes, certificate: Certificate, issuer: Certificate, at: Seconds): Promise<Says> {
  const [status, wrapped] = exactly(der.children(data), 2) as [Bytes, Bytes];
  const [response] = exactly(der.children(wrapped, der.CONTEXT_0), 1) as [Bytes];
  const [kind, octets] = exactly(der.children(response), 2) as [Bytes, Bytes];
  if (!equal(status, SUCCESSFUL) || der.dotted(kind) !== OCSP_BASIC) return undefined;
  const basic = der.children(der.value(octets, der.OCTET_STRING));
  const [tbs, algorithm, bits, certificates] = exactly(basic, 3, 4) as [Bytes, Bytes, Bytes, Bytes?];
  const responses = der.children(tbs).find((field) => der.tagOf(field) === der.SEQUENCE);
  const [single] = exactly(der.children(responses ?? new Uint8Array()), 1) as [Bytes];
  const [id, said, thisUpdate, ...rest] = der.children(single) as [Bytes, Bytes, Bytes, ...Bytes[]];
  if (!(await isAbout(id, certificate, issuer))) return undefined;
  const signature = der.bitString(bits);
  const responders = certificates === undefined ? [] : respondersIn(certificates);
  if (!(await isTrusted(issuer, algorithm, tbs, signature, responders, at))) return undefined;
  if (der.tagOf(said) === REVOKED) return "revoked";
  const next = rest.find((field) => der.tagOf(field) === der.CONTEXT_0);
  const nextUpdate = next && readTime(exactly(der.children(next, der.CONTEXT_0), 1)[0] as Bytes);
  const isGood = der.tagOf(said) === GOOD && covers(readTime(thisUpdate), nextUpdate, at);
  return isGood ? "good" : undefined;
}

async function isAbout(id: Bytes, certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const [hash, name, key, serial] = exactly(der.children(id), 4) as [Bytes, Bytes, Bytes, Bytes];
  if (!equal(serial, certificate.serial)) return false;
  // SHA-1 names the issuer in most answers of the world; it carries no security here.
  const kind = der.dotted(der.children(hash)[0] ?? new Uint8Array());
  const digest = { [SHA1]: "SHA-1", [oids.SHA256]: "SHA-256" }[kind];
  if (digest === undefined) return false;
  const bits = der.bitString(der.children(issuer.spki)[1] ?? new Uint8Array());
  return (
    equal(der.value(name, der.OCTET_STRING), await hashed(digest, issuer.subject)) &&
    equal(der.value(key, der.OCTET_STRING), await hashed(digest, bits))
  );
}

async function hashed(algorithm: string, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(algorithm, owned(data)));
}

function respondersIn(certificates: Bytes): Certificate[] {
  const [list] = exactly(der.children(certificates, der.CONTEXT_0), 1) as [Bytes];
  return der.children(list).slice(0, MAX_RESPONDERS).map(loadCertificate);
}

/** Accept the issuer itself, or one responder that the issuer certified for OCSP only. */
async function isTrusted(
  issuer: Certificate,
  algorithm: Bytes,
  tbs: Bytes,
  signature: Bytes,
  responders: readonly Certificate[],
  at: Seconds,
): Promise<boolean> {
  if (await isSigned(issuer, algorithm, tbs, signature)) return true;
  for (const responder of responders) {
    const isDelegate = await isOcspResponder(responder, issuer, at);
    if (isDelegate && (await isSigned(responder, algorithm, tbs, signature))) return true;
  }
  return false;
}

async function isOcspResponder(responder: Certificate, issuer: Certificate, at: Seconds): Promise<boolean> {
  if (!(await isIssuedBy(responder, issuer)) || !isStrong(responder)) return false;
  if (at < responder.notBefore || responder.notAfter < at) return false;
  const found = purposes(responder) ?? [];
  return responder.extensions.has(OCSP_NO_CHECK) && found.includes(OCSP_SIGNING);
}

/** Say whether a DER element looks like a CRL, an OCSP answer or a certificate, by its first parts. */
export function kindOf(data: Bytes): "crl" | "ocsp" | "certificate" | undefined {
  try {
    const parts = der.children(data);
    if (parts.length === 2 && der.tagOf(parts[0]) === der.ENUMERATED) return "ocsp";
    if (parts.length !== 3 || der.tagOf(parts[2]) !== der.BIT_STRING) return undefined;
    const fields = der.children(parts[0] as Bytes);
    if (der.tagOf(fields[0]) !== der.CONTEXT_0) return "crl";
    return readPublicKey(fields[6] ?? new Uint8Array()) === undefined ? undefined : "certificate";
  } catch {
    return undefined;
  }
}

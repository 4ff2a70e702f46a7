/**
 * Read and verify an RFC 3161 timestamp token. The leaf hashes the token whole, so its spelling need
 * not be ours; what is used of it is read strictly.
 *
 * Standard: RFC 3161, 2.4.2; RFC 5652, 5.4; RFC 5816; `verifier/timestamp_token.py`.
 */
import { type Bytes, concat, equal, latin1, owned, sha256 } from "./bytes.ts";
import * as der from "./der.ts";
import { asRefusal, Refusal } from "./errors.ts";
import type { Hash } from "./keys.ts";
import * as oids from "./oids.ts";
import { hashOf, schemeOf, SHA256_IDENTIFIER, verifies } from "./signatures.ts";
import { MAX_SECONDS, type Seconds } from "./time.ts";
import { loadCertificate } from "./x509.ts";

const MAX_TOKEN_BYTES = 16 << 10;
const MAX_CERTIFICATES = 8;
const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.([0-9]{0,5}[1-9]))?Z$/;
const VERSION_1 = der.integer(1n);
const VERSION_3 = der.integer(3n);
/** AlgorithmIdentifier of SHA-256, with the NULL and without. */
const SHA256_WRITTEN = [SHA256_IDENTIFIER, der.tlv(der.SEQUENCE, der.oid(oids.SHA256))];

/** A token whose signature holds; whether its signer is trusted is asked elsewhere. */
export interface Token {
  time: Seconds;
  policy: string;
  certificate: Bytes;
  certificates: readonly Bytes[];
}

/** Check a token over `stamped` against the certificate that it names; TIMESTAMP_BROKEN. */
export async function verifyToken(
  token: Bytes,
  stamped: Bytes,
  pool: readonly Bytes[],
): Promise<Token> {
  if (token.length > MAX_TOKEN_BYTES) throw broken("the token is too large");
  try {
    return await verify(token, stamped, pool);
  } catch (error) {
    throw broken(asRefusal(error).message);
  }
}

async function verify(token: Bytes, stamped: Bytes, pool: readonly Bytes[]): Promise<Token> {
  const [kind, wrapped] = exactly(der.children(token), 2);
  const [signedData] = exactly(der.children(wrapped as Bytes, der.CONTEXT_0), 1);
  expect(kind, der.oid(oids.ID_SIGNED_DATA), "not signed data");
  const [version, , encapsulated, ...rest] = der.children(signedData as Bytes);
  expect(version, VERSION_3, "not a token of version 3");
  const [type, content] = exactly(der.children(encapsulated as Bytes), 2);
  expect(type, der.oid(oids.ID_TST_INFO), "not a timestamp");
  const [octets] = exactly(der.children(content as Bytes, der.CONTEXT_0), 1);
  const info = der.value(octets as Bytes, der.OCTET_STRING);
  const certificates = certificatesIn(rest);
  const [signerInfo] = exactly(der.children(rest.at(-1) as Bytes, der.SET), 1);
  const certificate = await checkSigner(signerInfo as Bytes, info, [...certificates, ...pool]);
  const [policy, time] = await readInfo(info, stamped);
  return { time, policy, certificate, certificates };
}

function certificatesIn(fields: readonly Bytes[]): readonly Bytes[] {
  if (fields.length < 1 || fields.length > 3 || der.tagOf(fields.at(-1)) !== der.SET) {
    throw broken("unknown fields in the token");
  }
  if (der.tagOf(fields[0]) !== der.CONTEXT_0) return [];
  const found = der.children(fields[0] as Bytes, der.CONTEXT_0);
  if (found.length > MAX_CERTIFICATES) throw broken("too many certificates in the token");
  return found;
}

async function checkSigner(signerInfo: Bytes, info: Bytes, pool: readonly Bytes[]): Promise<Bytes> {
  const [version, identity, digest, signed, algorithm, value] = der.children(signerInfo) as [
    Bytes, Bytes, Bytes, Bytes, Bytes, Bytes,
  ];
  expect(version, VERSION_1, "not a signer of version 1");
  const hash = hashOf(digest);
  if (hash === undefined) throw broken("a hash that we do not take");
  const named = attributes(signed);
  expect(named.get(oids.ATTR_CONTENT_TYPE), der.oid(oids.ID_TST_INFO), "no content type");
  const infoDigest = new Uint8Array(await crypto.subtle.digest(hash, owned(info)));
  const messageDigest = der.tlv(der.OCTET_STRING, infoDigest);
  expect(named.get(oids.ATTR_MESSAGE_DIGEST), messageDigest, "another message digest");
  const certificate = await namedCertificate(
    named.get(oids.ATTR_SIGNING_CERTIFICATE_V2),
    identity,
    pool,
  );
  const data = concat(new Uint8Array([der.SET]), signed.subarray(1));
  await checkValue(certificate, algorithm, hash, der.value(value, der.OCTET_STRING), data);
  return certificate;
}

/** Return the single value of each signed attribute that we know, by its identifier. */
function attributes(field: Bytes): ReadonlyMap<string, Bytes> {
  const known = [oids.ATTR_CONTENT_TYPE, oids.ATTR_MESSAGE_DIGEST, oids.ATTR_SIGNING_CERTIFICATE_V2];
  const found = new Map<string, Bytes>();
  for (const one of der.children(field, der.CONTEXT_0)) {
    const [kind, values] = exactly(der.children(one), 2);
    const name = der.dotted(kind as Bytes);
    if (!known.includes(name)) continue;
    if (found.has(name)) throw broken("an attribute twice");
    found.set(name, exactly(der.children(values as Bytes, der.SET), 1)[0] as Bytes);
  }
  return found;
}

/** Return the certificate that both the signed attribute and the signer's name mean (RFC 5035, 4). */
async function namedCertificate(
  attribute: Bytes | undefined,
  identity: Bytes,
  pool: readonly Bytes[],
): Promise<Bytes> {
  if (attribute === undefined) throw broken("the token does not name its certificate");
  const first = der.children(child(der.children(child(der.children(attribute)))));
  const named = der.includes(SHA256_WRITTEN, first[0] ?? new Uint8Array()) ? first[1] : first[0];
  const wanted = der.value(named ?? new Uint8Array(), der.OCTET_STRING);
  for (const certificate of pool) {
    if (!equal(await sha256(certificate), wanted)) continue;
    const { issuer, serial } = loadCertificate(certificate);
    if (equal(der.tlv(der.SEQUENCE, issuer, serial), identity)) return certificate;
  }
  throw broken("the certificate of the token is missing");
}

function child(elements: readonly Bytes[]): Bytes {
  return elements[0] ?? new Uint8Array();
}

async function checkValue(
  certificate: Bytes,
  algorithm: Bytes,
  hash: Hash,
  value: Bytes,
  signed: Bytes,
): Promise<void> {
  const { key } = loadCertificate(certificate);
  const scheme = schemeOf(algorithm);
  if (key === undefined || scheme === undefined) throw broken("an algorithm that we do not take");
  if (!(await verifies(key, scheme, hash, signed, value))) {
    throw broken("the signature of the token is wrong");
  }
}

async function readInfo(info: Bytes, stamped: Bytes): Promise<[string, Seconds]> {
  const [version, policy, imprint, serial, moment] = der.children(info) as [Bytes, Bytes, Bytes, Bytes, Bytes];
  expect(version, VERSION_1, "not a timestamp of version 1");
  const [algorithm, hashed] = exactly(der.children(imprint), 2) as [Bytes, Bytes];
  if (hashOf(algorithm) !== "SHA-256") throw broken("the imprint is not SHA-256");
  if (!equal(der.value(hashed, der.OCTET_STRING), await sha256(stamped))) {
    throw broken("the timestamp belongs to another signature");
  }
  der.integerValue(serial);
  return [der.dotted(policy), readMoment(moment)];
}

function readMoment(element: Bytes): Seconds {
  const found = TIME.exec(latin1(der.value(element, der.GENERALIZED_TIME)));
  if (found === null) throw broken("the time is not written as DER demands");
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number, number, number, number, number, number,
  ];
  const whole = Date.UTC(year, month - 1, day, hour, minute, second);
  const spelled = new Date(whole).toISOString().slice(0, 19).replace(/[-:T]/g, "");
  if (spelled !== found.slice(1, 7).join("") || whole / 1000 > MAX_SECONDS || whole < 0) {
    throw broken("no moment of the calendar");
  }
  return whole / 1000 + Number(`0.${found[7] ?? "0"}`);
}

function exactly(elements: readonly Bytes[], wanted: number): readonly Bytes[] {
  if (elements.length !== wanted) throw broken("elements too many or too few");
  return elements;
}

function expect(found: Bytes | undefined, wanted: Bytes, message: string): void {
  if (found === undefined || !equal(found, wanted)) throw broken(message);
}

function broken(message: string): Refusal {
  return new Refusal("TIMESTAMP_BROKEN", `timestamp: ${message}`);
}

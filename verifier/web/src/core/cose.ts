/**
 * COSE_Sign1 with ES256 in the one shape that we write; the type is an argument, so that a message
 * of one kind is never taken for another.
 *
 * Standard: RFC 9052, 4.2 and 4.4; RFC 9360 (x5chain); RFC 9596 (typ); `licence/formats/cose.py`.
 */
import { type Bytes, hex } from "./bytes.ts";
import { type CborMap, type CborValue, dumps, isArray, loads, Tag } from "./cbor.ts";
import { Refusal } from "./errors.ts";
import { verifyEs256 } from "./keys.ts";

const TAG_SIGN1 = 18;
const ALGORITHM = 1;
const KEY_ID = 4;
const TYPE = 16;
const CERTIFICATE = 33;
const ES256 = -7;
const KNOWN: ReadonlySet<unknown> = new Set([ALGORITHM, KEY_ID, TYPE, CERTIFICATE]);
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_KEY_ID_BYTES = 64;
const MAX_ITEMS = 16;

export interface Sign1 {
  kid: Bytes;
  payload: Bytes;
  certificate: Bytes | undefined;
}

export interface Parts {
  protectedHeader: Bytes;
  payload: Bytes;
  signature: Bytes;
}

/** Public keys (SubjectPublicKeyInfo) by key id in hex. */
export type KeyTable = ReadonlyMap<string, Bytes>;

/** Read and verify a message of ours: TOO_LARGE, CBOR_*, COSE_SYNTAX or COSE_SIGNATURE. */
export async function verify1(
  data: Uint8Array,
  contentType: string,
  keys: KeyTable,
  maxBytes: number,
): Promise<Sign1> {
  const found = parts(data, maxBytes);
  const { kid, certificate } = readSaid(found.protectedHeader, contentType);
  const key = kid.length <= MAX_KEY_ID_BYTES ? keys.get(hex(kid)) : undefined;
  if (key === undefined) {
    throw new Refusal("COSE_SIGNATURE", "signed by a key that is not believed here");
  }
  await verifyEs256(key, toBeSigned(found), found.signature, "COSE_SIGNATURE");
  return { kid, payload: found.payload, certificate };
}

/** Return key id and certificate of a protected header of this type; nothing is verified. */
export function readSaid(
  protectedHeader: Uint8Array,
  contentType: string,
): { kid: Bytes; certificate: Bytes | undefined } {
  const header = readHeader(protectedHeader);
  if (header.get(ALGORITHM) !== ES256 || header.get(TYPE) !== contentType) {
    throw syntax(`not an ES256 message of type ${contentType}`);
  }
  const kid = header.get(KEY_ID);
  const certificate = header.get(CERTIFICATE);
  const hasCertificate = certificate instanceof Uint8Array;
  if (!(kid instanceof Uint8Array) || (certificate !== undefined && !hasCertificate)) {
    throw syntax("key id or certificate is not a byte string");
  }
  return { kid, certificate: hasCertificate ? certificate : undefined };
}

export function toBeSigned(found: Parts): Bytes {
  return dumps(["Signature1", found.protectedHeader, new Uint8Array(), found.payload]);
}

/** Take a message apart, without asking who signed it. */
export function parts(data: Uint8Array, maxBytes: number): Parts {
  const message = loads(data, { maxBytes, tags: [TAG_SIGN1], maxItems: MAX_ITEMS });
  const found: CborValue | undefined = message instanceof Tag ? message.value : undefined;
  if (!isArray(found) || found.length !== 4) throw syntax("not a COSE_Sign1 message");
  const [protectedHeader, unprotected, payload, signature] = found;
  if (!(unprotected instanceof Map) || unprotected.size !== 0) {
    throw syntax("there is an unprotected header");
  }
  if (
    !(protectedHeader instanceof Uint8Array) ||
    !(payload instanceof Uint8Array) ||
    !(signature instanceof Uint8Array)
  ) {
    throw syntax("a part of the message is not a byte string");
  }
  return { protectedHeader, payload, signature };
}

export function readHeader(data: Uint8Array): CborMap {
  const header = loads(data, { maxBytes: MAX_HEADER_BYTES });
  // An unknown header, `crit` above all, may change what the message means (RFC 9052, 3.1).
  if (!(header instanceof Map) || ![...header.keys()].every((key) => KNOWN.has(key))) {
    throw syntax("the protected header is not ours");
  }
  return header;
}

function syntax(message: string): Refusal {
  return new Refusal("COSE_SYNTAX", message);
}

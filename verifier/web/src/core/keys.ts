/**
 * Public keys and signatures through WebCrypto, each kind imported for one purpose only. Where a
 * browser has no Ed25519, @noble/curves takes its place.
 *
 * Standard: RFC 7518, 3.4 (ES256); RFC 8017, 8; RFC 8032; RFC 5480.
 */
import { ed25519 } from "@noble/curves/ed25519.js";

import { type Bytes, concat, equal, fromHex, owned, sha256 } from "./bytes.ts";
import { type Code, Refusal } from "./errors.ts";

export type Hash = "SHA-256" | "SHA-384" | "SHA-512";
export type Curve = "P-256" | "P-384" | "P-521";

const P256_HEAD = fromHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") as Bytes;
const P256_BYTES = P256_HEAD.length + 64;

/** Return the name of a key: the first 8 bytes of SHA-256 of its SubjectPublicKeyInfo. */
export async function keyId(spki: Uint8Array): Promise<Bytes> {
  return (await sha256(spki)).slice(0, 8);
}

/** Say whether this is a P-256 key in its one DER spelling; that the point is on the curve, the import checks. */
export function isP256(spki: Uint8Array): boolean {
  return spki.length === P256_BYTES && equal(spki.subarray(0, P256_HEAD.length), P256_HEAD);
}

/** Do nothing if `signature` (r || s) is by this P-256 key; `code`, or ALGORITHM_UNSUPPORTED. */
export async function verifyEs256(
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
  code: Code,
): Promise<void> {
  if (!isP256(spki)) throw new Refusal("ALGORITHM_UNSUPPORTED", "not a P-256 public key");
  if (signature.length !== 64) throw new Refusal(code, "an ES256 signature has 64 bytes");
  if (!(await verifyEcdsa(spki, "P-256", "SHA-256", data, signature))) {
    throw new Refusal(code, "the signature is not by this key over these bytes");
  }
}

/** Say whether an ECDSA signature (r || s) holds; ALGORITHM_UNSUPPORTED for a key that is none. */
export async function verifyEcdsa(
  spki: Uint8Array,
  curve: Curve,
  hash: Hash,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = await imported(spki, { name: "ECDSA", namedCurve: curve });
  return crypto.subtle.verify({ name: "ECDSA", hash }, key, owned(signature), owned(data));
}

export async function verifyRsa(
  spki: Uint8Array,
  hash: Hash,
  data: Uint8Array,
  signature: Uint8Array,
  pssSalt?: number,
): Promise<boolean> {
  const name = pssSalt === undefined ? "RSASSA-PKCS1-v1_5" : "RSA-PSS";
  const key = await imported(spki, { name, hash });
  const algorithm = pssSalt === undefined ? { name } : { name, saltLength: pssSalt };
  return crypto.subtle.verify(algorithm, key, owned(signature), owned(data));
}

async function imported(
  spki: Uint8Array,
  algorithm: EcKeyImportParams | RsaHashedImportParams,
): Promise<CryptoKey> {
  try {
    return await crypto.subtle.importKey("spki", owned(spki), algorithm, false, ["verify"]);
  } catch {
    throw new Refusal("ALGORITHM_UNSUPPORTED", "not a public key of this kind");
  }
}

/** Say whether an Ed25519 signature by a raw key (32 bytes) holds. */
export async function verifyEd25519(
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const name = "Ed25519";
    const key = await crypto.subtle.importKey("raw", owned(publicKey), name, false, ["verify"]);
    return await crypto.subtle.verify(name, key, owned(signature), owned(data));
  } catch {
    return verifyEd25519InScript(publicKey, data, signature);
  }
}

/** The same without WebCrypto, by the rules of RFC 8032 (not the looser ones of ZIP 215). */
export function verifyEd25519InScript(
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return ed25519.verify(signature, data, publicKey, { zip215: false });
  } catch {
    return false;
  }
}

/** Return r || s of an ECDSA signature in DER, each half as long as the curve wants; else undefined. */
export function rawSignature(r: Uint8Array, s: Uint8Array, half: number): Bytes | undefined {
  if (r.length > half || s.length > half) return undefined;
  return concat(new Uint8Array(half - r.length), r, new Uint8Array(half - s.length), s);
}

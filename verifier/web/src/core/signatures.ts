/**
 * Signature algorithms as certificates, tokens and licences name them: SHA-2 with RSA (PKCS#1 v1.5 or
 * PSS) or ECDSA on a NIST curve. Anything else is refused, SHA-1 and SM2 among it.
 *
 * Standard: RFC 4055; RFC 5754; RFC 5758.
 */
import { type Bytes, equal, hex } from "./bytes.ts";
import * as der from "./der.ts";
import { Refusal } from "./errors.ts";
import { type Curve, type Hash, rawSignature, verifyEcdsa, verifyRsa } from "./keys.ts";
import * as oids from "./oids.ts";

const MIN_RSA_BITS = 2048;
const CURVES: ReadonlyMap<string, readonly [Curve, number]> = new Map([
  [oids.P256, ["P-256", 32]],
  [oids.P384, ["P-384", 48]],
  [oids.P521, ["P-521", 66]],
]);

/** `hash` undefined: the message says it elsewhere (a token signed with plain rsaEncryption). */
export interface Scheme {
  kind: "rsa" | "ec";
  hash: Hash | undefined;
  pssSalt: number | undefined;
}

export type PublicKey =
  | { kind: "rsa"; spki: Bytes; bits: number; strong: boolean }
  | { kind: "ec"; spki: Bytes; curve: Curve; half: number };

const HASHES: readonly (readonly [string, Hash, number])[] = [
  [oids.SHA256, "SHA-256", 32],
  [oids.SHA384, "SHA-384", 48],
  [oids.SHA512, "SHA-512", 64],
];

function algorithm(id: string, ...parameters: readonly Uint8Array[]): Bytes {
  return der.tlv(der.SEQUENCE, der.oid(id), ...parameters);
}

/** Return the AlgorithmIdentifier of PSS, with the same hash in MGF1. */
export function pssIdentifier(digest: Uint8Array, salt: number): Bytes {
  const parameters = der.tlv(
    der.SEQUENCE,
    der.tlv(der.CONTEXT_0, digest),
    der.tlv(der.CONTEXT_1, der.tlv(der.SEQUENCE, der.oid(oids.MGF1), digest)),
    der.tlv(der.CONTEXT_2, der.integer(BigInt(salt))),
  );
  return algorithm(oids.RSA_PSS, parameters);
}

export const SHA256_IDENTIFIER = algorithm(oids.SHA256, der.NULL);
export const PSS_SHA256 = pssIdentifier(SHA256_IDENTIFIER, 32);
export const PKCS1_SHA256 = algorithm(oids.RSA_SHA256, der.NULL);

/** Every AlgorithmIdentifier that is taken, spelled out: with and without NULL where both are in use. */
const SCHEMES: ReadonlyMap<string, Scheme> = new Map(
  (
    [
      [oids.RSA, "rsa", undefined],
      [oids.RSA_SHA256, "rsa", "SHA-256"],
      [oids.RSA_SHA384, "rsa", "SHA-384"],
      [oids.RSA_SHA512, "rsa", "SHA-512"],
      [oids.ECDSA_SHA256, "ec", "SHA-256"],
      [oids.ECDSA_SHA384, "ec", "SHA-384"],
      [oids.ECDSA_SHA512, "ec", "SHA-512"],
    ] as const
  )
    .flatMap(([id, kind, hash]) =>
      [[], [der.NULL]].map((end): [string, Scheme] => [
        hex(algorithm(id, ...end)),
        { kind, hash, pssSalt: undefined },
      ]),
    )
    .concat(
      HASHES.flatMap(([id, hash, salt]) =>
        [[], [der.NULL]].map((end): [string, Scheme] => [
          hex(pssIdentifier(algorithm(id, ...end), salt)),
          { kind: "rsa", hash, pssSalt: salt },
        ]),
      ),
    ),
);

export function schemeOf(identifier: Uint8Array): Scheme | undefined {
  return SCHEMES.get(hex(identifier));
}

/** Return the hash of a DigestAlgorithmIdentifier, with NULL or without. */
export function hashOf(identifier: Uint8Array): Hash | undefined {
  const id = der.dotted(der.children(identifier)[0] ?? new Uint8Array());
  return HASHES.find(([one]) => one === id)?.[1];
}

/** Read a SubjectPublicKeyInfo; undefined for a kind of key that is not taken. */
export function readPublicKey(spki: Bytes): PublicKey | undefined {
  const [identifier, bits] = der.children(spki);
  if (identifier === undefined || bits === undefined) return undefined;
  const [id, parameters] = der.children(identifier);
  if (id === undefined || parameters === undefined) return undefined;
  const kind = der.dotted(id);
  if (kind === oids.EC) {
    const found = CURVES.get(der.dotted(parameters));
    return found && { kind: "ec", spki, curve: found[0], half: found[1] };
  }
  if (kind !== oids.RSA || !equal(parameters, der.NULL)) return undefined;
  const [modulus, exponent] = der.children(der.bitString(bits));
  if (modulus === undefined || exponent === undefined) return undefined;
  const size = der.integerValue(modulus).toString(2).length;
  const strong = size >= MIN_RSA_BITS && der.integerValue(exponent) >= 65537n;
  return { kind: "rsa", spki, bits: size, strong };
}

/** Say whether a signature by a key over data holds. */
export async function verifies(
  key: PublicKey,
  scheme: Scheme,
  hash: Hash,
  data: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (key.kind !== scheme.kind || (scheme.hash !== undefined && scheme.hash !== hash)) return false;
  try {
    if (key.kind === "rsa") return await verifyRsa(key.spki, hash, data, signature, scheme.pssSalt);
    const [r, s] = der.children(signature).map(der.unsignedBytes);
    const raw = r && s && rawSignature(r, s, key.half);
    return raw !== undefined && (await verifyEcdsa(key.spki, key.curve, hash, data, raw));
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/**
 * Leaves and Merkle trees: the identity of what is anchored, and that it is in a tree.
 *
 * Standard: RFC 9162, 2.1; `docs/formats/leaf.md`, `docs/formats/tree.md`.
 */
import { type Bytes, concat, equal, sha256, utf8 } from "./bytes.ts";
import type { CmsParts } from "./cms.ts";
import { Refusal } from "./errors.ts";

const MAX_SIZE = 2 ** 32 - 1;
const LICENCE = 1;

export function leafHash(data: Uint8Array): Promise<Bytes> {
  return sha256(new Uint8Array([0]), data);
}

function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(new Uint8Array([1]), left, right);
}

/** Return the leaf of a signed licence file; TIMESTAMP_MISSING when there is no token. */
export async function licenceLeaf(byteRangeDigest: Bytes, parts: CmsParts): Promise<Bytes> {
  if (parts.timestampToken === undefined) {
    throw new Refusal("TIMESTAMP_MISSING", "a licence without timestamp has no leaf");
  }
  const data = concat(
    utf8("anzheng-leaf/v1"),
    new Uint8Array([LICENCE, parts.algorithm.number]),
    byteRangeDigest,
    await sha256(parts.signature),
    await sha256(parts.timestampToken),
    parts.licenceDigest,
  );
  return leafHash(data);
}

/** Return if the leaf stands at `index` in the tree of this size and root; TREE_PROOF otherwise. */
export async function verifyInclusion(
  leaf: Bytes,
  index: number,
  size: number,
  path: readonly Bytes[],
  root: Bytes,
): Promise<void> {
  if ([leaf, root, ...path].some((one) => one.length !== 32)) throw refused();
  if (!(0 <= index && index < size && size <= MAX_SIZE)) throw refused();
  // RFC 9162, 2.1.3.2, with divisions: shifts of 32-bit numbers would lose the sign.
  let [place, last] = [index, size - 1];
  let found = leaf;
  for (const node of path) {
    if (last === 0) throw refused();
    if (place % 2 === 1 || place === last) {
      found = await nodeHash(node, found);
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else {
      found = await nodeHash(found, node);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  if (last !== 0 || !equal(found, root)) throw refused();
}

function refused(): Refusal {
  return new Refusal("TREE_PROOF", "the proof does not prove it");
}

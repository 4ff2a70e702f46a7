/**
 * Proofs of the chain's state: what stands under a key of a Merkle Patricia trie, or that nothing.
 * The nodes stand in the order in which the walks meet them, each once, and none besides.
 *
 * Standard: Ethereum Yellow Paper, appendix D; EIP-1186; `licence/formats/patricia.py`.
 */
import { keccak_256 } from "@noble/hashes/sha3.js";

import { type Bytes, equal, hex, owned } from "./bytes.ts";
import { Refusal } from "./errors.ts";
import * as rlp from "./rlp.ts";
import type { Rlp } from "./rlp.ts";

export const MAX_NODE_BYTES = 600;
export const MAX_NODES = 65;
const LIMITS = { size: MAX_NODE_BYTES, depth: 8, items: 128 };

type Node = readonly Rlp[];

export function keccak(data: Uint8Array): Bytes {
  return owned(keccak_256(data));
}

const EMPTY_ROOT = keccak(rlp.dumps(new Uint8Array()));

export class ProofNodes {
  private readonly left: Bytes[];
  private readonly known = new Map<string, Node>();

  constructor(nodes: readonly Bytes[]) {
    this.left = [...nodes].reverse();
  }

  take(digest: Bytes, isRoot = false): Node {
    const known = this.known.get(hex(digest));
    if (known !== undefined) return known;
    const data = this.left.pop() ?? new Uint8Array();
    if (data.length === 0 || data.length > MAX_NODE_BYTES || !equal(keccak(data), digest)) {
      throw refused("a node is missing, or stands at another place");
    }
    if (data.length < 32 && !isRoot) throw refused("a node that stands inside its parent stands alone");
    const node = checkedNode(rlp.loads(data, LIMITS));
    this.known.set(hex(digest), node);
    return node;
  }

  end(): void {
    if (this.left.length > 0) throw refused("a node that proves nothing");
  }
}

/** Return what stands under a key of the trie with this root; undefined is proved as well. */
export function lookUp(root: Bytes, key: Bytes, nodes: ProofNodes): Bytes | undefined {
  if (equal(root, EMPTY_ROOT)) return undefined;
  const path = hex(key);
  let node = nodes.take(root, true);
  for (let at = 0; ; ) {
    const [part, child, ends] = step(node, path.slice(at));
    if (!path.startsWith(part, at)) return undefined;
    if (ends) return valueOf(child);
    if (child instanceof Uint8Array && child.length === 0) return undefined;
    at += part.length;
    node = follow(child, nodes, node.length === 2);
  }
}

function step(node: Node, rest: string): [string, Rlp, boolean] {
  if (node.length === 17) {
    if (rest === "") throw refused("a branch beyond the end of the key");
    const nibble = rest[0] as string;
    return [nibble, node[Number.parseInt(nibble, 16)] as Rlp, false];
  }
  const [part, ends] = partOf(node);
  if (part.length > rest.length || ends !== (part.length === rest.length)) {
    throw refused("a path that is too short or too long");
  }
  return [part, node[1] as Rlp, ends];
}

/** Return the nibbles of a leaf or an extension, and whether it is a leaf (hex prefix). */
function partOf(node: Node): [string, boolean] {
  const [encoded, value] = node as [Rlp, Rlp];
  const flag = encoded instanceof Uint8Array ? (encoded[0] ?? 0x40) >> 4 : 4;
  if (!(encoded instanceof Uint8Array) || flag > 3) throw refused("no hex prefix");
  const text = hex(encoded);
  const [odd, ends] = [(flag & 1) !== 0, (flag & 2) !== 0];
  if (!odd && text[1] !== "0") throw refused("no hex prefix");
  const part = text.slice(odd ? 1 : 2);
  if (part === "" && !ends) throw refused("an extension of nothing");
  if (!ends && value instanceof Uint8Array && value.length === 0) {
    throw refused("an extension that leads nowhere");
  }
  return [part, ends];
}

function follow(child: Rlp, nodes: ProofNodes, needsBranch: boolean): Node {
  let node: Node;
  if (child instanceof Uint8Array) {
    if (child.length !== 32) throw refused("neither a hash nor a node");
    node = nodes.take(child);
  } else {
    if (rlp.dumps(child).length >= 32) throw refused("a node that is too large for its parent");
    node = checkedNode(child);
  }
  if (needsBranch && node.length !== 17) throw refused("what follows an extension is a branch");
  return node;
}

function checkedNode(node: Rlp): Node {
  if (node instanceof Uint8Array || (node.length !== 17 && node.length !== 2)) {
    throw refused("a node has 17 items or 2");
  }
  const last = node.at(-1);
  if (node.length === 17 && !(last instanceof Uint8Array && last.length === 0)) {
    throw refused("a value where no key ends");
  }
  return node;
}

function valueOf(value: Rlp): Bytes {
  if (!(value instanceof Uint8Array) || value.length === 0) throw refused("a leaf without value");
  return value;
}

function refused(message: string): Refusal {
  return new Refusal("TRIE_PROOF", message);
}

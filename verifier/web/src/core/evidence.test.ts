import { describe, expect, it } from "vitest";

import { flipped, golden, goldenJson, refusedWith } from "../testing/goldens.ts";
import { type Bytes, fromHex } from "./bytes.ts";
import { judgeEvidence } from "./evidence.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { readMoment } from "./time.ts";
import { decodeBundle } from "./trust-bundle.ts";
import type { TrustBundle } from "./trust-types.ts";

interface Chain {
  leaf: string;
  registry: string;
  authority: string;
  block_time: string;
  sequence: number;
  code_hash: string;
}

const chain = goldenJson<Chain>("chain", "expected.json");
const proofs = goldenJson<{
  log_key: { name: string; public: string };
  witnesses: Record<string, string>;
}>("proof", "expected.json");
const leaf = fromHex(chain.leaf) as Bytes;
const four = await decodeBundle(golden("chain", "bundle_4.json"));
const seven = await decodeBundle(golden("chain", "bundle_7.json"));

const judge = (data: Bytes, bundle: TrustBundle, of = leaf) =>
  judgeEvidence(data, of, chain.registry, chain.authority, bundle);

/** The bundle with the log and the witnesses of the goldens of proofs. */
const witnessed: TrustBundle = {
  ...four,
  registries: four.registries.map((one) => ({
    ...one,
    witnessThreshold: 3,
    witnesses: Object.entries(proofs.witnesses).map(([name, key]) => ({
      name,
      key: fromHex(key) as Bytes,
      fromBlock: 0,
      toBlock: undefined,
    })),
  })),
  authorities: four.authorities.map((one) => ({
    ...one,
    logKey: { name: proofs.log_key.name, key: fromHex(proofs.log_key.public) as Bytes },
  })),
};

const GOOD: readonly (readonly [string, TrustBundle, number])[] = [
  ["evidence_qbft.cbor", seven, 5],
  ["evidence_qbft_later.cbor", four, 3],
  ["evidence_witness_state.cbor", witnessed, 0],
];

describe("evidence of the first release", () => {
  it.each(GOOD)("%s proves the leaf", async (name, bundle, seals) => {
    const found = await judge(golden("chain", name), bundle);
    expect(found.seals).toBe(seals);
    expect(found.record.sequence).toBe(BigInt(chain.sequence));
    expect(found.record.blockTime).toBe(readMoment(chain.block_time.replace("+00:00", "Z")));
    expect(found.witnesses.length).toBe(seals === 0 ? 3 : 0);
  });

  it.each(GOOD)("%s has no free byte", async (name, bundle) => {
    const data = golden("chain", name);
    // Seals take a while: the properties of Python flip every byte.
    for (let at = 0; at < data.length; at += name.includes("qbft") ? 61 : 13) {
      expect(await refusedWith(() => judge(flipped(data, at), bundle)), String(at)).not.toBe("nothing");
    }
  });

  it.each(GOOD)("%s proves no other leaf", async (name, bundle) => {
    const code = await refusedWith(() => judge(golden("chain", name), bundle, flipped(leaf, 0)));
    expect(code).toBe("ANCHOR_PROOF_MISMATCH");
  });

  it("rests on what is pinned, and on nothing in itself", async () => {
    const sealed = golden("chain", "evidence_qbft.cbor");
    expect(await refusedWith(() => judge(sealed, four))).toBe("BLOCK_SEALS");
    const none = { ...seven, registries: seven.registries.map((one) => ({ ...one, validators: [] })) };
    expect(await refusedWith(() => judge(sealed, none))).toBe("VALIDATORS_NOT_PINNED");
    const otherCode = {
      ...seven,
      registries: seven.registries.map((one) => ({
        ...one,
        contracts: one.contracts.map((each) => ({ ...each, codeHash: new Uint8Array(32) })),
      })),
    };
    expect(await refusedWith(() => judge(sealed, otherCode))).toBe("ANCHOR_CHAIN_MISMATCH");
    const frozen = {
      ...seven,
      registries: seven.registries.map((one) => ({
        ...one,
        contracts: one.contracts.map((each) => ({ ...each, frozenAt: 1 })),
      })),
    };
    expect(await refusedWith(() => judge(sealed, frozen))).toBe("ANCHOR_CHAIN_MISMATCH");
    const witness = golden("chain", "evidence_witness_state.cbor");
    expect(await refusedWith(() => judge(witness, four))).toBe("ANCHOR_WITNESS");
    const fewer = {
      ...witnessed,
      registries: witnessed.registries.map((one) => ({ ...one, witnesses: one.witnesses.slice(0, 2) })),
    };
    expect(await refusedWith(() => judge(witness, fewer))).toBe("ANCHOR_WITNESS");
    const production: TrustBundle = { ...seven, environment: "production" };
    expect(await refusedWith(() => judge(sealed, production))).toBe("ANCHOR_CHAIN_MISMATCH");
  });
});

describe("Merkle trees", () => {
  it("prove each leaf at its place and at no other (RFC 9162, trees of 1 to 20 leaves)", async () => {
    const node = async (left: Bytes, right: Bytes): Promise<Bytes> => {
      const joined = new Uint8Array([1, ...left, ...right]);
      return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
    };
    const root = async (leaves: Bytes[]): Promise<Bytes> => {
      if (leaves.length === 1) return leaves[0] as Bytes;
      const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
      return node(await root(leaves.slice(0, split)), await root(leaves.slice(split)));
    };
    const path = async (leaves: Bytes[], index: number): Promise<Bytes[]> => {
      if (leaves.length === 1) return [];
      const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
      const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
      return index < split
        ? [...(await path(left, index)), await root(right)]
        : [...(await path(right, index - split)), await root(left)];
    };
    for (let size = 1; size <= 20; size += 1) {
      const leaves: Bytes[] = [];
      for (let at = 0; at < size; at += 1) leaves.push(await leafHash(new Uint8Array([at])));
      const top = await root(leaves);
      for (let at = 0; at < size; at += 1) {
        const nodes = await path(leaves, at);
        await verifyInclusion(leaves[at] as Bytes, at, size, nodes, top);
        const elsewhere = (at + 1) % size;
        if (elsewhere !== at) {
          expect(await refusedWith(() => verifyInclusion(leaves[at] as Bytes, elsewhere, size, nodes, top))).toBe("TREE_PROOF");
        }
        expect(await refusedWith(() => verifyInclusion(leaves[at] as Bytes, at, size, [...nodes, top], top))).toBe("TREE_PROOF");
      }
    }
  });
});

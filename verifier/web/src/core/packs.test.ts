import { describe, expect, it } from "vitest";

import { refusedWith, vectorJson } from "../testing/goldens.ts";
import { moment } from "../testing/vectors.ts";
import { type Bytes, fromBase64, fromHex, utf8 } from "./bytes.ts";
import { judgeEvidence } from "./evidence.ts";
import { NOTHING_SEEN } from "./memory.ts";
import { loadTrust } from "./trust.ts";
import { decodeBundle } from "./trust-bundle.ts";

interface Packs {
  packs: Record<string, Record<string, string | null>>;
  cases: {
    name: string;
    pack: string;
    ask: { now: string };
    memory: { bundle_version?: number; roles?: { name: string; version: number }[] };
    first_root: string | null;
    expect: { code?: string; bundle_version?: number; expired?: boolean };
  }[];
}

interface Evidence {
  bundle: string;
  cases: {
    name: string;
    input: { evidence: string; leaf: string; registry: string; authority: string };
    expect: { code?: string; block_number?: number };
  }[];
}

const packs = vectorJson<Packs>("trust_pack.json");
const evidence = vectorJson<Evidence>("evidence.json");
const bundle = await decodeBundle(utf8(evidence.bundle));

describe("trust packs, by the vectors that Python reads too", () => {
  it.each(packs.cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const files = { ...packs.packs["usual"], ...packs.packs[one.pack] };
    const source = {
      get: (path: string) => {
        const text = files[path];
        return Promise.resolve(typeof text === "string" ? (fromBase64(text) as Bytes) : undefined);
      },
    };
    const memory = {
      ...NOTHING_SEEN,
      bundleVersion: one.memory.bundle_version ?? 0,
      roles: Object.fromEntries((one.memory.roles ?? []).map((role) => [role.name, role.version])),
    };
    const load = () => loadTrust(source, memory, one.first_root ?? undefined);
    if (one.expect.code !== undefined) {
      expect(await refusedWith(load)).toBe(one.expect.code);
      return;
    }
    const store = await load();
    expect(store.bundle.version).toBe(one.expect.bundle_version);
    expect(moment(one.ask.now) > store.metadataExpiresAt).toBe(one.expect.expired);
  });
});

describe("evidence, by the vectors that Python reads too", () => {
  it.each(evidence.cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const { registry, authority } = one.input;
    const data = fromBase64(one.input.evidence) as Bytes;
    const leaf = fromHex(one.input.leaf) as Bytes;
    const judge = () => judgeEvidence(data, leaf, registry, authority, bundle);
    if (one.expect.code !== undefined) expect(await refusedWith(judge)).toBe(one.expect.code);
    else expect((await judge()).record.blockNumber).toBe(BigInt(one.expect.block_number ?? -1));
  });
});

import { describe, expect, it } from "vitest";

import { vectorJson } from "../testing/goldens.ts";
import { askOf, memoryOf, moment, storeOf, type VectorCase } from "../testing/vectors.ts";
import { askStatus } from "./status-check.ts";
import { shanghaiDay } from "./time.ts";
import { authorityOf } from "./trust-types.ts";

interface StatusVectors {
  bundle: string;
  cases: (Omit<VectorCase, "input" | "expect"> & {
    input: { cwt: string | null; side: string | null; index: number };
    expect: { state: string; code: string };
  })[];
}

const vectors = vectorJson<StatusVectors>("status.json");
const REGISTRY = "cn-aqscxkz-test";
const AUTHORITY = "1121000000TXT10121";
const SIGNED_AT = moment("2026-11-21T04:00:00Z");

describe("status lists, by the vectors that Python reads too", () => {
  it.each(vectors.cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const { cwt, side, index } = one.input;
    const store = await storeOf({
      bundle: vectors.bundle,
      newest_signed_time: "1970-01-01T00:00:00Z",
      metadata_expired_at: null,
      lists: [{ registry: REGISTRY, authority: AUTHORITY, shard: 0, cwt, side }],
    });
    const authority = authorityOf(store.bundle, AUTHORITY);
    expect(authority).toBeDefined();
    if (authority === undefined) return;
    const { now, on, policy } = askOf(one as unknown as VectorCase);
    const asked = {
      now,
      on: on ?? shanghaiDay(now),
      acceptStaleHours: policy.acceptStaleHours,
      newestClock: undefined,
    };
    const memory = memoryOf(one as unknown as VectorCase);
    const ref = { registry: REGISTRY, index };
    const [result] = await askStatus(store, memory, asked, ref, authority, [SIGNED_AT]);
    expect({ state: result.state, code: result.code }).toEqual(one.expect);
  });
});

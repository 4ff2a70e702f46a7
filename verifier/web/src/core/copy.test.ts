import { describe, expect, it } from "vitest";

import { vectorJson } from "../testing/goldens.ts";
import { askOf, memoryOf, storeOf, type VectorCase, type Vectors } from "../testing/vectors.ts";
import { type Bytes, fromBase64, fromUtf8, utf8 } from "./bytes.ts";
import type { TrustStore } from "./trust.ts";
import { verifyCopyFile } from "./verify-copy.ts";

const vectors = vectorJson<Vectors>("copy.json");
const stores = new Map<string, TrustStore>();
for (const [name, trust] of Object.entries(vectors.trusts)) stores.set(name, await storeOf(trust));

const judge = (one: VectorCase, data = fromBase64(one.input["copy"] as string) as Bytes) =>
  verifyCopyFile(data, stores.get(one.trust) as TrustStore, memoryOf(one), askOf(one));

/** Refused by Python for rules of `licence.json` that a phone does not check. */
const RULES = new Set(["USCC_CHECK_DIGIT", "VALIDITY_LENGTH", "KIND_RULE", "DATE_ORDER"]);

describe("limited copies, by the vectors that Python reads too", () => {
  it.each(vectors.cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const { report } = await judge(one);
    expect(report.verdict).not.toBe("valid");
    const { verdict, code } = one.expect;
    if (verdict === "valid") {
      // All that a phone checks has passed; what it does not check is said.
      expect([report.verdict, report.code]).toEqual(["undetermined", "NOT_CHECKED_ON_PHONE"]);
      const open = report.required.filter(
        (name) => report.checks.find((check) => check.name === name)?.state !== "passed",
      );
      expect(open).toEqual(["data"]);
    } else if (verdict === "undetermined" || RULES.has(code)) {
      expect(report.verdict).toBe("undetermined");
      const codes = report.checks.map((check) => check.code);
      if (!RULES.has(code)) expect(codes).toContain(code);
    } else {
      expect({ verdict: report.verdict, code: report.code }).toEqual(one.expect);
    }
  });

  it("a changed recipient, purpose or day is found", async () => {
    const good = vectors.cases.find((one) => one.expect.verdict === "valid") as VectorCase;
    const data = fromBase64(good.input["copy"] as string) as Bytes;
    const text = fromUtf8(data) as string;
    for (const [from, to] of [
      [/"recipient":"[^"]/, '"recipient":"某'],
      [/"purpose":"[^"]/, '"purpose":"某'],
      [/"copy_no":"[^"]/, '"copy_no":"9'],
    ] as const) {
      const { report } = await judge(good, utf8(text.replace(from, to)));
      expect([report.verdict, report.code]).toEqual(["invalid", "COPY_BROKEN"]);
    }
  });
});

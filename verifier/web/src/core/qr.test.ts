import { describe, expect, it } from "vitest";

import { refusedWith, vectorJson } from "../testing/goldens.ts";
import { askOf, memoryOf, storeOf, type VectorCase, type Vectors } from "../testing/vectors.ts";
import { equal } from "./bytes.ts";
import { drawChallenge, encodeQuestion, newQuestion, readQuestion } from "./qr.ts";
import { fromBase32, isObjectText, readText, toBase32, writeText } from "./qr-text.ts";
import type { TrustStore } from "./trust.ts";
import { verifyQr } from "./verify-qr.ts";

const vectors = vectorJson<Vectors>("qr.json");
const stores = new Map<string, TrustStore>();
for (const [name, trust] of Object.entries(vectors.trusts)) stores.set(name, await storeOf(trust));

const judge = (one: VectorCase, text = one.input["text"] as string) =>
  verifyQr(text, stores.get(one.trust) as TrustStore, memoryOf(one), askOf(one));
const named = (name: string) => vectors.cases.find((one) => one.name === name) as VectorCase;

describe("the vectors that Python reads too", () => {
  it.each(vectors.cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const { report } = await judge(one);
    expect({ verdict: report.verdict, code: report.code }).toEqual(one.expect);
  });

  it("are many, and hold good ones", () => {
    expect(vectors.cases.length).toBeGreaterThan(100);
    expect(vectors.cases.filter((one) => one.expect.verdict === "valid").length).toBeGreaterThan(10);
  });
});

describe("a code with one character changed", () => {
  it.each(["printed_good", "screen_good", "answer_good"])("%s is never valid", async (name) => {
    const one = named(name);
    const text = one.input["text"] as string;
    const first = text.indexOf("#") + 1;
    // Every seventh place here; the properties of Python flip all of them.
    for (let at = first; at < text.length; at += 7) {
      const other = text[at] === "A" ? "B" : "A";
      const { report } = await judge(one, text.slice(0, at) + other + text.slice(at + 1));
      expect(report.verdict, String(at)).not.toBe("valid");
    }
    for (const cut of [first, first + 80, text.length - 1]) {
      expect((await judge(one, text.slice(0, cut))).report.verdict).not.toBe("valid");
    }
  });
});

describe("the memory after a code", () => {
  it("knows the list, and refuses an older one", async () => {
    const one = named("printed_good");
    const { memory } = await judge(one);
    expect(Object.keys(memory.lists).length).toBe(1);
    expect(memory.newestSignedTime).toBeGreaterThan(0);
    const [uri] = Object.keys(memory.lists) as [string];
    const newer = { ...memory, lists: { [uri]: (memory.lists[uri] as number) + 1 } };
    const store = stores.get(one.trust) as TrustStore;
    const { report } = await verifyQr(one.input["text"] as string, store, newer, askOf(one));
    expect([report.verdict, report.code]).toEqual(["undetermined", "STATUS_LIST_REFUSED"]);
  });

  it("says that this phone's own clock ran back", async () => {
    const one = named("printed_good");
    const ask = askOf(one);
    const store = stores.get(one.trust) as TrustStore;
    const text = one.input["text"] as string;
    for (const [back, code] of [
      [60, "OK"],
      [61, "CLOCK_SUSPECT"],
    ] as const) {
      const { report } = await verifyQr(text, store, memoryOf(one), { ...ask, newestClock: ask.now + back });
      expect(report.code).toBe(code);
    }
  });
});

describe("the report", () => {
  it("shows the facts to compare only when the authority's signature proved them", async () => {
    const good = (await judge(named("printed_good"))).report;
    expect(good.facts["uscc"]).toBeTruthy();
    expect(good.assurance).toBe("print");
    expect(good.required).toEqual(["signature", "status", "validity"]);
    expect(good.checks.map((check) => check.name)).not.toContain("reported");
    const forged = (await judge(named("printed_name_changed"))).report;
    expect(forged.facts).toEqual({});
    expect((await judge(named("screen_good"))).report.assurance).toBe("presenter");
    // A revoked licence still shows which one it is.
    expect((await judge(named("status_revoked"))).report.facts["uscc"]).toBeTruthy();
  });
});

describe("text and questions", () => {
  it("base 32 has one spelling", () => {
    for (let size = 0; size < 40; size += 1) {
      const data = crypto.getRandomValues(new Uint8Array(size));
      expect(equal(fromBase32(toBase32(data)) as Uint8Array, data)).toBe(true);
    }
    for (const text of ["A", "AB", "AAA", "aa", "A1", "AA="]) expect(fromBase32(text)).toBeUndefined();
  });

  it("what people type is no object", async () => {
    for (const text of ["", "8JJYB6HXAFFN2Y06B", "（辽）WH安许证字〔2024〕0127", `P1${"A".repeat(4_600)}`]) {
      expect(isObjectText(text)).toBe(false);
      expect(await refusedWith(() => readText(text))).toBe("NOT_A_LICENCE");
    }
  });

  it("a fresh question reads back, lives five minutes and is never the same", () => {
    const question = newQuestion("应急管理局(示例)", "现场检查", 1_795_334_400.7);
    const data = encodeQuestion(question);
    expect(readQuestion(data)).toEqual(question);
    expect(question.expiresAt - question.issuedAt).toBe(300);
    expect(readText(writeText({ kind: "Q1", data }, "HTTPS://V.EXAMPLE/V")).data).toEqual(data);
    const nonces = new Set(Array.from({ length: 50 }, () => newQuestion("a", "b", 1).nonce.join()));
    expect(nonces.size).toBe(50);
  });

  it("a challenge is four digits", () => {
    const drawn = Array.from({ length: 200 }, drawChallenge);
    expect(drawn.every((text) => /^[0-9]{4}$/.test(text))).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(100);
  });
});

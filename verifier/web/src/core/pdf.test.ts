import { describe, expect, it } from "vitest";

import { flipped, golden, goldenJson, trustFolder } from "../testing/goldens.ts";
import { type Bytes, concat, equal, fromHex, fromUtf8, hex, indexOf, latin1, utf8 } from "./bytes.ts";
import { parseCms } from "./cms.ts";
import { readContainer } from "./hole.ts";
import { NOTHING_SEEN } from "./memory.ts";
import { licenceLeaf } from "./merkle.ts";
import type { ReportJson } from "./report.ts";
import { readMoment } from "./time.ts";
import { loadTrust } from "./trust.ts";
import { INSPECTOR, STRICT } from "./verify-qr.ts";
import { verifyPdf } from "./verify-pdf.ts";

const trust = await loadTrust(trustFolder(["whole", "trust"]), NOTHING_SEEN);
const whole = (name: string): Bytes => golden("whole", name);

/** Cases of `tests/compat/generate_whole.py`: report, file, and what was done to it. */
const CASES: readonly (readonly [string, () => Bytes])[] = [
  ["good", () => whole("good.pdf")],
  ["good_bare", () => whole("good.bare.pdf")],
  ["good_bare_with_sidecar", () => whole("good.bare.pdf")],
  ["good_with_ageing_list", () => whole("good.pdf")],
  ["good_with_stale_list", () => whole("good.pdf")],
  ["good_with_stale_list_for_inspector", () => whole("good.pdf")],
  ["good_with_clock_behind", () => whole("good.pdf")],
  ["good_before_its_time", () => whole("good.pdf")],
  ["good_on_its_last_day", () => whole("good.pdf")],
  ["good_expired", () => whole("good.pdf")],
  ["good_appended", () => concat(whole("good.pdf"), utf8("\n"))],
  ["good_flipped_in_text", () => flipped(whole("good.pdf"), 2_000)],
  ["good_flipped_at_end", () => flipped(whole("good.pdf"), -20)],
  ["suspended", () => whole("suspended.pdf")],
  ["suspended_with_stale_list", () => whole("suspended.pdf")],
  ["revoked", () => whole("revoked.pdf")],
  ["revoked_before_its_day", () => whole("revoked.pdf")],
  ["revoked_with_stale_list", () => whole("revoked.pdf")],
  ["foreign", () => whole("foreign.pdf")],
];
/** Checks that a phone makes as Python does. */
const SAME = ["signature", "signer", "timestamp", "anchor", "status", "validity"];

async function ask(name: string, pdf: Bytes): Promise<[ReportJson, ReportJson]> {
  const then = goldenJson<ReportJson>("whole", "reports", `${name}.json`);
  const policy = then.policy["name"] === "inspector" ? INSPECTOR : STRICT;
  const asked = { now: readMoment(then.checked_at) as number, on: then.on, policy };
  const sidecar = name === "good_bare_with_sidecar" ? whole("good.pdf.evidence") : undefined;
  const { report } = await verifyPdf(pdf, trust, NOTHING_SEEN, asked, sidecar);
  return [report, then];
}

describe("whole licences of the first release", () => {
  it.each(CASES)("%s", async (name, make) => {
    const [report, then] = await ask(name, make());
    // What Python calls valid, or undetermined, a phone cannot decide; the rest it says alike.
    if (then.verdict === "valid" || then.verdict === "undetermined") {
      expect([report.verdict, report.code]).toEqual(["undetermined", "NOT_CHECKED_ON_PHONE"]);
    } else {
      expect([report.verdict, report.code]).toEqual([then.verdict, then.code]);
    }
    for (const check of SAME) {
      const [mine, theirs] = [report, then].map((one) => one.checks.find((each) => each.name === check));
      expect({ ...mine, facts: {} }, check).toEqual({ ...theirs, facts: {} });
      if (theirs?.state === "passed") expect(mine?.facts, check).toEqual(theirs.facts);
    }
    expect(report.leaf).toEqual(then.leaf);
    expect(report.licence ?? {}).toEqual(then.licence ?? {});
    expect(report.facts).toEqual(then.facts);
  });
});

describe("a phone never says valid of a file", () => {
  const pdf = whole("good.pdf");

  it("not even of a good one", async () => {
    const [report] = await ask("good", pdf);
    expect(report.verdict).toBe("undetermined");
    expect(report.checks.filter((check) => check.state === "indeterminate").map((check) => check.name)).toEqual([
      "container",
      "data",
    ]);
    expect(report.required).toContain("referee");
  });

  it("and a changed byte outside the evidence is a forgery", async () => {
    const hole = indexOf(pdf, utf8("/Contents <"));
    const places = [9, 500, 40_000, 60_000, hole - 10, hole + 11, hole + 40, hole + 2_000, pdf.length - 400, pdf.length - 2];
    for (const at of places) {
      const [report] = await ask("good", flipped(pdf, at));
      expect(["invalid", "foreign"], String(at)).toContain(report.verdict);
    }
  });

  it("cut or grown files are never good", async () => {
    for (const size of [0, 1, 9, 4_000, pdf.length - 1]) {
      const [report] = await ask("good", pdf.slice(0, size));
      expect(["invalid", "foreign"], String(size)).toContain(report.verdict);
    }
    const [twice] = await ask("good", concat(pdf, pdf));
    expect([twice.verdict, twice.code]).toEqual(["invalid", "CONTAINER_APPENDED"]);
  });

  it("a vandal can break the evidence, and nothing more", async () => {
    const evidence = whole("good.pdf.evidence");
    const at = latin1(pdf).indexOf(hex(evidence));
    expect(at).toBeGreaterThan(0);
    for (const place of [at + 2 * 20 + 1, at + 2 * evidence.length - 21]) {
      const digit = pdf[place] === 0x30 ? 0x31 : 0x30;
      const broken = new Uint8Array(pdf);
      broken[place] = digit;
      const [report] = await ask("good", broken);
      expect(report.verdict).toBe("undetermined");
      expect(report.checks.find((check) => check.name === "anchor")?.state).toBe("indeterminate");
    }
  });

  it("a file of another root is a forgery, one of nobody's is foreign", async () => {
    const proof = golden("proof", "anchored.pdf");
    const [report] = await ask("good", proof);
    expect(report.verdict).toBe("invalid");
    for (const data of [new Uint8Array(), utf8("%PDF-1.4\n%%EOF\n"), utf8("GIF89a")]) {
      const [found] = await ask("good", data);
      expect([found.verdict, found.code]).toEqual(["foreign", "NOT_A_LICENCE"]);
    }
  });
});

describe("what is no licence file", () => {
  it("a verification report is not called foreign or forged: it cannot be checked here", async () => {
    const data = concat(utf8("%PDF-1.7\n"), utf8("(anzheng-verification-report) %%EOF\n"));
    const [found] = await ask("good", data);
    expect([found.verdict, found.code]).toEqual(["undetermined", "NOT_CHECKED_ON_PHONE"]);
    expect(found.checks.filter((check) => check.state === "passed")).toEqual([]);
  });
});

describe("leaves and CMS of the goldens", () => {
  it("a file gives its CMS and its leaf", async () => {
    const { leaf } = goldenJson<{ leaf: string }>("proof", "expected.json");
    for (const name of ["pending", "anchored"]) {
      const found = await readContainer(golden("proof", `${name}.pdf`));
      expect(equal(found.cms, golden("proof", `${name}.cms.der`))).toBe(true);
      const parts = await parseCms(found.cms);
      expect(equal(parts.messageDigest, found.digest)).toBe(true);
      expect(hex(await licenceLeaf(found.digest, parts))).toBe(leaf);
      expect(parts.evidence).toEqual(name === "pending" ? undefined : golden("proof", "evidence.cbor"));
    }
  });

  it("no byte of a CMS is free but those of the parts", async () => {
    const cms = golden("proof", "pending.cms.der");
    let taken = 0;
    for (let at = 0; at < cms.length; at += 3) {
      try {
        const parts = await parseCms(flipped(cms, at));
        expect(parts.certificates.length).toBeGreaterThan(0);
        taken += 1;
      } catch {
        continue;
      }
    }
    // Digests, signature, and inside certificates and token: nothing of the template.
    expect(taken).toBeLessThan(cms.length / 3);
    expect(fromUtf8(fromHex("41") as Bytes)).toBe("A");
  });
});

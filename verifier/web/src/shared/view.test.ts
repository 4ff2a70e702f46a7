// The page in the browser shows the same of a report as the service's page.
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import type { Lang } from "./texts.ts";
import {
  aboutRows,
  factRows,
  factText,
  limitsOf,
  meaning,
  otherDay,
  type Row,
  shownChecks,
  type ShownReport,
  statusRows,
  todo,
  verdictWords,
} from "./view.ts";
import { advice, say, words } from "./words.ts";

const TESTS = join(import.meta.dirname, "../../../../tests");

function read<T>(path: string): T {
  return JSON.parse(readFileSync(join(TESTS, path), "utf8")) as T;
}

const shown = read<Record<string, Record<Lang, Record<string, unknown>>>>("assets/page_rows.json");
const HERE_ONLY = new Set(["fact_validity", "fact_scope"]);

const plain = (rows: readonly Row[]) =>
  rows
    .filter((row) => !HERE_ONLY.has(row.key))
    .map((row) => [row.key, row.value, [...(row.groups ?? [])]]);

describe.each(Object.entries(shown))("%s", (name, byLang) => {
  const report = read<ShownReport>(`compat/v1/whole/reports/${name}.json`);
  it.each(["zh", "en"] as const)("is told alike in %s", (lang) => {
    const checks = shownChecks(report);
    const made = checks.filter(([, check]) => check.state !== "skipped");
    const told = {
      word: say(verdictWords(report), lang),
      meaning: meaning(report, lang),
      todo: todo(report, lang),
      other_day: otherDay(report, lang),
      facts: plain(factRows(report, lang)),
      status: plain(statusRows(report, lang)),
      checks: checks.map(([number, check]) => {
        const row = words.checks.find((each) => each.name === check.name);
        const state = (words.states as Record<string, { zh: string; en: string }>)[check.state];
        const why = check.state === "passed" ? "" : say(advice(check.code).meaning, lang);
        return [number, say(row?.words, lang), say(state, lang), why, say(row?.question, lang)];
      }),
      about: plain(aboutRows(report, lang)),
      passed: [made.filter(([, check]) => check.state === "passed").length, made.length],
      limits: [...limitsOf(report, lang)],
    };
    expect(told).toEqual(byLang[lang]);
  });
});

describe("factText", () => {
  it("lets nothing through that could turn the words around it", () => {
    expect(factText("a\u202eb\u0000c\u2028d")).toBe("a\ufffdb\ufffdc\ufffdd");
  });
  it("shows times as clocks in China do, and leaves what is no time", () => {
    expect(factText("2026-11-21T16:00:00Z")).toBe("2026-11-22 00:00:00 (UTC+8)");
    expect(factText("2026-11-21T16:00:00.005000Z")).toBe("2026-11-22 00:00:00 (UTC+8)");
    expect(factText("2026-99-99T99:99:99Z")).toBe("2026-99-99T99:99:99Z");
  });
});

// What the pages show of a report; the twin of `verifier/service/page_view.py`.
import { type Lang, type Said, text, type TextKey } from "./texts.ts";
import { advice, limits, say, words } from "./words.ts";

export type Fact = string | number | boolean | null;

export interface CheckJson {
  readonly name: string;
  readonly state: string;
  readonly code: string;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly notes: readonly string[];
  readonly standard: string;
}

/** The parts of `anzheng-report/v1` that are shown. */
export interface ShownReport {
  readonly verdict: "valid" | "invalid" | "undetermined" | "foreign";
  readonly code: string;
  readonly assurance: string;
  readonly required: readonly string[];
  readonly checks: readonly CheckJson[];
  readonly facts: Readonly<Record<string, Fact>>;
  readonly policy: Readonly<Record<string, Fact>>;
  readonly checked_at: string;
  readonly on: string;
  readonly notice?: string;
  readonly bundle_version?: number;
  readonly file_sha256?: string;
  readonly licence?: unknown;
}

/** One fact; `groups` is the same value cut up where that helps to compare. */
export interface Row {
  readonly key: TextKey;
  readonly value: string;
  readonly groups?: readonly string[];
  readonly risk?: boolean;
}

const USCC_GROUPS = [2, 6, 9, 1];
const CODE_GROUPS = [4, 4, 4, 4, 1];
const NOT_SHOWN = new Set(["index", "list_uri"]);
const HOURS_OF_CHINA = 8;

export function verdictWords(report: ShownReport): Said {
  return words.verdicts[report.verdict].words;
}

/** Say in one sentence why; of a valid one, how much it says. */
export function meaning(report: ShownReport, lang: Lang): string {
  if (report.verdict !== "valid") return say(advice(report.code).meaning, lang);
  return assuranceWords(report.assurance, lang);
}

/** Say what to do; of a valid one, as much as it allows. */
export function todo(report: ShownReport, lang: Lang): string {
  if (report.verdict !== "valid") return say(advice(report.code).todo, lang);
  return say((words.assurances as Record<string, { todo: Said }>)[report.assurance]?.todo, lang);
}

export function assuranceWords(assurance: string, lang: Lang): string {
  const found = (words.assurances as Record<string, { words: Said }>)[assurance];
  return found === undefined ? assurance : say(found.words, lang);
}

/** Return the day asked about where it is not that of the check. */
export function otherDay(report: ShownReport, lang: Lang): string {
  const today = momentText(report.checked_at).slice(0, 10);
  return report.on === today ? "" : dayText(report.on, lang);
}

/** Return what a result of this kind does not prove. */
export function limitsOf(report: ShownReport, lang: Lang): readonly string[] {
  if (report.verdict === "valid") return limits(report.assurance, lang);
  if (report.verdict !== "invalid") return limits(report.verdict, lang);
  return limits(isForgery(report) ? "invalid" : "ended", lang);
}

/** Say whether the verdict is that of a file which is not what was issued. */
export function isForgery(report: ShownReport): boolean {
  const { class: kind } = advice(report.code);
  return report.verdict === "invalid" && kind !== "final" && kind !== "unusable";
}

/** Return the checks that were made or had to be, each with its number. */
export function shownChecks(report: ShownReport): readonly (readonly [number, CheckJson])[] {
  return report.checks
    .map((check) => [numberOf(check.name), check] as const)
    .filter(([, check]) => check.state !== "skipped" || report.required.includes(check.name));
}

function numberOf(name: string): number {
  return words.checks.find((each) => each.name === name)?.number ?? words.checks.length + 1;
}

/** Return what somebody compares with what is in hand. */
export function factRows(report: ShownReport, lang: Lang): readonly Row[] {
  const said = report.licence === undefined ? report.facts : ofLicence(report.licence);
  const get = (key: string): string => factText(said[key]);
  const from = dayText(get("valid_from"), lang);
  const to = dayText(get("valid_to"), lang);
  const kind = get("kind");
  const code = get("short_code") || factText(factOf(report, "data", "short_code"));
  const rows: readonly Row[] = [
    { key: "fact_enterprise", value: get("enterprise_name") },
    { key: "fact_uscc", value: get("uscc"), groups: grouped(get("uscc"), USCC_GROUPS) },
    { key: "fact_number", value: get("licence_no") },
    ...scopeRows(said, report.licence),
    { key: "fact_validity", value: from && to ? `${from} ${text("fact_to", lang)} ${to}` : "" },
    { key: "fact_issuer", value: get("licence_no") ? get("issuer") : "" },
    { key: "fact_issued", value: dayText(get("issued_on"), lang) },
    { key: "fact_version", value: get("version") },
    { key: "fact_kind", value: kind && kind !== "REGULAR" ? kindText(kind, lang) : "" },
    { key: "fact_short_code", value: code, groups: grouped(code, CODE_GROUPS) },
  ];
  return rows.filter((row) => row.value !== "");
}

/** What is shown of a check beside the verdict, and under which heading. */
const TERMS: readonly (readonly [string, TextKey, readonly string[]])[] = [
  ["copy", "terms_copy", ["recipient", "purpose", "ends_on", "copy_no"]],
  [
    "holder",
    "terms_holder",
    ["audience", "purpose", "shown_at", "presented_at", "challenge_checked", "clock_fast_seconds"],
  ],
];

export interface Terms {
  readonly heading: TextKey;
  readonly rows: readonly (readonly [string, string])[];
}

/** Return for whom and how something was presented. */
export function termsOf(report: ShownReport, lang: Lang): readonly Terms[] {
  const found = TERMS.map(([name, heading, keys]) => {
    const facts = report.checks.find((check) => check.name === name)?.facts ?? {};
    const rows = keys
      .map((key) => [key, dayText(factText(facts[key], lang), lang)] as const)
      .filter(([, value]) => value !== "");
    return { heading, rows };
  });
  return found.filter((each) => each.rows.length > 0);
}

/** Return document, ground and dates of a negative status. */
export function statusRows(report: ShownReport, lang: Lang): readonly Row[] {
  const check = report.checks.find((each) => each.name === "status");
  if (check === undefined || check.state !== "failed") return [];
  const names: readonly (readonly [TextKey, string])[] = [
    ["status_document", "document_no"],
    ["status_ground", "ground"],
    ["status_from", "effective_from"],
    ["status_until", "until"],
    ["status_successor", "successor"],
  ];
  const rows = names.map(([key, name]) => ({
    key,
    value: dayText(factText(check.facts[name]), lang),
  }));
  return rows.filter((row) => row.value !== "");
}

/** Return when, by what rules and with what data it was checked. */
export function aboutRows(report: ShownReport, lang: Lang): readonly Row[] {
  const rows: readonly Row[] = [
    { key: "about_time", value: factText(report.checked_at) },
    { key: "about_on", value: dayText(report.on, lang) },
    { key: "about_status", value: factText(report.facts["status_as_of"]) },
    { key: "about_signed", value: factText(report.facts["signed_at"]) },
    {
      key: "about_assurance",
      value: report.verdict === "valid" ? assuranceWords(report.assurance, lang) : "",
    },
    { key: "about_policy", value: factText(report.policy["name"]) },
    { key: "about_bundle", value: factText(report.bundle_version) },
    { key: "about_sha256", value: report.file_sha256 ?? "" },
  ];
  return rows.filter((row) => row.value !== "");
}

export function factEntries(
  check: CheckJson,
  lang: Lang,
): readonly (readonly [string, string])[] {
  return Object.entries(check.facts)
    .filter(([key, value]) => value !== null && !NOT_SHOWN.has(key))
    .map(([key, value]) => [key, factText(value, lang)] as const);
}

/** Return a fact without control characters: it may come from a stranger's file. */
export function factText(value: Fact | undefined, lang: Lang = "zh"): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return text(value ? "yes" : "no", lang);
  // Format characters could turn the direction of the words around them.
  const clean = String(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd");
  const isMoment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(clean);
  return isMoment && !Number.isNaN(Date.parse(clean)) ? momentText(clean) : clean;
}

/** Return a time as clocks in China show it. */
export function momentText(moment: string): string {
  const local = new Date(Date.parse(moment) + HOURS_OF_CHINA * 3_600_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 19)} (UTC+8)`;
}

/** Return a day: in Chinese as it stands on the page of a licence. */
export function dayText(day: string, lang: Lang): string {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (found === null || lang === "en") return day;
  return `${found[1]}年${Number(found[2])}月${Number(found[3])}日`;
}

export function grouped(code: string, sizes: readonly number[]): readonly string[] {
  const groups: string[] = [];
  let at = 0;
  for (const size of sizes.slice(0, -1)) {
    groups.push(code.slice(at, at + size));
    at += size;
  }
  return [...groups, code.slice(at)].filter((group) => group !== "");
}

function factOf(report: ShownReport, name: string, key: string): Fact | undefined {
  return report.checks.find((check) => check.name === name)?.facts[key];
}

function ofLicence(licence: unknown): Record<string, Fact> {
  const entries = Object.entries(licence as Record<string, unknown>);
  return Object.fromEntries(entries.filter(([, value]) => typeof value !== "object")) as Record<
    string,
    Fact
  >;
}

interface ScopeItem {
  readonly name: string;
  readonly capacity?: string;
  readonly unit?: string;
  readonly category?: string;
  readonly risk?: string;
}

function scopeRows(said: Readonly<Record<string, Fact>>, licence: unknown): readonly Row[] {
  if (licence === undefined) return [{ key: "fact_scope", value: factText(said["scope"]) }];
  const { scope } = licence as { scope: readonly ScopeItem[] };
  return scope.map((item) => {
    const amount = `${item.capacity ?? ""}${item.unit ?? ""}`;
    const value = [item.name, amount, item.category].filter((part) => part).join(" ");
    return { key: "fact_scope", value: factText(value), risk: item.risk === "HIGH" };
  });
}

function kindText(kind: string, lang: Lang): string {
  const key = `kind_${kind}`;
  return key === "kind_EMERGENCY_TEMPORARY" || key === "kind_SAMPLE" || key === "kind_DIGITISED"
    ? text(key, lang)
    : kind;
}

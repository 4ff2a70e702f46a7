/** The report: the same JSON as Python writes, `docs/formats/report.md`. */
import table from "../generated/words.json" with { type: "json" };
import type { JsonObject } from "./canonical.ts";
import type { Code } from "./errors.ts";
import { type Day, momentText, type Seconds } from "./time.ts";
import type { Environment } from "./trust-types.ts";
import {
  type Assurance,
  CHECK_NAMES,
  type CheckName,
  type CheckResult,
  type Fact,
  type Facts,
  requiredFor,
  skipped,
  takeVerdict,
  type Verdict,
} from "./verdict.ts";

export interface ReportCheck {
  readonly name: string;
  readonly state: string;
  readonly code: Code;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly notes: readonly Code[];
  readonly standard: string;
}

/** A report as it stands in JSON. */
export interface ReportJson {
  readonly schema: "anzheng-report/v1";
  readonly verdict: Verdict;
  readonly code: Code;
  readonly words: { readonly zh: string; readonly en: string };
  readonly colour: string;
  readonly exit_code: number;
  readonly assurance: string;
  readonly required: readonly string[];
  readonly checks: readonly ReportCheck[];
  readonly facts: Readonly<Record<string, Fact>>;
  readonly policy: Readonly<Record<string, Fact>>;
  readonly checked_at: string;
  readonly on: string;
  readonly environment: Environment;
  readonly notice?: string;
  readonly bundle_version?: number;
  readonly file_sha256?: string;
  readonly leaf?: string;
  readonly licence?: JsonObject;
}

export interface Draft {
  checks: ReadonlyMap<CheckName, CheckResult>;
  assurance: Assurance;
  alsoRequired: readonly CheckName[];
  facts: Facts;
  policy: Facts;
  now: Seconds;
  on: Day;
  environment: Environment;
  bundleVersion: number;
  fileSha256?: string;
  leaf?: string;
  licence?: JsonObject;
}

/** Checks that stand in reports about report files only. */
const NOT_OF_LICENCES: readonly CheckName[] = ["reported"];

/** Take the verdict and make the report; a check that was not made stands in it as skipped. */
export function makeReport(draft: Draft): ReportJson {
  const required = [...requiredFor(draft.assurance), ...draft.alsoRequired];
  const names = CHECK_NAMES.filter((name) => !NOT_OF_LICENCES.includes(name));
  const checks = names.map((name) => draft.checks.get(name) ?? skipped(name));
  const [verdict, code] = takeVerdict(checks, required);
  const row = table.verdicts[verdict];
  return {
    schema: "anzheng-report/v1",
    verdict,
    code,
    words: row.words,
    colour: row.colour,
    exit_code: row.exit_code,
    assurance: draft.assurance,
    required,
    checks: checks.map(checkJson),
    facts: factsJson(draft.facts),
    policy: factsJson(draft.policy),
    checked_at: momentText(Math.floor(draft.now)),
    on: draft.on,
    environment: draft.environment,
    bundle_version: draft.bundleVersion,
    ...(draft.environment === "test" || draft.licence?.["environment"] === "test"
      ? { notice: table.notice }
      : {}),
    ...(draft.fileSha256 === undefined ? {} : { file_sha256: draft.fileSha256 }),
    ...(draft.leaf === undefined ? {} : { leaf: draft.leaf }),
    ...(draft.licence === undefined ? {} : { licence: draft.licence }),
  };
}

function checkJson(check: CheckResult): ReportCheck {
  return { ...check, facts: factsJson(check.facts) };
}

function factsJson(facts: Facts): Record<string, Fact> {
  return Object.fromEntries(facts);
}

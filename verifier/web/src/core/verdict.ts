/**
 * The one table of verdicts, as `licence/formats/verdict.py` has it: classes and required checks come
 * from the generated file, so the two cannot differ; how a verdict is taken stands here and is held
 * against Python by the reports in `tests/compat/v1`.
 *
 * Standard: DESIGN 4.
 */
import table from "../generated/words.json" with { type: "json" };
import type { Code } from "./errors.ts";

export const CHECK_NAMES = table.checks.map((check) => check.name);
export type Verdict = "valid" | "invalid" | "undetermined" | "foreign";
export type CheckState = "passed" | "failed" | "indeterminate" | "skipped";
export type CheckName = string;
export type Assurance = keyof typeof table.assurances;
export type Fact = string | number | boolean | null;
export type Facts = readonly (readonly [string, Fact])[];
type CodeClass = "foreign" | "forgery" | "final" | "unusable" | "missing";

export interface CheckResult {
  readonly name: CheckName;
  readonly state: CheckState;
  readonly code: Code;
  readonly facts: Facts;
  readonly notes: readonly Code[];
  readonly standard: string;
}

const ORDER: readonly CodeClass[] = ["foreign", "forgery", "final", "unusable", "missing"];
const CODES: Readonly<Record<string, { class: string }>> = table.codes;

/** Return what a failed check with a code means; a code that is in no class makes nothing valid or invalid. */
export function classOf(code: Code): CodeClass {
  return ORDER.find((one) => one === CODES[code]?.class) ?? "missing";
}

export function requiredFor(assurance: Assurance): readonly CheckName[] {
  return table.assurances[assurance].required;
}

export function place(name: CheckName): number {
  return CHECK_NAMES.indexOf(name);
}

/**
 * Take the verdict from all checks.
 *
 * 1. Foreign. 2. Integrity or signer failed. 3. A final status. 4. Suspended, expired, a wrong
 * presenter. 5. A required check is missing, or one could not be carried to an end. 6. Valid.
 * Within one step the earliest check gives the code.
 */
export function takeVerdict(
  checks: readonly CheckResult[],
  required: readonly CheckName[],
): [Verdict, Code] {
  const ordered = [...checks].sort((one, other) => place(one.name) - place(other.name));
  const told = ordered.filter((one) => one.state === "failed" || one.state === "indeterminate");
  for (const kind of ORDER) {
    const found = told.find((one) => classOfCheck(one) === kind);
    if (found === undefined) continue;
    if (kind === "foreign") return ["foreign", found.code];
    return [kind === "missing" ? "undetermined" : "invalid", found.code];
  }
  const missing = firstMissing(ordered, required);
  return missing === undefined ? ["valid", "OK"] : ["undetermined", missing];
}

/** "Could not check" is never "bad", whatever code the check gives as its reason. */
function classOfCheck(check: CheckResult): CodeClass {
  return check.state === "indeterminate" ? "missing" : classOf(check.code);
}

function firstMissing(
  ordered: readonly CheckResult[],
  required: readonly CheckName[],
): Code | undefined {
  if (required.length === 0) return "NOT_CHECKED";
  for (const name of [...required].sort((one, other) => place(one) - place(other))) {
    const found = ordered.filter((check) => check.name === name);
    if (found.length === 0) return "NOT_CHECKED";
    const open = found.find((check) => check.state !== "passed");
    if (open !== undefined) return open.code;
  }
  return undefined;
}

// ---------------------------------------------------------------- results of a check

export function passed(
  name: CheckName,
  standard: string,
  facts: Facts,
  notes: readonly Code[] = [],
): CheckResult {
  return { name, state: "passed", code: "OK", facts, notes, standard };
}

export function failed(name: CheckName, code: Code, standard: string, facts: Facts): CheckResult {
  return { name, state: "failed", code, facts, notes: [], standard };
}

export function indeterminate(
  name: CheckName,
  code: Code,
  standard: string,
  facts: Facts = [],
): CheckResult {
  return { name, state: "indeterminate", code, facts, notes: [], standard };
}

export function skipped(name: CheckName): CheckResult {
  return { name, state: "skipped", code: "NOT_CHECKED", facts: [], notes: [], standard: "" };
}

/** Return the result of a check that ended with a code: failed, or what could not be checked. */
export function ended(name: CheckName, code: Code, standard: string, facts: Facts): CheckResult {
  const make = classOf(code) === "missing" ? indeterminate : failed;
  return make(name, code, standard, facts);
}

export function factOf(check: CheckResult | undefined, key: string): Fact | undefined {
  return check?.facts.find(([name]) => name === key)?.[1];
}

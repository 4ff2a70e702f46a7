/**
 * Check 8: the day asked about lies within the dates of the licence, both inclusive, and it is no
 * sample.
 *
 * Standard: 安全生产许可证条例, article 9; `verifier/checks/c08_validity.py`.
 */
import { type Day, renewalDeadline, type Seconds, shanghaiDay } from "./time.ts";
import { type CheckResult, failed, type Facts, indeterminate, passed } from "./verdict.ts";

const STANDARD = "安全生产许可证条例 9";

export interface Period {
  validFrom: Day;
  validTo: Day;
  kind: string;
}

export function checkValidity(period: Period, on: Day, now: Seconds, status: CheckResult): CheckResult {
  const facts: Facts = [
    ["on", on],
    ["valid_from", period.validFrom],
    ["valid_to", period.validTo],
    ["kind", period.kind],
  ];
  if (period.kind === "SAMPLE") return failed("validity", "SAMPLE_LICENCE", STANDARD, facts);
  if (on < period.validFrom) {
    // A clock that is behind makes every new licence one of the future.
    const isClock = status.code === "CLOCK_SUSPECT" && on === shanghaiDay(now);
    return isClock
      ? indeterminate("validity", "CLOCK_SUSPECT", STANDARD, facts)
      : failed("validity", "NOT_YET_VALID", STANDARD, facts);
  }
  if (on > period.validTo) return failed("validity", "EXPIRED", STANDARD, facts);
  return passed("validity", STANDARD, [...facts, ["renew_by", renewalDeadline(period.validTo)]]);
}

/**
 * Status words, and which of several changes counts on a day.
 *
 * Source: DESIGN 3.3; `licence/domain/status.py`.
 */
import type { Bytes } from "./bytes.ts";
import type { Day, Seconds } from "./time.ts";

export const WORDS = [
  "none",
  "suspended",
  "revoked",
  "rescinded",
  "withdrawn",
  "cancelled",
  "superseded",
] as const;
export type Word = (typeof WORDS)[number];

const SEVERITY: readonly Word[] = [
  "none",
  "suspended",
  "superseded",
  "cancelled",
  "withdrawn",
  "revoked",
  "rescinded",
];

export interface SideRow {
  index: number;
  word: Word;
  effectiveFrom: Day;
  until: Day | undefined;
  decidedAt: Seconds;
  documentNo: string;
  ground: string;
  successor: Bytes | undefined;
}

export function isFinal(word: Word): boolean {
  return word !== "none" && word !== "suspended";
}

/** Rescinded counts for every day, for the grant was void from the start. */
function countsOn(row: SideRow, day: Day): boolean {
  return row.word === "rescinded" || row.effectiveFrom <= day;
}

/**
 * Return the change behind the word of one licence version on a day; undefined for none.
 *
 * 1. What is final stays: the most negative final word counts, whatever was decided after it.
 * 2. Else the change that was decided last counts. A suspension past its `until` stays.
 */
export function decisive(rows: readonly SideRow[], day: Day): SideRow | undefined {
  let last: SideRow | undefined;
  for (const row of [...rows].sort((one, other) => one.decidedAt - other.decidedAt)) {
    if (countsOn(row, day) && (last === undefined || replaces(row.word, last.word))) last = row;
  }
  return last === undefined || last.word === "none" ? undefined : last;
}

export function wordOn(rows: readonly SideRow[], day: Day): Word {
  return decisive(rows, day)?.word ?? "none";
}

function replaces(newer: Word, older: Word): boolean {
  return !isFinal(older) || SEVERITY.indexOf(newer) > SEVERITY.indexOf(older);
}

/**
 * Check 7: no status event speaks against the licence on the day asked about. A final status counts
 * even when it is old, for it never goes away; everything else needs a fresh list and its side list.
 *
 * Standard: draft-ietf-oauth-status-list-21, 8.3; DESIGN 3.3 and 4, check 7;
 * `verifier/checks/c07_status.py`.
 */
import { equal, hex, sha256 } from "./bytes.ts";
import { asRefusal, type Code } from "./errors.ts";
import { type Memory, sawList } from "./memory.ts";
import { readFor, rowsOf, type SideList } from "./side-list.ts";
import { decisive, isFinal, type SideRow, type Word, wordOn } from "./status.ts";
import {
  decodeCwt,
  isAgeing,
  isStale,
  listName,
  listUri,
  type ListName,
  type ListValue,
  listValue,
  type StatusList,
  type StatusRef,
} from "./status-list.ts";
import { type Day, momentText, type Seconds, shanghaiDay } from "./time.ts";
import { type ListTokens, storedLists, type TrustStore } from "./trust.ts";
import type { Authority } from "./trust-types.ts";
import { type CheckResult, failed, type Facts, indeterminate, passed } from "./verdict.ts";

const STANDARD = "draft-ietf-oauth-status-list-21 8.3";
/** How far the clocks of issuers and verifiers may honestly differ. */
export const CLOCK_SKEW = 60;

const CODES: Readonly<Record<Word, Code>> = {
  none: "OK",
  suspended: "STATUS_SUSPENDED",
  revoked: "STATUS_REVOKED",
  rescinded: "STATUS_RESCINDED",
  withdrawn: "STATUS_WITHDRAWN",
  cancelled: "STATUS_CANCELLED",
  superseded: "STATUS_SUPERSEDED",
};
const NEGATIVE: ReadonlySet<Code> = new Set([
  ...Object.values(CODES).filter((code) => code !== "OK"),
  "STATUS_FINAL",
]);
const SEVERITY: Readonly<Record<ListValue, number>> = { valid: 0, suspended: 1, invalid: 2 };

/** The circumstances under which a question is asked. */
export interface Asked {
  now: Seconds;
  on: Day;
  acceptStaleHours: number;
  /** Newest time that this phone's own clock ever showed, where it is known. */
  newestClock: Seconds | undefined;
}

export interface StatusQuestion extends Asked {
  ref: StatusRef;
  newestSeen: Seconds;
  metadataExpiredAt: Seconds | undefined;
  notBefore: Seconds | undefined;
}

interface StatusLists {
  listed: StatusList;
  side: SideList | undefined;
}

/**
 * Ask the stored lists about one licence version.
 *
 * @param moments Signed times that the thing asked about proves.
 * @returns The result, and the memory after it.
 */
export async function askStatus(
  trust: TrustStore,
  memory: Memory,
  asked: Asked,
  ref: StatusRef,
  authority: Authority,
  moments: readonly Seconds[],
): Promise<[CheckResult, Memory]> {
  const name = listName(ref, authority);
  const question: StatusQuestion = {
    ...asked,
    ref,
    newestSeen: Math.max(trust.newestSignedTime, memory.newestSignedTime, ...moments),
    metadataExpiredAt: asked.now > trust.metadataExpiresAt ? trust.metadataExpiresAt : undefined,
    notBefore: memory.lists[listUri(name)],
  };
  const tokens = await storedLists(trust, name, ref.index);
  const [result, lists] = await readLists(question, authority, name, tokens);
  if (lists === undefined) return [result, memory];
  return [checkStatus(question, lists), sawList(memory, listUri(name), lists.listed.issuedAt)];
}

/** Decode what lies in the store; a refused list is never an answer. */
export async function readLists(
  question: StatusQuestion,
  authority: Authority,
  name: ListName,
  tokens: ListTokens,
): Promise<[CheckResult, StatusLists | undefined]> {
  const uri: Facts = [["list_uri", listUri(name)]];
  if (tokens.cwt === undefined) {
    return [indeterminate("status", "STATUS_NOT_AVAILABLE", STANDARD, uri), undefined];
  }
  let listed: StatusList;
  try {
    listed = await decodeCwt(tokens.cwt, authority.statusKeys, name);
  } catch {
    return [indeterminate("status", "STATUS_LIST_REFUSED", STANDARD, uri), undefined];
  }
  const { notBefore } = question;
  if (notBefore !== undefined && listed.issuedAt < notBefore) {
    // An older list than one already seen: somebody replays the time before a revocation.
    const facts: Facts = [
      ...uri,
      ["list_issued_at", momentText(listed.issuedAt)],
      ["newest_seen_list", momentText(notBefore)],
    ];
    return [indeterminate("status", "STATUS_LIST_REFUSED", STANDARD, facts), undefined];
  }
  const side = await readSide(question, authority, name, tokens, listed);
  return [indeterminate("status", "NOT_CHECKED", STANDARD), { listed, side }];
}

async function readSide(
  question: StatusQuestion,
  authority: Authority,
  name: ListName,
  tokens: ListTokens,
  listed: StatusList,
): Promise<SideList | undefined> {
  if (tokens.cwt === undefined || tokens.side === undefined) return undefined;
  let side: SideList;
  try {
    side = await readFor(tokens.side, tokens.page, question.ref.index, authority.statusKeys, name);
  } catch {
    return undefined;
  }
  // A newer side list knows everything that the older one knew; an older one may lack an event.
  const belongs = equal(side.listDigest, await sha256(tokens.cwt));
  return belongs || side.issuedAt > listed.issuedAt ? side : undefined;
}

/** Decide whether anything in the lists speaks against "valid" on the day asked about. */
export function checkStatus(question: StatusQuestion, lists: StatusLists): CheckResult {
  const { listed } = lists;
  let facts: Facts = [
    ["source", "trust"],
    ["list_uri", listUri(listed.name)],
    ["list_issued_at", momentText(listed.issuedAt)],
    ["list_expires_at", momentText(listed.expiresAt)],
    ["index", question.ref.index],
  ];
  let word: Word | undefined;
  let row: SideRow | undefined;
  try {
    [word, row] = wordAndRow(question, lists);
  } catch (error) {
    return indeterminate("status", asRefusal(error).code, STANDARD, facts);
  }
  facts = [...facts, ["word", word ?? "final"], ...rowFacts(row)];
  const code = codeOf(question, lists, word);
  if (code === undefined) {
    const ageing = isAgeing(listed, question.now) || isStale(listed, question.now);
    return passed("status", STANDARD, facts, ageing ? ["STATUS_AGEING"] : []);
  }
  return (NEGATIVE.has(code) ? failed : indeterminate)("status", code, STANDARD, facts);
}

/** Return what speaks against "valid", the most certain first; undefined when nothing does. */
function codeOf(
  question: StatusQuestion,
  lists: StatusLists,
  word: Word | undefined,
): Code | undefined {
  if (word === undefined) return "STATUS_FINAL";
  if (isFinal(word)) return CODES[word];
  if (isClockBehind(question, lists.listed.issuedAt)) return "CLOCK_SUSPECT";
  if (isTooOld(question, lists.listed.expiresAt)) return "STATUS_STALE";
  if (word !== "none") return CODES[word];
  // Without it a revocation that was announced for today, or an old suspension, is unseen.
  if (lists.side === undefined) return "STATUS_NOT_AVAILABLE";
  const expired = question.metadataExpiredAt;
  return expired !== undefined && isTooOld(question, expired) ? "TRUST_BUNDLE_OLD" : undefined;
}

/** Say whether the clock is behind something signed, or behind what it showed itself before. */
function isClockBehind(question: StatusQuestion, issuedAt: Seconds): boolean {
  const newest = Math.max(question.newestSeen, issuedAt, question.newestClock ?? 0);
  return question.now + CLOCK_SKEW < newest;
}

function isTooOld(question: StatusQuestion, endedAt: Seconds): boolean {
  return question.now > endedAt + question.acceptStaleHours * 3600;
}

/** Return the status on the day and the event behind it; undefined for "final, nobody says why". */
function wordAndRow(
  question: StatusQuestion,
  lists: StatusLists,
): [Word | undefined, SideRow | undefined] {
  const { index } = question.ref;
  const value = listValue(lists.listed, index);
  const rows = rowsOf(lists.side, index);
  const row = decisive(rows, question.on);
  const word = row?.word ?? "none";
  const today = wordOn(rows, shanghaiDay(lists.listed.issuedAt));
  if (SEVERITY[value] > SEVERITY[valueOf(today)] && !isFinal(word)) {
    // The list is more negative than its reasons: then it holds for every day.
    return [value === "invalid" ? undefined : "suspended", undefined];
  }
  return [word, row];
}

function valueOf(word: Word): ListValue {
  if (word === "none") return "valid";
  return word === "suspended" ? "suspended" : "invalid";
}

function rowFacts(row: SideRow | undefined): Facts {
  if (row === undefined) return [];
  return [
    ["effective_from", row.effectiveFrom],
    ["until", row.until ?? null],
    ["decided_at", momentText(row.decidedAt)],
    ["document_no", row.documentNo],
    ["ground", row.ground],
    ["successor", row.successor === undefined ? null : hex(row.successor)],
  ];
}

/**
 * The side list: why, since when and until when, for each entry of a status list that ever changed;
 * in one piece, or in 64 pages of which a signed index has the digests.
 *
 * Standard: `docs/formats/side-list.md`, side-list.cddl.
 */
import { type Bytes, equal, sha256 } from "./bytes.ts";
import { ArrayFields, type CborValue, isArray, loads } from "./cbor.ts";
import { parts, verify1 } from "./cose.ts";
import { Refusal } from "./errors.ts";
import { type SideRow, WORDS, type Word } from "./status.ts";
import {
  checkLifetime,
  isKeyOpen,
  keyTable,
  type ListName,
  listUri,
  SHARD_ENTRIES,
  shardOf,
} from "./status-list.ts";
import { checkLine } from "./text.ts";
import { type Day, dayOf, daysOf, MAX_SECONDS, type Seconds } from "./time.ts";
import type { StatusKey } from "./trust-types.ts";

export const MAX_SIDE_BYTES = 32 * 1024 * 1024;
export const MAX_INDEX_BYTES = 16 * 1024;
export const PAGES = 64;
const PAGE_ENTRIES = SHARD_ENTRIES / PAGES;
const MAX_ROWS = 200_000;
const CONTENT_TYPE = "application/anzheng-sidelist+cbor";
const WHOLE = "anzheng-side/v1";
const PAGED = "anzheng-side/v2";
const CODE = "STATUS_LIST_REFUSED";
const MAX_INDEX = Number.MAX_SAFE_INTEGER;
const FIRST_DAY = daysOf("1950-01-01");
const LAST_DAY = daysOf("2199-12-31");
const MAX_ITEMS = 200;

export interface SideList {
  name: ListName;
  sequence: number;
  issuedAt: Seconds;
  expiresAt: Seconds;
  listDigest: Bytes;
  rows: readonly SideRow[];
  announced: readonly SideRow[];
}

interface Head {
  sequence: number;
  issuedAt: Seconds;
  expiresAt: Seconds;
  listDigest: Bytes;
}

export interface SideIndex extends Head {
  pages: readonly (Bytes | undefined)[];
}

export function pageNumber(index: number): number {
  return Math.floor((index % SHARD_ENTRIES) / PAGE_ENTRIES);
}

/** Return all events of a licence version, announced ones too. */
export function rowsOf(side: SideList | undefined, index: number): SideRow[] {
  if (side === undefined) return [];
  return [...side.rows, ...side.announced].filter((row) => row.index === index);
}

/** Return which page has to be at hand for a licence version; nothing is verified here. */
export function pageWanted(data: Uint8Array, index: number): Bytes | undefined {
  return pagesNamed(data)[pageNumber(index)];
}

/** Return the digests of all pages that an index names, none for a side list in one piece. */
export function pagesNamed(data: Uint8Array): readonly (Bytes | undefined)[] {
  try {
    const { payload } = parts(data, MAX_INDEX_BYTES);
    return readIndexPages(loads(payload, { maxBytes: MAX_INDEX_BYTES, maxItems: MAX_ITEMS }));
  } catch {
    return [];
  }
}

function readIndexPages(found: CborValue): readonly (Bytes | undefined)[] {
  if (!isArray(found) || found.length !== 7 || found[0] !== PAGED) return [];
  return readPages(found[6]);
}

/** Return what a side list says of one licence version, whether it is in pages or not. */
export async function readFor(
  data: Uint8Array,
  page: Uint8Array | undefined,
  index: number,
  keys: readonly StatusKey[],
  expected: ListName,
): Promise<SideList> {
  const paged = pagesNamed(data).length === PAGES;
  if (!paged) return decode(data, keys, expected);
  const found = await decodeIndex(data, keys, expected);
  const number = pageNumber(index);
  const digest = found.pages[number];
  const [rows, announced] =
    digest === undefined ? [[], []] : await decodePage(page, digest, expected, number);
  const { sequence, issuedAt, expiresAt, listDigest } = found;
  return { name: expected, sequence, issuedAt, expiresAt, listDigest, rows, announced };
}

export async function decode(
  data: Uint8Array,
  keys: readonly StatusKey[],
  expected: ListName,
): Promise<SideList> {
  const payload = await believed(data, keys, MAX_SIDE_BYTES);
  const fields = new ArrayFields(loads(payload.bytes, { maxBytes: MAX_SIDE_BYTES }), 8, CODE);
  const head = readHead(fields, WHOLE, expected);
  checkKey(keys, payload.kid, head);
  const rows = readRows(fields.next(), expected);
  return { name: expected, ...head, rows, announced: readRows(fields.next(), expected) };
}

export async function decodeIndex(
  data: Uint8Array,
  keys: readonly StatusKey[],
  expected: ListName,
): Promise<SideIndex> {
  const payload = await believed(data, keys, MAX_INDEX_BYTES);
  const value = loads(payload.bytes, { maxBytes: MAX_INDEX_BYTES, maxItems: MAX_ITEMS });
  const fields = new ArrayFields(value, 7, CODE);
  const head = readHead(fields, PAGED, expected);
  checkKey(keys, payload.kid, head);
  return { ...head, pages: readPages(fields.next()) };
}

export async function decodePage(
  data: Uint8Array | undefined,
  digest: Uint8Array,
  name: ListName,
  number: number,
): Promise<[readonly SideRow[], readonly SideRow[]]> {
  if (data === undefined || !equal(await sha256(data), digest)) {
    throw refuse("this is not the page that the index names");
  }
  const fields = new ArrayFields(loads(data, { maxBytes: MAX_SIDE_BYTES }), 2, CODE);
  const rows = readRows(fields.next(), name);
  const announced = readRows(fields.next(), name);
  if ([...rows, ...announced].some((row) => pageNumber(row.index) !== number)) {
    throw refuse("a row is of another page");
  }
  return [rows, announced];
}

async function believed(
  data: Uint8Array,
  keys: readonly StatusKey[],
  maxBytes: number,
): Promise<{ bytes: Bytes; kid: Bytes }> {
  const message = await verify1(data, CONTENT_TYPE, keyTable(keys), maxBytes);
  return { bytes: message.payload, kid: message.kid };
}

function checkKey(keys: readonly StatusKey[], kid: Bytes, head: Head): void {
  if (!isKeyOpen(keys, kid, head.issuedAt)) {
    throw refuse("the side list was signed outside the days of its key");
  }
}

function readHead(fields: ArrayFields, schema: string, expected: ListName): Head {
  fields.constant(schema);
  fields.constant(listUri(expected));
  const sequence = fields.integer(1, MAX_INDEX);
  const issuedAt = fields.integer(0, MAX_SECONDS);
  const expiresAt = fields.integer(0, MAX_SECONDS);
  checkLifetime(issuedAt, expiresAt);
  return { sequence, issuedAt, expiresAt, listDigest: fields.octets(32) };
}

function readPages(value: CborValue | undefined): readonly (Bytes | undefined)[] {
  if (!isArray(value) || value.length !== PAGES) throw refuse(`an index names ${PAGES} pages`);
  return value.map((each) => {
    if (each === null) return undefined;
    if (!(each instanceof Uint8Array) || each.length !== 32) throw refuse("no digest of a page");
    return each;
  });
}

function readRows(value: CborValue, name: ListName): readonly SideRow[] {
  if (!isArray(value) || value.length > MAX_ROWS) throw refuse("the rows are no array of ours");
  const rows = value.map(readRow);
  const seen = new Set<string>();
  rows.forEach((row, at) => {
    if (shardOf(row.index) !== name.shard) throw refuse("a row is of another shard");
    const before = rows[at - 1];
    if (before !== undefined && isAfter(before, row)) throw refuse("the rows are out of order");
    const spelled = JSON.stringify({ ...row, successor: row.successor && [...row.successor] });
    if (seen.has(spelled)) throw refuse("a row stands twice");
    seen.add(spelled);
  });
  return rows;
}

function isAfter(one: SideRow, other: SideRow): boolean {
  return one.index > other.index || (one.index === other.index && one.decidedAt > other.decidedAt);
}

function readRow(value: CborValue): SideRow {
  const fields = new ArrayFields(value, 8, CODE);
  const index = fields.integer(0, MAX_INDEX);
  const word = WORDS[fields.integer(0, WORDS.length - 1)] as Word;
  const effectiveFrom = dayOf(fields.integer(FIRST_DAY, LAST_DAY));
  const until = readUntil(fields.next());
  const decidedAt = fields.integer(0, MAX_SECONDS);
  const documentNo = readText(fields.next(), 100);
  const ground = readText(fields.next(), 500);
  const successor = readSuccessor(fields.next());
  if (until !== undefined && (word !== "suspended" || until < effectiveFrom)) {
    throw refuse("only a suspension has a last day, and not before its first");
  }
  if ((successor !== undefined) !== (word === "superseded")) {
    throw refuse("a successor goes with superseded, and with nothing else");
  }
  return { index, word, effectiveFrom, until, decidedAt, documentNo, ground, successor };
}

function readUntil(value: CborValue): Day | undefined {
  if (value === null) return undefined;
  if (typeof value !== "number" || value < FIRST_DAY || value > LAST_DAY) throw refuse("no day");
  return dayOf(value);
}

function readText(value: CborValue, most: number): string {
  if (typeof value !== "string") throw refuse("expected a text");
  return value === "" ? value : checkLine(value, most, CODE);
}

function readSuccessor(value: CborValue): Bytes | undefined {
  if (value === null) return undefined;
  if (!(value instanceof Uint8Array) || value.length !== 32) throw refuse("expected 32 bytes");
  return value;
}

function refuse(message: string): Refusal {
  return new Refusal(CODE, message);
}

/**
 * Token Status Lists as CWT: one shard, two bits a licence. 0 valid, 1 final, 2 suspended, never 3.
 * A shard inflates to exactly 262,144 bytes, and nothing that inflates to anything else is looked at.
 *
 * Standard: draft-ietf-oauth-status-list-21, 4 and 5.2; `docs/formats/status-list.md`.
 */
import { type Bytes, hex } from "./bytes.ts";
import { type CborMap, type CborValue, loads } from "./cbor.ts";
import { type KeyTable, verify1 } from "./cose.ts";
import { Refusal } from "./errors.ts";
import { inflate } from "./inflate.ts";
import { MAX_SECONDS, type Seconds } from "./time.ts";
import type { Authority, StatusKey } from "./trust-types.ts";

export const SHARD_ENTRIES = 1 << 20;
export const SHARD_BYTES = SHARD_ENTRIES / 4;
export const MAX_CWT_BYTES = 320 * 1024;
export const MAX_LIFETIME = 7 * 86_400;
const CWT_TYPE = "application/statuslist+cwt";
const SUBJECT = 2;
const EXPIRES = 4;
const ISSUED = 6;
const STATUS_LIST = 65533;
const TTL = 65534;

export type ListValue = "valid" | "invalid" | "suspended";
const VALUES: readonly (ListValue | undefined)[] = ["valid", "invalid", "suspended", undefined];

/** Where the status of a licence version is read; from signed data only. */
export interface StatusRef {
  registry: string;
  index: number;
}

export interface ListName {
  baseUri: string;
  registry: string;
  authority: string;
  shard: number;
}

export interface StatusList {
  name: ListName;
  issuedAt: Seconds;
  expiresAt: Seconds;
  ttl: number;
  packed: Bytes;
}

export function shardOf(index: number): number {
  return Math.floor(index / SHARD_ENTRIES);
}

export function listName(ref: StatusRef, authority: Authority): ListName {
  return {
    baseUri: authority.listBaseUri,
    registry: ref.registry,
    authority: authority.id,
    shard: shardOf(ref.index),
  };
}

export function aggregationUri(name: ListName): string {
  return `${name.baseUri}/${name.registry}/${name.authority}`;
}

export function listUri(name: ListName): string {
  return `${aggregationUri(name)}/${name.shard}`;
}

/** Return its place among TUF targets, without the suffix that tells the form. */
export function listPath(name: ListName): string {
  return `lists/${name.registry}/${name.authority}/${name.shard}`;
}

/** Return what the list says: STATUS_LIST_REFUSED or STATUS_UNKNOWN_VALUE, never "valid" for either. */
export function listValue(list: StatusList, index: number): ListValue {
  if (!Number.isSafeInteger(index) || index < 0 || shardOf(index) !== list.name.shard) {
    throw refuse(`index ${index} is not in shard ${list.name.shard}`);
  }
  const place = index % SHARD_ENTRIES;
  const bits = ((list.packed[place >> 2] as number) >> ((place & 3) * 2)) & 3;
  const value = VALUES[bits];
  if (value === undefined) throw new Refusal("STATUS_UNKNOWN_VALUE", `the list has value ${bits}`);
  return value;
}

export function isStale(list: StatusList, now: Seconds): boolean {
  return now > list.expiresAt;
}

export function isAgeing(list: StatusList, now: Seconds): boolean {
  return now > list.issuedAt + list.ttl && !isStale(list, now);
}

export function keyTable(keys: readonly StatusKey[]): KeyTable {
  return new Map(keys.map((key) => [hex(key.kid), key.key]));
}

export function isBelievedAt(key: StatusKey, moment: Seconds): boolean {
  return key.validFrom <= moment && (key.validTo === undefined || moment < key.validTo);
}

/** Say whether the key with this id was open at a moment. */
export function isKeyOpen(keys: readonly StatusKey[], kid: Bytes, moment: Seconds): boolean {
  return keys.some((key) => hex(key.kid) === hex(kid) && isBelievedAt(key, moment));
}

/**
 * Read and verify a list; how old it is, the caller asks. STATUS_LIST_REFUSED if it is another list,
 * badly timed, not of this shape or signed by a key outside its days; else a code of `verify1`.
 */
export async function decodeCwt(
  data: Uint8Array,
  keys: readonly StatusKey[],
  expected: ListName,
): Promise<StatusList> {
  const message = await verify1(data, CWT_TYPE, keyTable(keys), MAX_CWT_BYTES);
  const list = readClaims(message.payload, expected);
  if (!isKeyOpen(keys, message.kid, list.issuedAt)) {
    throw refuse("the list was signed outside the days of its key");
  }
  return list;
}

function readClaims(payload: Uint8Array, expected: ListName): StatusList {
  const claims = loads(payload, { maxBytes: MAX_CWT_BYTES });
  if (!hasKeys(claims, [SUBJECT, EXPIRES, ISSUED, STATUS_LIST, TTL])) {
    throw refuse("the claims are not those of a status list");
  }
  const inner = claims.get(STATUS_LIST);
  if (!(inner instanceof Map)) throw refuse("there is no list");
  const packed = (inner as CborMap).get("lst");
  if (!(packed instanceof Uint8Array)) throw refuse("there is no list");
  if (claims.get(SUBJECT) !== listUri(expected)) {
    throw refuse(`this is not the list ${listUri(expected)}`);
  }
  if (!hasKeys(inner, ["bits", "lst", "aggregation_uri"])) throw refuse("the list has other fields");
  if (inner.get("aggregation_uri") !== aggregationUri(expected) || inner.get("bits") !== 2) {
    throw refuse("the list has not the fields that it must have");
  }
  const issuedAt = whole(claims.get(ISSUED));
  const expiresAt = whole(claims.get(EXPIRES));
  checkLifetime(issuedAt, expiresAt);
  const ttl = whole(claims.get(TTL));
  if (ttl > MAX_LIFETIME) throw refuse("the list wants to be kept too long");
  return { name: expected, issuedAt, expiresAt, ttl, packed: inflateShard(packed) };
}

export function checkLifetime(issuedAt: Seconds, expiresAt: Seconds): void {
  if (!(issuedAt < expiresAt && expiresAt <= issuedAt + MAX_LIFETIME)) {
    throw refuse("the list ends before it begins, or lives too long");
  }
}

function inflateShard(packed: Uint8Array): Bytes {
  const unpacked = inflate(packed, SHARD_BYTES);
  if (!unpacked?.whole || unpacked.data.length !== SHARD_BYTES) {
    throw refuse(`the list does not inflate to exactly ${SHARD_BYTES} bytes`);
  }
  return unpacked.data;
}

function hasKeys(value: CborValue | undefined, keys: readonly (string | number)[]): value is CborMap {
  return value instanceof Map && value.size === keys.length && keys.every((key) => value.has(key));
}

function whole(value: CborValue | undefined): number {
  if (typeof value !== "number" || value < 0 || value > MAX_SECONDS) {
    throw refuse("a time is not a number of seconds");
  }
  return value;
}

function refuse(message: string): Refusal {
  return new Refusal("STATUS_LIST_REFUSED", message);
}

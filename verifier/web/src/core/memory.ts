/**
 * What this verifier has seen: highest versions, newest signed times. A genuine but older trust pack
 * or status list is how somebody hides a revocation; only memory finds that out.
 *
 * Standard: DESIGN 3.5; TUF 5.4 to 5.6 (rollback); the form is that of `verifier/memory.py`.
 */
import { type Bytes, hex } from "./bytes.ts";
import { dumps, type Json, type JsonObject, loads } from "./canonical.ts";
import { Refusal } from "./errors.ts";
import { Fields } from "./fields.ts";
import { momentText, type Seconds } from "./time.ts";

const SCHEMA = "anzheng-memory/v1";
const CODE = "TRUST_BUNDLE_REFUSED";
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_ROLES = 16;
const MAX_LISTS = 100_000;
const ROLE = /^[a-z]{1,32}$/;
const URI = /^[!-~]{1,1000}$/;

export interface Memory {
  readonly newestSignedTime: Seconds;
  readonly bundleVersion: number;
  /** SHA-256 of the root metadata that was trusted first, hex. */
  readonly firstRoot: string | undefined;
  readonly roles: Readonly<Record<string, number>>;
  readonly lists: Readonly<Record<string, Seconds>>;
}

export const NOTHING_SEEN: Memory = {
  newestSignedTime: 0,
  bundleVersion: 0,
  firstRoot: undefined,
  roles: {},
  lists: {},
};

export function sawTime(memory: Memory, moment: Seconds): Memory {
  const newestSignedTime = Math.max(memory.newestSignedTime, Math.floor(moment));
  return { ...memory, newestSignedTime };
}

export function sawRole(memory: Memory, role: string, version: number): Memory {
  const highest = Math.max(version, memory.roles[role] ?? 0);
  return { ...memory, roles: { ...memory.roles, [role]: highest } };
}

export function sawBundle(memory: Memory, version: number): Memory {
  return { ...memory, bundleVersion: Math.max(memory.bundleVersion, version) };
}

export function sawList(memory: Memory, uri: string, issuedAt: Seconds): Memory {
  const newest = Math.max(Math.floor(issuedAt), memory.lists[uri] ?? 0);
  return sawTime({ ...memory, lists: { ...memory.lists, [uri]: newest } }, issuedAt);
}

/** Return the memory that knows all that either knows: two pages of one phone may both have learned. */
export function merged(one: Memory, other: Memory): Memory {
  let both: Memory = { ...one, firstRoot: one.firstRoot ?? other.firstRoot };
  both = sawBundle(sawTime(both, other.newestSignedTime), other.bundleVersion);
  for (const [role, version] of Object.entries(other.roles)) both = sawRole(both, role, version);
  for (const [uri, issuedAt] of Object.entries(other.lists)) both = sawList(both, uri, issuedAt);
  return both;
}

export function encodeMemory(memory: Memory): Bytes {
  const value: Record<string, Json> = {
    schema: SCHEMA,
    newest_signed_time: momentText(memory.newestSignedTime),
    bundle_version: memory.bundleVersion,
    roles: sorted(memory.roles).map(([name, version]) => ({ name, version })),
    lists: sorted(memory.lists).map(([uri, at]) => ({ uri, issued_at: momentText(at) })),
  };
  if (memory.firstRoot !== undefined) value["first_root"] = memory.firstRoot;
  return dumps(value as JsonObject);
}

/** Read a memory; a damaged one is refused, not forgotten: it keeps a door shut. */
export function decodeMemory(data: Uint8Array): Memory {
  try {
    const fields = new Fields(loads(data, MAX_BYTES), "memory", CODE);
    fields.constant("schema", SCHEMA, "SCHEMA_UNKNOWN");
    const memory: Memory = {
      newestSignedTime: readSeen(fields.value("newest_signed_time")),
      bundleVersion: fields.integer("bundle_version"),
      firstRoot: fields.optional("first_root", (key) => hex(fields.hexed(key, 32))),
      roles: Object.fromEntries(fields.objects("roles", readRole, MAX_ROLES)),
      lists: Object.fromEntries(fields.objects("lists", readList, MAX_LISTS)),
    };
    fields.end();
    return memory;
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(CODE, `the memory is damaged: ${error.message}`);
    throw error;
  }
}

function readSeen(value: Json): Seconds {
  const seconds = typeof value === "string" ? Date.parse(value) / 1000 : Number.NaN;
  if (!Number.isSafeInteger(seconds) || seconds < 0 || momentText(seconds) !== value) {
    throw new Refusal(CODE, "no moment");
  }
  return seconds;
}

function readRole(fields: Fields): [string, number] {
  return [fields.matching("name", ROLE), fields.integer("version", 1)];
}

function readList(fields: Fields): [string, Seconds] {
  return [fields.matching("uri", URI), fields.moment("issued_at")];
}

function sorted<T>(values: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1));
}

/**
 * Roles of a TUF repository: their JSON, who must have signed them, what they name.
 *
 * Only what our repository writes: Ed25519 keys, SHA-256, consistent snapshots, one delegation. All
 * that is verified stands in `trust.ts`, in the order of the specification.
 *
 * Standard: The Update Framework 1.0, 4 (formats).
 */
import { type Bytes, fromHex, utf8 } from "./bytes.ts";
import { isObject, type Json, type JsonObject, parse } from "./canonical.ts";
import { Refusal } from "./errors.ts";
import { verifyEd25519 } from "./keys.ts";
import { readMoment, type Seconds } from "./time.ts";

const DIGEST = /^[0-9a-f]{64}$/;
const KEY_ID = /^[0-9a-f]{1,128}$/;
const MAX_SIGNATURES = 64;

export interface Role {
  type: string;
  version: number;
  expires: Seconds;
  signed: JsonObject;
  signatures: ReadonlyMap<string, Bytes>;
}

export interface Signers {
  keys: ReadonlyMap<string, Bytes>;
  keyIds: readonly string[];
  threshold: number;
}

/** A file that a role names. */
export interface FileMeta {
  length: number;
  sha256: string;
  version: number;
}

export function refusal(problem: string): Refusal {
  return new Refusal("TRUST_BUNDLE_REFUSED", `the trust pack is refused: ${problem}`);
}

/** Read a role of this kind; nothing is verified yet. */
export function openRole(data: Uint8Array, type: string): Role {
  const value = parse(data);
  const signed = isObject(value) ? value["signed"] : undefined;
  const signatures = isObject(value) ? value["signatures"] : undefined;
  if (!isObject(signed) || !Array.isArray(signatures) || signed["_type"] !== type) {
    throw refusal(`a file is no ${type} role`);
  }
  if (signatures.length > MAX_SIGNATURES) throw refusal("too many signatures");
  const expires = typeof signed["expires"] === "string" ? readMoment(signed["expires"]) : undefined;
  if (expires === undefined) throw refusal(`${type} does not say until when it serves`);
  return {
    type,
    version: integer(signed["version"], 1),
    expires,
    signed,
    signatures: readSignatures(signatures as readonly Json[]),
  };
}

function readSignatures(values: readonly Json[]): ReadonlyMap<string, Bytes> {
  const found = new Map<string, Bytes>();
  for (const value of values) {
    const keyId = isObject(value) ? value["keyid"] : undefined;
    const text = isObject(value) ? value["sig"] : undefined;
    const signature = typeof text === "string" ? fromHex(text) : undefined;
    if (typeof keyId !== "string" || signature === undefined || found.has(keyId)) {
      throw refusal("a signature without key, or two of one key");
    }
    found.set(keyId, signature);
  }
  return found;
}

/** Return who signs a role, as a root says it, or the targets role for its delegation. */
export function signersOf(delegator: Role, role: string): Signers {
  const { signed } = delegator;
  if (delegator.type === "root") {
    return readSigners(signed["keys"], member(member(signed["roles"], "roles")[role], role));
  }
  const delegation = delegationOf(delegator, role);
  return readSigners(member(signed["delegations"], "delegations")["keys"], delegation);
}

/** Return the one delegation of this name. */
export function delegationOf(targets: Role, role: string): JsonObject {
  const roles = member(targets.signed["delegations"], "delegations")["roles"];
  const all = Array.isArray(roles) ? (roles as readonly Json[]).filter(isObject) : [];
  const found = all.filter((one) => one["name"] === role);
  if (found.length !== 1) throw refusal(`there is not one delegation to ${role}`);
  return found[0] as JsonObject;
}

function readSigners(keys: Json | undefined, role: JsonObject): Signers {
  const keyIds = role["keyids"];
  if (!Array.isArray(keyIds) || !keyIds.every((id) => typeof id === "string" && KEY_ID.test(id))) {
    throw refusal("a role without key ids");
  }
  if (new Set(keyIds).size !== keyIds.length) throw refusal("a key id twice");
  const known = new Map<string, Bytes>();
  for (const [id, key] of Object.entries(member(keys, "keys"))) {
    if ((keyIds as string[]).includes(id)) known.set(id, readKey(key));
  }
  // One key under two names would count twice.
  if (new Set([...known.values()].map((key) => key.join())).size !== known.size) {
    throw refusal("a key under two names");
  }
  return { keys: known, keyIds: keyIds as string[], threshold: integer(role["threshold"], 1) };
}

function readKey(value: Json): Bytes {
  const key = member(value, "key");
  const text = member(key["keyval"], "keyval")["public"];
  const data = typeof text === "string" ? fromHex(text) : undefined;
  if (key["keytype"] !== "ed25519" || key["scheme"] !== "ed25519" || data?.length !== 32) {
    throw refusal("a key of another kind than Ed25519");
  }
  return data;
}

/** Return the ids of the keys that did sign a role. */
export async function goodSignatures(role: Role, signers: Signers): Promise<Set<string>> {
  const payload = utf8(canonical(role.signed));
  const good = new Set<string>();
  for (const id of signers.keyIds) {
    const key = signers.keys.get(id);
    const signature = role.signatures.get(id);
    if (key === undefined || signature === undefined) continue;
    if (await verifyEd25519(key, payload, signature)) good.add(id);
  }
  return good;
}

/** Demand as many right signatures as the delegator wants; return whose they are. */
export async function verifyRole(role: Role, delegator: Role): Promise<Set<string>> {
  const signers = signersOf(delegator, roleName(role, delegator));
  const good = await goodSignatures(role, signers);
  if (good.size < signers.threshold) {
    throw refusal(`${role.type} was signed by ${good.size} of ${signers.threshold} keys`);
  }
  return good;
}

function roleName(role: Role, delegator: Role): string {
  return delegator.type === "targets" ? "lists" : role.type;
}

/** Return what a role says of a file. */
export function fileMeta(value: Json | undefined, name: string, versioned: boolean): FileMeta {
  const meta = member(value, name);
  const sha256 = member(meta["hashes"], "hashes")["sha256"];
  if (typeof sha256 !== "string" || !DIGEST.test(sha256)) throw refusal(`${name} has no digest`);
  const version = versioned ? integer(meta["version"], 1) : 0;
  return { length: integer(meta["length"], 0), sha256, version };
}

/** Return the files that a targets role names, by path. */
export function targetsOf(role: Role): ReadonlyMap<string, FileMeta> {
  const targets = Object.entries(member(role.signed["targets"], "targets"));
  return new Map(targets.map(([path, meta]) => [path, fileMeta(meta, path, false)]));
}

export function member(value: Json | undefined, name: string): JsonObject {
  if (!isObject(value)) throw refusal(`${name} is missing`);
  return value;
}

function integer(value: Json | undefined, low: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < low) {
    throw refusal("a number is missing");
  }
  return value;
}

/**
 * Write a value as TUF signs it: sorted names, no blanks, and in texts nothing but quotation mark
 * and backslash escaped.
 *
 * Standard: OLPC canonical JSON, as The Update Framework 1.0, 4.2.1 names it.
 */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(",")}]`;
  if (typeof value === "string") return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${canonical(name)}:${canonical(value[name] as Json)}`);
  return `{${members.join(",")}}`;
}

/** Say whether a path fits a pattern of a delegation: `*` and `?` within one part of the path. */
export function fitsPattern(path: string, pattern: string): boolean {
  const [parts, patterns] = [path.split("/"), pattern.split("/")];
  return (
    parts.length === patterns.length &&
    parts.every((part, at) => {
      const wanted = (patterns[at] as string).replace(/[.+^${}()|[\]\\]/g, "\\$&");
      return new RegExp(`^${wanted.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s").test(part);
    })
  );
}

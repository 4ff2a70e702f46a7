/**
 * The trust pack: a TUF repository as files, walked from the first root to the lists.
 *
 * Every load verifies everything anew, for what lies in a phone's store was not necessarily written
 * by us. Expiry is no refusal but a fact, `metadataExpiredAt`, of which the status check speaks;
 * going back to an older state is refused by `memory`.
 *
 * Standard: The Update Framework 1.0, 5 (client workflow); DESIGN 3.4; `verifier/trust.py`.
 */
import { type Bytes, sha256Hex } from "./bytes.ts";
import { asRefusal, Refusal } from "./errors.ts";
import { type Memory, sawBundle, sawRole, sawTime } from "./memory.ts";
import { MAX_SIDE_BYTES, pageWanted } from "./side-list.ts";
import { type ListName, listPath, MAX_CWT_BYTES } from "./status-list.ts";
import { readMoment, type Seconds } from "./time.ts";
import { decodeBundle, MAX_BUNDLE_BYTES } from "./trust-bundle.ts";
import type { TrustBundle } from "./trust-types.ts";
import {
  delegationOf,
  type FileMeta,
  fileMeta,
  fitsPattern,
  member,
  openRole,
  refusal,
  type Role,
  targetsOf,
  verifyRole,
} from "./tuf.ts";

const MAX_ROOT_BYTES = 512 * 1024;
const MAX_TIMESTAMP_BYTES = 16 * 1024;
const MAX_SNAPSHOT_BYTES = 2 * 1024 * 1024;
const MAX_TARGETS_BYTES = 16 * 1024 * 1024;
const MAX_ROOT_VERSIONS = 1_024;
const BUNDLE = "bundle.json";
const LISTS = "lists";
const ISSUED_AT = "x-anzheng-issued-at";
const LIST_PATH =
  /^lists\/[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?\/[0-9A-HJ-NP-RT-UW-Y]{18}\/(?:(?:0|[1-9][0-9]{0,3})\.(?:cwt|jwt|side|side\.jwt)|aggregation\.json)$/;

/** Files by their path in the repository; `limit` is the most that anybody wants of one. */
export interface TrustFiles {
  get(path: string, limit: number): Promise<Bytes | undefined>;
}

export interface TrustStore {
  bundle: TrustBundle;
  newestSignedTime: Seconds;
  metadataExpiresAt: Seconds;
  /** When the timestamp role, or else the bundle, was signed: how old all this is. */
  issuedAt: Seconds;
  firstRoot: string;
  versions: readonly (readonly [string, number])[];
  /** The memory given, with what this store shows. */
  memory: Memory;
  /** Lists by path, as the lists role names them. */
  lists: ReadonlyMap<string, FileMeta>;
  /** Paths of all metadata and of the bundle; what is not named here or in `lists` nobody needs. */
  files: readonly string[];
  source: TrustFiles;
}

/** Read and verify a trust pack: TRUST_BUNDLE_REFUSED, or a code of `decodeBundle`. */
export async function loadTrust(
  source: TrustFiles,
  memory: Memory,
  firstRoot: string | undefined = memory.firstRoot,
): Promise<TrustStore> {
  try {
    return await new Walk(source, memory, firstRoot).load();
  } catch (error) {
    const found = asRefusal(error);
    if (found.code !== "JSON_SYNTAX" && found.code !== "INTERNAL") throw found;
    throw refusal(found.message);
  }
}

class Walk {
  private readonly versions: (readonly [string, number])[] = [];
  private readonly files: string[] = [];

  constructor(
    private readonly source: TrustFiles,
    private readonly memory: Memory,
    private readonly wantedRoot: string | undefined,
  ) {}

  async load(): Promise<TrustStore> {
    // 5.2, 5.3: the chain of roots.
    const [root, firstRoot] = await this.roots();
    // 5.4 to 5.6, without the checks of expiry.
    const timestampPath = "metadata/timestamp.json";
    const timestamp = openRole(await this.file(timestampPath, MAX_TIMESTAMP_BYTES), "timestamp");
    await this.verify(timestamp, root);
    const named = member(timestamp.signed["meta"], "meta")["snapshot.json"];
    const snapshotMeta = fileMeta(named, "snapshot.json", true);
    const snapshot = await this.role("snapshot", "snapshot", snapshotMeta, root, MAX_SNAPSHOT_BYTES);
    const targets = await this.targets("targets", snapshot, root);
    const lists = await this.targets(LISTS, snapshot, targets);
    // 5.7: the bundle now, lists when they are asked for.
    const bundle = await this.bundle(targets);
    const roles = [root, timestamp, snapshot, targets, lists];
    const issuedAt = issuedAtOf(timestamp, bundle);
    const newestSignedTime = Math.max(bundle.issuedAt, issuedAt);
    let memory = sawTime(sawBundle(this.memory, bundle.version), newestSignedTime);
    for (const [role, version] of this.versions) memory = sawRole(memory, role, version);
    return {
      bundle,
      newestSignedTime,
      metadataExpiresAt: Math.min(...roles.map((role) => role.expires)),
      issuedAt,
      firstRoot,
      versions: this.versions,
      memory: { ...memory, firstRoot },
      lists: listsOnly(lists, targets),
      files: [...this.files, timestampPath],
      source: this.source,
    };
  }

  private async roots(): Promise<[Role, string]> {
    const data = await this.file("metadata/1.root.json", MAX_ROOT_BYTES);
    const digest = await sha256Hex(data);
    if (this.wantedRoot !== undefined && this.wantedRoot !== digest) {
      throw refusal("its first root is not the one that is trusted here");
    }
    let root = openRole(data, "root");
    await verifyEach(root, root);
    this.files.push("metadata/1.root.json");
    for (let version = 2; ; version += 1) {
      if (version >= MAX_ROOT_VERSIONS) throw refusal("it has too many roots");
      const path = `metadata/${version}.root.json`;
      const next = await this.source.get(path, MAX_ROOT_BYTES);
      if (next === undefined) break;
      const following = openRole(limited(next, MAX_ROOT_BYTES, path), "root");
      // A new root is signed by the old keys and by its own (5.3.4).
      await verifyEach(following, root, following);
      if (following.version !== version) throw refusal(`root ${version} has another version inside`);
      root = following;
      this.files.push(path);
    }
    if (root.version !== Math.max(1, this.files.length)) throw refusal("the first root is not 1");
    this.see("root", root.version);
    return [root, digest];
  }

  private async targets(role: string, snapshot: Role, delegator: Role): Promise<Role> {
    const name = `${role}.json`;
    const meta = fileMeta(member(snapshot.signed["meta"], "meta")[name], name, true);
    return this.role(role, "targets", meta, delegator, MAX_TARGETS_BYTES);
  }

  private async role(
    name: string,
    type: string,
    meta: FileMeta,
    delegator: Role,
    limit: number,
  ): Promise<Role> {
    const path = `metadata/${meta.version}.${name}.json`;
    const data = await checked(await this.file(path, limit), meta, path);
    const role = openRole(data, type);
    await verifyRole(role, delegator);
    if (role.version !== meta.version) throw refusal(`${name} has another version than it is named with`);
    this.see(name, role.version);
    this.files.push(path);
    return role;
  }

  private async verify(role: Role, root: Role): Promise<void> {
    await verifyRole(role, root);
    this.see(role.type, role.version);
  }

  private async bundle(targets: Role): Promise<TrustBundle> {
    const meta = targetsOf(targets).get(BUNDLE);
    if (meta === undefined || meta.length > MAX_BUNDLE_BYTES) throw refusal("it has no trust bundle");
    const path = storedPath(BUNDLE, meta);
    const bundle = await decodeBundle(
      await checked(await this.file(path, MAX_BUNDLE_BYTES), meta, path),
    );
    if (bundle.version < this.memory.bundleVersion) {
      throw refusal(`its bundle ${bundle.version} is older than one already seen`);
    }
    this.files.push(path);
    return bundle;
  }

  private see(role: string, version: number): void {
    if (version < (this.memory.roles[role] ?? 0)) {
      throw refusal(`its ${role} ${version} is older than one already seen`);
    }
    this.versions.push([role, version]);
  }

  private async file(path: string, limit: number): Promise<Bytes> {
    const data = await this.source.get(path, limit);
    if (data === undefined) throw refusal(`${path} is missing`);
    return limited(data, limit, path);
  }
}

/** Demand that every signature of a root is right, not only enough of them. */
async function verifyEach(role: Role, ...delegators: readonly Role[]): Promise<void> {
  const right = new Set<string>();
  for (const delegator of delegators) {
    for (const id of await verifyRole(role, delegator)) right.add(id);
  }
  if (right.size !== role.signatures.size) {
    throw refusal("a root bears a signature that is wrong or of a stranger");
  }
}

function limited(data: Bytes, limit: number, path: string): Bytes {
  if (data.length > limit) throw refusal(`${path} has more than ${limit} bytes`);
  return data;
}

/** Return the bytes if they are those that were signed for. */
async function checked(data: Bytes, meta: FileMeta, path: string): Promise<Bytes> {
  if (data.length !== meta.length || (await sha256Hex(data)) !== meta.sha256) {
    throw refusal(`${path} is not the file that was signed for`);
  }
  return data;
}

/** Return where a target lies: its digest stands before its name, so it never changes. */
export function storedPath(path: string, meta: FileMeta): string {
  const at = path.lastIndexOf("/") + 1;
  return `targets/${path.slice(0, at)}${meta.sha256}.${path.slice(at)}`;
}

function issuedAtOf(timestamp: Role, bundle: TrustBundle): Seconds {
  const text = timestamp.signed[ISSUED_AT];
  if (text === undefined) return bundle.issuedAt;
  const moment = typeof text === "string" ? readMoment(text) : undefined;
  if (moment === undefined) throw refusal("the timestamp role does not say when it was signed");
  return moment;
}

/** The online key may name lists, and nothing else; above all no path that leads elsewhere. */
function listsOnly(lists: Role, targets: Role): ReadonlyMap<string, FileMeta> {
  const patterns = delegationOf(targets, LISTS)["paths"];
  const allowed = Array.isArray(patterns) ? patterns.filter((one) => typeof one === "string") : [];
  const named = [...targetsOf(lists)].filter(
    ([path]) => LIST_PATH.test(path) && allowed.some((pattern) => fitsPattern(path, pattern)),
  );
  return new Map(named);
}

// ---------------------------------------------------------------- lists of a store

/** Return a list by its path, undefined where the store has none; STATUS_LIST_REFUSED for another file. */
export async function listFile(
  trust: TrustStore,
  path: string,
  limit: number,
): Promise<Bytes | undefined> {
  const meta = trust.lists.get(path);
  if (meta === undefined || meta.length > limit) return undefined;
  const data = await trust.source.get(storedPath(path, meta), limit);
  if (data === undefined) return undefined;
  if (data.length !== meta.length || (await sha256Hex(data)) !== meta.sha256) {
    throw new Refusal("STATUS_LIST_REFUSED", `${path} is not the file that was signed for`);
  }
  return data;
}

/** A status list and its side list as they lie in the store; empty bytes stand for a refused one. */
export interface ListTokens {
  cwt: Bytes | undefined;
  side: Bytes | undefined;
  page: Bytes | undefined;
}

export async function storedLists(
  trust: TrustStore,
  name: ListName,
  index: number,
): Promise<ListTokens> {
  const get = async (suffix: string, limit: number): Promise<Bytes | undefined> => {
    try {
      return await listFile(trust, `${listPath(name)}.${suffix}`, limit);
    } catch {
      return new Uint8Array();
    }
  };
  const cwt = await get("cwt", MAX_CWT_BYTES);
  const side = await get("side", MAX_SIDE_BYTES);
  const digest = side === undefined ? undefined : pageWanted(side, index);
  const page =
    digest === undefined
      ? undefined
      : await trust.source.get(pagePath(name, digest), MAX_SIDE_BYTES);
  return { cwt, side, page };
}

/** Return where a page of a side list lies; its digest names it. */
export function pagePath(name: { registry: string; authority: string }, digest: Uint8Array): string {
  const text = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `pages/${name.registry}/${name.authority}/${text}.page`;
}

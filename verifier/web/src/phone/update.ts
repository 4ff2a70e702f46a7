/**
 * Brings a new trust pack onto the phone, from the service or from a file: all of it, or nothing.
 *
 * 1. The walk of `core/trust.ts` over the new files; of the stored ones only what has a version or
 *    digest in its name is used again.
 * 2. Every list that a verifier reads, and the pages of side lists, each held against its digest.
 * 3. One transaction puts files and memory in the place of the old ones.
 *
 * Standard: The Update Framework 1.0, 5.
 */
import { type Bytes, equal, sha256 } from "../core/bytes.ts";
import { Refusal } from "../core/errors.ts";
import type { Memory } from "../core/memory.ts";
import { MAX_SIDE_BYTES, pagesNamed } from "../core/side-list.ts";
import { MAX_CWT_BYTES } from "../core/status-list.ts";
import type { Seconds } from "../core/time.ts";
import { listFile, loadTrust, pagePath, storedPath, type TrustFiles, type TrustStore } from "../core/trust.ts";
import type { PhoneStore } from "./store.ts";

/** Most that a pack may take on a phone: some four hundred shards. */
export const MAX_PACK_BYTES = 128 * 1024 * 1024;
const VERSIONED = /^(?:metadata\/[1-9][0-9]*\.[a-z]+\.json|targets\/.*[0-9a-f]{64}\..*|pages\/.*)$/;
const LIST = /^lists\/([^/]+)\/([^/]+)\/[0-9]+\.(cwt|side)$/;
const FIRST = /^metadata\/(?:1\.root|timestamp)\.json$/;
const AT_ONCE = 4;

/** Files of the walk: from the new source, or from the store where the name fixes the content. */
class Staged implements TrustFiles {
  readonly taken = new Map<string, Bytes>();

  constructor(
    private readonly fresh: TrustFiles,
    private readonly stored: TrustFiles | undefined,
  ) {}

  async get(path: string, limit: number): Promise<Bytes | undefined> {
    const known = this.taken.get(path);
    if (known !== undefined) return known;
    const found = (await this.again(path, limit)) ?? (await this.fresh.get(path, limit));
    if (found !== undefined) this.taken.set(path, found);
    return found;
  }

  private async again(path: string, limit: number): Promise<Bytes | undefined> {
    return VERSIONED.test(path) ? this.stored?.get(path, limit) : undefined;
  }
}

export interface Update {
  store: TrustStore;
  files: ReadonlyMap<string, Bytes>;
}

/** Called with how many of how many lists are here. */
export type Progress = (done: number, all: number) => void;

/** Fetch and verify a whole pack; nothing is stored yet. */
export async function collect(
  fresh: TrustFiles,
  stored: TrustFiles | undefined,
  memory: Memory,
  progress: Progress = () => undefined,
): Promise<Update> {
  try {
    return await collectOnce(new Staged(fresh, stored), memory, progress);
  } catch (error) {
    if (stored === undefined || !(error instanceof Refusal)) throw error;
    // A damaged store must not stand in the way of a good pack.
    return collectOnce(new Staged(fresh, undefined), memory, progress);
  }
}

async function collectOnce(staged: Staged, memory: Memory, progress: Progress): Promise<Update> {
  const store = await loadTrust(staged, memory);
  const wanted = [...store.lists].filter(([path]) => LIST.test(path));
  const size = wanted.reduce((sum, [, meta]) => sum + meta.length, 0);
  if (size > MAX_PACK_BYTES) throw new Refusal("TOO_LARGE", "the pack is too large for a phone");
  let ready = 0;
  const waiting = [...wanted];
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      await collectList(store, staged, next[0]);
      ready += 1;
      progress(ready, wanted.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const named = new Set([
    ...store.files,
    ...wanted.map(([path, meta]) => storedPath(path, meta)),
    ...[...staged.taken.keys()].filter((path) => path.startsWith("pages/")),
  ]);
  return { store, files: new Map([...staged.taken].filter(([path]) => named.has(path))) };
}

async function collectList(store: TrustStore, staged: Staged, path: string): Promise<void> {
  const isSide = path.endsWith(".side");
  const data = await listFile(store, path, isSide ? MAX_SIDE_BYTES : MAX_CWT_BYTES);
  if (data === undefined) throw new Refusal("TRUST_UNAVAILABLE", `${path} is missing`);
  if (!isSide) return;
  const [, registry, authority] = LIST.exec(path) as unknown as [string, string, string];
  for (const digest of pagesNamed(data)) {
    if (digest === undefined) continue;
    const place = pagePath({ registry, authority }, digest);
    const page = await staged.get(place, MAX_SIDE_BYTES);
    if (page === undefined || !equal(await sha256(page), digest)) {
      throw new Refusal("TRUST_UNAVAILABLE", `${place} is missing`);
    }
  }
}

/** Put a collected pack into the phone's store. */
export async function keep(phone: PhoneStore, update: Update, now: Seconds): Promise<void> {
  const { store, files } = update;
  const before = await phone.memory();
  // A newer signature shows that it is later than that: an older mistake of the clock is over. The
  // same pack once more shows nothing, or setting the clock back would be as easy as importing.
  const isNewer = store.newestSignedTime > before.newestSignedTime;
  const newestClock = Math.max(Math.floor(now), store.newestSignedTime);
  const state = { updatedAt: Math.floor(now), ...(isNewer ? { newestClock } : {}) };
  await phone.replaceFiles(files, store.memory, state);
}

/** Return the files of a trust repository that is served at an address. */
export function servedAt(base: string, fetcher: typeof fetch = fetch): TrustFiles {
  return {
    get: async (path, limit) => {
      const response = await answer(fetcher, `${base}/${path}`);
      // The walk begins with these: without them there is no pack, which is not a bad pack.
      if (response.status === 404 && FIRST.test(path)) throw unavailable("the service has no pack");
      if (response.status === 404) return undefined;
      if (!response.ok) throw unavailable(`${path}: ${response.status}`);
      const length = Number(response.headers.get("content-length") ?? 0);
      if (length > limit) throw new Refusal("TRUST_BUNDLE_REFUSED", `${path} is too large`);
      return readAll(response, limit, path);
    },
  };
}

async function answer(fetcher: typeof fetch, address: string): Promise<Response> {
  try {
    return await fetcher(address, { cache: "no-store", redirect: "error", credentials: "omit" });
  } catch {
    throw unavailable("the service cannot be reached");
  }
}

async function readAll(response: Response, limit: number, path: string): Promise<Bytes> {
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const next = await reader?.read().catch(() => {
      throw unavailable(`${path} was cut off`);
    });
    if (next?.value === undefined) break;
    size += next.value.length;
    if (size > limit) {
      await reader?.cancel();
      throw new Refusal("TRUST_BUNDLE_REFUSED", `${path} is too large`);
    }
    chunks.push(next.value);
  }
  const data = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    data.set(chunk, at);
    at += chunk.length;
  }
  return data;
}

function unavailable(message: string): Refusal {
  return new Refusal("TRUST_UNAVAILABLE", message);
}

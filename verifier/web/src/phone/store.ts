/**
 * What the page keeps on the phone: the trust pack as files, the memory, the newest time of its own
 * clock, the open question. One IndexedDB database; a pack and its memory change in one transaction,
 * so a crash leaves the old state or the new one.
 */
import { type Bytes, owned } from "../core/bytes.ts";
import { decodeMemory, encodeMemory, type Memory, merged, NOTHING_SEEN } from "../core/memory.ts";
import type { Seconds } from "../core/time.ts";
import type { TrustFiles } from "../core/trust.ts";

const NAME = "anzheng-offline";
const VERSION = 1;
const FILES = "files";
const STATE = "state";

/** Values of the state by name. */
export interface State {
  /** Newest time that this phone's clock ever showed. */
  newestClock: Seconds;
  /** When the pack was last compared with its source, by this phone's clock. */
  updatedAt: Seconds;
  /** Our open question (bytes of the Q1 object); it takes one answer. */
  question: Bytes;
  /** Who asks, as holders see it. */
  audience: string;
  profile: string;
  lang: string;
}

export class PhoneStore {
  private constructor(private readonly database: IDBDatabase) {}

  static async open(factory: IDBFactory = indexedDB, name = NAME): Promise<PhoneStore> {
    const request = factory.open(name, VERSION);
    request.onupgradeneeded = (): void => {
      request.result.createObjectStore(FILES);
      request.result.createObjectStore(STATE);
    };
    const database = await done(request);
    // Another tab brings a newer release: it must not wait for this one.
    database.onversionchange = (): void => database.close();
    return new PhoneStore(database);
  }

  close(): void {
    this.database.close();
  }

  /** Return the stored pack as files; each is verified anew by whoever loads it. */
  files(): TrustFiles {
    return {
      get: async (path) => {
        const found: unknown = await done(this.store(FILES, "readonly").get(path));
        return found instanceof Uint8Array ? owned(found) : undefined;
      },
    };
  }

  async paths(): Promise<string[]> {
    return (await done(this.store(FILES, "readonly").getAllKeys())).map(String);
  }

  /** Put a whole pack in the place of the one before, and its memory with it. */
  async replaceFiles(
    files: ReadonlyMap<string, Bytes>,
    memory: Memory,
    state: Partial<State>,
  ): Promise<void> {
    const work = this.database.transaction([FILES, STATE], "readwrite", { durability: "strict" });
    const store = work.objectStore(FILES);
    store.clear();
    for (const [path, data] of files) store.put(data, path);
    await remember(work.objectStore(STATE), memory);
    for (const [key, value] of Object.entries(state)) work.objectStore(STATE).put(value, key);
    await finished(work);
  }

  /** Return what was seen; a damaged memory is refused (TRUST_BUNDLE_REFUSED), not forgotten. */
  async memory(): Promise<Memory> {
    return readMemory(await done(this.store(STATE, "readonly").get("memory")));
  }

  /** Add to the memory what was learned; what another tab learned in between stays. */
  async learn(memory: Memory): Promise<void> {
    const work = this.database.transaction([STATE], "readwrite", { durability: "strict" });
    await remember(work.objectStore(STATE), memory);
    await finished(work);
  }

  async get<K extends keyof State>(key: K): Promise<State[K] | undefined> {
    const found: unknown = await done(this.store(STATE, "readonly").get(key));
    return found as State[K] | undefined;
  }

  async set<K extends keyof State>(key: K, value: State[K] | undefined): Promise<void> {
    const work = this.database.transaction([STATE], "readwrite", { durability: "strict" });
    if (value === undefined) work.objectStore(STATE).delete(key);
    else work.objectStore(STATE).put(value, key);
    await finished(work);
  }

  /** Return the newest time that the clock ever showed before, and keep the present one if it is newer. */
  async sawClock(now: Seconds): Promise<Seconds | undefined> {
    const work = this.database.transaction([STATE], "readwrite");
    const store = work.objectStore(STATE);
    const before: unknown = await done(store.get("newestClock"));
    const known = typeof before === "number" ? before : undefined;
    if (known === undefined || now > known) store.put(Math.floor(now), "newestClock");
    await finished(work);
    return known;
  }

  /** Take the open question away, so that it is answered once; undefined if another tab was first. */
  async takeQuestion(): Promise<Bytes | undefined> {
    const work = this.database.transaction([STATE], "readwrite", { durability: "strict" });
    const store = work.objectStore(STATE);
    const found: unknown = await done(store.get("question"));
    store.delete("question");
    await finished(work);
    return found instanceof Uint8Array ? owned(found) : undefined;
  }

  async erase(): Promise<void> {
    const work = this.database.transaction([FILES, STATE], "readwrite", { durability: "strict" });
    work.objectStore(FILES).clear();
    work.objectStore(STATE).clear();
    await finished(work);
  }

  private store(name: string, mode: IDBTransactionMode): IDBObjectStore {
    return this.database.transaction([name], mode).objectStore(name);
  }
}

async function remember(store: IDBObjectStore, memory: Memory): Promise<void> {
  const known = readMemory(await done(store.get("memory")));
  store.put(encodeMemory(merged(known, memory)), "memory");
}

function readMemory(found: unknown): Memory {
  return found === undefined ? NOTHING_SEEN : decodeMemory(found as Uint8Array);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = (): void => resolve(request.result);
    request.onerror = (): void => reject(request.error ?? new Error("the store failed"));
  });
}

function finished(work: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    work.oncomplete = (): void => resolve();
    work.onabort = (): void => reject(work.error ?? new Error("the store was full"));
    work.onerror = (): void => reject(work.error ?? new Error("the store failed"));
  });
}

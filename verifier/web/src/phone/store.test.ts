import "fake-indexeddb/auto";

import { beforeEach, describe, expect, it } from "vitest";

import { golden, refusedWith, trustFolder, vectorJson } from "../testing/goldens.ts";
import { type Bytes, flippedOnce } from "../testing/packs.ts";
import { fromBase64 } from "../core/bytes.ts";
import { NOTHING_SEEN, sawRole } from "../core/memory.ts";
import { loadTrust } from "../core/trust.ts";
import { Desk } from "./desk.ts";
import { packFiles } from "./pack.ts";
import { PhoneStore } from "./store.ts";
import { collect, keep, servedAt } from "./update.ts";
import { served, zipped } from "../testing/packs.ts";

const FOLDER = ["whole", "trust"];
const NOW = Date.parse("2026-11-21T04:10:00Z") / 1000;
let count = 0;
let store: PhoneStore;

beforeEach(async () => {
  count += 1;
  store = await PhoneStore.open(indexedDB, `test-${count}`);
});

const fresh = () => trustFolder(FOLDER);

describe("an update", () => {
  it("brings everything that a check needs, and it is verified anew from the store", async () => {
    const update = await collect(fresh(), undefined, NOTHING_SEEN);
    await keep(store, update, NOW);
    const found = await loadTrust(store.files(), await store.memory());
    expect(found.bundle.version).toBe(update.store.bundle.version);
    expect((await store.paths()).filter((path) => path.endsWith(".cwt")).length).toBe(2);
    expect((await store.memory()).firstRoot).toBe(update.store.firstRoot);
    expect(await store.get("updatedAt")).toBe(NOW);
  });

  it("is all or nothing: a missing or altered list leaves the old state", async () => {
    const good = await collect(fresh(), undefined, NOTHING_SEEN);
    await keep(store, good, NOW);
    const before = (await store.paths()).sort();
    const list = [...good.files.keys()].find((path) => path.endsWith(".cwt")) as string;
    const data = good.files.get(list) as Bytes;
    for (const [instead, code] of [
      [undefined, "TRUST_UNAVAILABLE"],
      [flippedOnce(data), "STATUS_LIST_REFUSED"],
    ] as const) {
      const bad = trustFolder(FOLDER, { [list]: instead });
      expect(await refusedWith(() => collect(bad, undefined, good.store.memory))).toBe(code);
    }
    expect((await store.paths()).sort()).toEqual(before);
  });

  it("refuses to go back, and another root", async () => {
    const { store: trust } = await collect(fresh(), undefined, NOTHING_SEEN);
    const ahead = sawRole(trust.memory, "timestamp", 99);
    expect(await refusedWith(() => collect(fresh(), undefined, ahead))).toBe("TRUST_BUNDLE_REFUSED");
    const other = trustFolder(["trust", "folder"]);
    expect(await refusedWith(() => collect(other, undefined, trust.memory))).toBe("TRUST_BUNDLE_REFUSED");
  });

  it("takes stored files again, and is not stopped by a damaged one", async () => {
    const good = await collect(fresh(), undefined, NOTHING_SEEN);
    await keep(store, good, NOW);
    const asked: string[] = [];
    const counted = {
      get: (path: string, limit: number) => {
        asked.push(path);
        return fresh().get(path, limit);
      },
    };
    await collect(counted, store.files(), good.store.memory);
    expect(asked).toContain("metadata/timestamp.json");
    expect(asked.some((path) => path.endsWith(".cwt"))).toBe(false);
    const damaged = new Map(good.files);
    for (const path of damaged.keys()) damaged.set(path, new Uint8Array([1]));
    await store.replaceFiles(damaged, good.store.memory, {});
    const again = await collect(fresh(), store.files(), good.store.memory);
    expect(again.files.size).toBe(good.files.size);
  });

  it("from a server that is away, silent or lying is refused", async () => {
    const base = "https://verifier.example/v1/trust";
    const good = await collect(servedAt(base, served(fresh())), undefined, NOTHING_SEEN);
    expect(good.store.bundle.version).toBeGreaterThan(0);
    const away = () => Promise.reject(new TypeError("failed to fetch"));
    expect(await refusedWith(() => collect(servedAt(base, away), undefined, NOTHING_SEEN))).toBe("TRUST_UNAVAILABLE");
    const empty = () => Promise.resolve(new Response("no", { status: 404 }));
    expect(await refusedWith(() => collect(servedAt(base, empty), undefined, NOTHING_SEEN))).toBe("TRUST_UNAVAILABLE");
    for (const status of [500, 503, 204]) {
      const broken = () => Promise.resolve(new Response(status === 204 ? null : "no", { status }));
      const code = await refusedWith(() => collect(servedAt(base, broken), undefined, NOTHING_SEEN));
      expect(["TRUST_UNAVAILABLE", "TRUST_BUNDLE_REFUSED"]).toContain(code);
    }
    const html = () => Promise.resolve(new Response("<html>portal</html>", { status: 200 }));
    expect(await refusedWith(() => collect(servedAt(base, html), undefined, NOTHING_SEEN))).toBe("TRUST_BUNDLE_REFUSED");
    const endless = () => {
      const body = new ReadableStream({ pull: (control) => control.enqueue(new Uint8Array(1 << 20)) });
      return Promise.resolve(new Response(body, { status: 200 }));
    };
    expect(await refusedWith(() => collect(servedAt(base, endless), undefined, NOTHING_SEEN))).toBe("TRUST_BUNDLE_REFUSED");
  });
});

describe("a pack in a file", () => {
  it.each([true, false])("is read, packed or not (%s), under whatever folder", async (packed) => {
    const good = await collect(fresh(), undefined, NOTHING_SEEN);
    const zip = await zipped(good.files, packed, "trust/");
    const found = await collect(packFiles(zip), undefined, NOTHING_SEEN);
    expect([...found.files.keys()].sort()).toEqual([...good.files.keys()].sort());
  });

  it("that is cut, altered, encrypted or no ZIP at all is refused", async () => {
    const good = await collect(fresh(), undefined, NOTHING_SEEN);
    const zip = await zipped(good.files, true, "");
    const read = (data: Bytes) => collect(packFiles(data), undefined, NOTHING_SEEN);
    expect(await refusedWith(() => read(zip.slice(0, -30)))).toBe("TRUST_BUNDLE_REFUSED");
    expect(await refusedWith(() => read(new Uint8Array(100)))).toBe("TRUST_BUNDLE_REFUSED");
    for (let at = 40; at < zip.length; at += Math.floor(zip.length / 60)) {
      const code = await refusedWith(() => read(flippedOnce(zip, at)));
      // Names, times and comments of the container are free; no file in it is.
      expect(["nothing", "TRUST_BUNDLE_REFUSED", "TRUST_UNAVAILABLE", "STATUS_LIST_REFUSED", "JSON_SYNTAX", "JSON_NOT_CANONICAL"]).toContain(code);
    }
    const twice = await zipped(good.files, true, "", true);
    expect(await refusedWith(() => read(twice))).toBe("TRUST_BUNDLE_REFUSED");
  });
});

describe("the desk", () => {
  const open = (clock: () => number = () => NOW) => Desk.open(clock, store, fresh());

  it("says how the data stand: none, fresh, ageing, stale, clock, refused", async () => {
    let now = NOW;
    const desk = await open(() => now);
    expect(desk.shown().standing).toBe("none");
    await desk.update();
    expect(desk.shown().standing).toBe("fresh");
    now = NOW + 2 * 3600;
    expect(desk.shown().standing).toBe("ageing");
    now = NOW + 30 * 3600;
    expect(desk.shown().standing).toBe("stale");
    now = NOW - 3600;
    expect(desk.shown().standing).toBe("clock");
    const [path] = (await store.paths()).filter((each) => each.endsWith(".root.json"));
    const files = new Map([[path as string, new Uint8Array([1, 2, 3])]]);
    await store.replaceFiles(files, NOTHING_SEEN, {});
    expect((await open()).shown().standing).toBe("refused");
  });

  it("checks a file, learns, and refuses without data", async () => {
    const desk = await open();
    const pdf = golden("whole", "good.pdf");
    expect(await refusedWith(() => desk.checkFile(pdf))).toBe("TRUST_UNAVAILABLE");
    await desk.update();
    const report = await desk.checkFile(pdf);
    expect([report.verdict, report.code]).toEqual(["undetermined", "NOT_CHECKED_ON_PHONE"]);
    expect(Object.keys((await store.memory()).lists).length).toBe(1);
    const revoked = await desk.checkFile(golden("whole", "revoked.pdf"));
    expect([revoked.verdict, revoked.code]).toEqual(["invalid", "STATUS_REVOKED"]);
  });

  it("knows a limited copy from a licence file", async () => {
    const desk = await open();
    await desk.update();
    const { cases } = vectorJson<{ cases: { input: { copy: string } }[] }>("copy.json");
    const copy = fromBase64(cases[0]?.input.copy ?? "") as Bytes;
    const report = await desk.checkFile(copy);
    // Made under another root: a forgery here, and judged as a copy.
    expect([report.assurance, report.verdict, report.code]).toEqual(["data", "invalid", "SIGNER_UNTRUSTED"]);
  });

  it("remembers its own clock, and only a newer signature heals it", async () => {
    let now = NOW + 3 * 86_400;
    const desk = await open(() => now);
    await desk.update();
    await desk.checkFile(golden("whole", "good.pdf"));
    now = NOW;
    const statusNow = async () => {
      const report = await desk.checkFile(golden("whole", "good.pdf"));
      const status = report.checks.find((check) => check.name === "status");
      return [status?.state, status?.code];
    };
    expect(await statusNow()).toEqual(["indeterminate", "CLOCK_SUSPECT"]);
    expect(desk.shown().standing).toBe("clock");
    // The same pack once more shows nothing about the time.
    await desk.update();
    expect(await statusNow()).toEqual(["indeterminate", "CLOCK_SUSPECT"]);
    const { store: trust, files } = await collect(fresh(), undefined, await store.memory());
    const newer = { ...trust, newestSignedTime: trust.newestSignedTime + 1 };
    await keep(store, { store: newer, files }, now);
    expect(await statusNow()).toEqual(["passed", "OK"]);
  });

  it("keeps a question until it is answered or withdrawn, and gives it away once", async () => {
    const desk = await open();
    const asked = await desk.askHolder("应急管理局(示例)", "现场检查", "https://v.example");
    expect(asked.text.startsWith("HTTPS://V.EXAMPLE/V#Q1")).toBe(true);
    expect((await desk.openQuestion("https://v.example"))?.text).toBe(asked.text);
    const taken = await Promise.all([store.takeQuestion(), store.takeQuestion()]);
    expect(taken.filter((one) => one !== undefined).length).toBe(1);
    expect(await desk.openQuestion("https://v.example")).toBeUndefined();
  });

  it("has what it had until a renewal is verified", async () => {
    const desk = await open();
    await desk.update();
    const seen = new Set<string>();
    let isDone = false;
    const renewed = desk.update().finally(() => (isDone = true));
    while (!isDone) {
      seen.add(desk.shown().standing);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await renewed;
    expect([...seen]).toEqual(["fresh"]);
  });

  it("checks again what a change of packs has run across", async () => {
    const files = store.files();
    let meanwhile: (() => Promise<void>) | undefined;
    store.files = () => ({
      get: async (path, limit) => {
        const change = path.endsWith(".cwt") ? meanwhile : undefined;
        if (change === undefined) return files.get(path, limit);
        meanwhile = undefined;
        await change();
        // The list of the pack before is gone.
        return undefined;
      },
    });
    const desk = await open();
    await desk.update();
    meanwhile = () => desk.update();
    const report = await desk.checkFile(golden("whole", "good.pdf"));
    expect(report.checks.find((check) => check.name === "status")?.state).toBe("passed");
    meanwhile = () => desk.erase();
    expect(await refusedWith(() => desk.checkFile(golden("whole", "good.pdf")))).toBe("TRUST_UNAVAILABLE");
  });

  it("forgets everything when told to", async () => {
    const desk = await open();
    await desk.update();
    await desk.erase();
    expect(desk.shown().standing).toBe("none");
    expect(await store.memory()).toEqual(NOTHING_SEEN);
    expect(await store.paths()).toEqual([]);
  });
});

describe("the memory in the store", () => {
  it("never falls, whoever writes last", async () => {
    const seen = sawRole(NOTHING_SEEN, "root", 5);
    await Promise.all([store.learn(seen), store.learn(NOTHING_SEEN), store.learn(sawRole(NOTHING_SEEN, "root", 3))]);
    expect((await store.memory()).roles["root"]).toBe(5);
  });
});

import { describe, expect, it } from "vitest";

import { flipped, golden, refusedWith, trustFolder } from "../testing/goldens.ts";
import { type Bytes, fromUtf8, utf8 } from "./bytes.ts";
import { decodeMemory, encodeMemory, type Memory, merged, NOTHING_SEEN, sawBundle, sawRole } from "./memory.ts";
import { decodeBundle } from "./trust-bundle.ts";
import { listFile, loadTrust } from "./trust.ts";

const FOLDER = ["trust", "folder"];
const WHOLE = ["whole", "trust"];
const REFUSED = "TRUST_BUNDLE_REFUSED";

const load = (instead: Record<string, Bytes | undefined> = {}, memory: Memory = NOTHING_SEEN) =>
  loadTrust(trustFolder(FOLDER, instead), memory);

describe("the trust pack", () => {
  it("loads, follows rotated roots and names its lists", async () => {
    const store = await load();
    expect(store.memory.roles["root"]).toBe(2);
    expect(store.bundle.version).toBeGreaterThan(0);
    expect([...store.lists.keys()].sort()).toEqual([
      "lists/cn-aqscxkz-test/1121000000TXT10121/0.cwt",
      "lists/cn-aqscxkz-test/1121000000TXT10121/0.side",
    ]);
    const list = await listFile(store, [...store.lists.keys()][0] as string, 320 * 1024);
    expect(list).toEqual(golden("trust", "good_list.cwt"));
  });

  it("refuses every changed byte of its metadata", async () => {
    const { files } = await load();
    expect(files.length).toBe(7);
    for (const path of files) {
      const data = golden(...FOLDER, path);
      for (const at of [3, Math.floor(data.length / 3), Math.floor(data.length / 2), data.length - 9]) {
        expect(await refusedWith(() => load({ [path]: flipped(data, at) })), `${path} ${at}`).not.toBe("nothing");
      }
    }
  });

  it("refuses what is missing, and a root that nobody signed", async () => {
    const { files } = await load();
    for (const path of files.filter((each) => !each.includes("2.root"))) {
      expect(await refusedWith(() => load({ [path]: undefined }))).toBe(REFUSED);
    }
    const second = fromUtf8(golden(...FOLDER, "metadata/2.root.json")) as string;
    const value = JSON.parse(second) as { signatures: unknown[] };
    for (let drop = 0; drop < value.signatures.length; drop += 1) {
      const fewer = { ...value, signatures: value.signatures.filter((_, at) => at !== drop) };
      const answer = await refusedWith(() =>
        load({ "metadata/2.root.json": utf8(JSON.stringify(fewer)) }),
      );
      // Some signatures more than the threshold stand there; none of them may be wrong.
      expect(["nothing", REFUSED]).toContain(answer);
    }
    const few = { ...value, signatures: value.signatures.slice(0, 1) };
    const answer = await refusedWith(() => load({ "metadata/2.root.json": utf8(JSON.stringify(few)) }));
    expect(answer).toBe(REFUSED);
  });

  it("refuses to go back", async () => {
    const store = await load();
    for (const [role, version] of store.versions) {
      const ahead = sawRole(store.memory, role, version + 1);
      expect(await refusedWith(() => load({}, ahead)), role).toBe(REFUSED);
    }
    const newer = sawBundle(store.memory, store.bundle.version + 1);
    expect(await refusedWith(() => load({}, newer))).toBe(REFUSED);
    expect(await refusedWith(() => load({}, store.memory))).toBe("nothing");
  });

  it("holds on to the first root", async () => {
    const store = await load();
    expect(await refusedWith(() => loadTrust(trustFolder(WHOLE), store.memory))).toBe(REFUSED);
    const wrong = "00".repeat(32);
    expect(await refusedWith(() => loadTrust(trustFolder(FOLDER), NOTHING_SEEN, wrong))).toBe(REFUSED);
  });

  it("says of a list that is not the one that was signed for", async () => {
    const store = await loadTrust(trustFolder(WHOLE), NOTHING_SEEN);
    const path = "lists/cn-aqscxkz-test/1121000000TXT10121/0.cwt";
    const other = { ...store, source: { get: () => Promise.resolve(utf8("another")) } };
    expect(await refusedWith(() => listFile(other, path, 320 * 1024))).toBe("STATUS_LIST_REFUSED");
    const none = { ...store, source: { get: () => Promise.resolve(undefined) } };
    expect(await listFile(none, path, 320 * 1024)).toBeUndefined();
  });
});

describe("the trust bundle", () => {
  it("reads the golden and refuses its bad twins", async () => {
    const bundle = await decodeBundle(golden("trust", "good_bundle.json"));
    expect(bundle.environment).toBe("test");
    for (const name of ["fail_bundle_field_unknown.json", "fail_bundle_key_id.json"]) {
      expect(await refusedWith(() => decodeBundle(golden("trust", name)))).toBe(REFUSED);
    }
    for (const name of ["bundle_4.json", "bundle_7.json"]) {
      const found = await decodeBundle(golden("chain", name));
      expect(found.registries[0]?.validators.length).toBeGreaterThan(0);
    }
  });
});

describe("the memory", () => {
  it("reads back as itself, never falls, and a damaged one is refused", async () => {
    const { memory } = await load();
    expect(decodeMemory(encodeMemory(memory))).toEqual(memory);
    expect(decodeMemory(encodeMemory(NOTHING_SEEN))).toEqual(NOTHING_SEEN);
    expect(merged(NOTHING_SEEN, memory)).toEqual(memory);
    expect(merged(memory, NOTHING_SEEN)).toEqual(memory);
    const data = encodeMemory(memory);
    expect(await refusedWith(() => decodeMemory(data.slice(1)))).toBe(REFUSED);
    expect(await refusedWith(() => decodeMemory(utf8("{}")))).toBe(REFUSED);
  });
});

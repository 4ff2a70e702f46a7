import { describe, expect, it } from "vitest";

import { flipped, golden, refusedWith } from "../testing/goldens.ts";
import { fromHex, sha256 } from "./bytes.ts";
import { decodePage, pageWanted, readFor, rowsOf } from "./side-list.ts";
import { decisive, type SideRow, wordOn } from "./status.ts";
import { decodeCwt, isAgeing, isStale, type ListName, listValue } from "./status-list.ts";
import { decodeBundle } from "./trust-bundle.ts";
import type { StatusKey } from "./trust-types.ts";

const bundle = await decodeBundle(golden("trust", "good_bundle.json"));
const authority = bundle.authorities[0] as (typeof bundle.authorities)[number];
const keys: readonly StatusKey[] = authority.statusKeys;
const name: ListName = {
  baseUri: authority.listBaseUri,
  registry: bundle.registries[0]?.id as string,
  authority: authority.id,
  shard: 0,
};
const decode = (file: string) => decodeCwt(golden("trust", file), keys, name);

describe("a status list", () => {
  it("says what it said", async () => {
    const list = await decode("good_list.cwt");
    const said = [0, 7, 101, 102, 103, 104, 105, 106].map((index) => listValue(list, index));
    expect(new Set(said)).toEqual(new Set(["valid", "suspended", "invalid"]));
    expect(listValue(list, 102)).toBe("invalid");
    expect(list.expiresAt - list.issuedAt).toBe(86_400);
    expect(isStale(list, list.expiresAt)).toBe(false);
    expect(isStale(list, list.expiresAt + 1)).toBe(true);
    expect(isAgeing(list, list.issuedAt + 3_601)).toBe(true);
  });

  it.each([
    ["fail_list_other_key.cwt", "COSE_SIGNATURE"],
    ["fail_list_other_shard.cwt", "STATUS_LIST_REFUSED"],
    ["fail_list_too_long.cwt", "STATUS_LIST_REFUSED"],
    ["fail_side_as_list.cwt", "COSE_SYNTAX"],
  ])("%s is refused as %s", async (file, code) => {
    expect(await refusedWith(() => decode(file))).toBe(code);
  });

  it("has no free byte", async () => {
    const data = golden("trust", "good_list.cwt");
    for (let at = 0; at < data.length; at += 1) {
      expect(await refusedWith(() => decodeCwt(flipped(data, at), keys, name)), String(at)).not.toBe("nothing");
    }
  });

  it("answers for no other shard", async () => {
    const list = await decode("good_list.cwt");
    for (const index of [-1, 1 << 20, 2 ** 32, 0.5]) {
      expect(await refusedWith(() => listValue(list, index))).toBe("STATUS_LIST_REFUSED");
    }
  });
});

describe("a side list", () => {
  const other: ListName = { ...name };

  it("belongs to its list and says why", async () => {
    const side = await readFor(golden("trust", "good_side.cbor"), undefined, 102, keys, other);
    expect(side.sequence).toBe(12);
    expect(side.listDigest).toEqual(await sha256(golden("trust", "good_list.cwt")));
    expect(rowsOf(side, 102).map((row) => row.word)).toEqual(["revoked"]);
    expect(rowsOf(side, 7).map((row) => row.word)).toContain("suspended");
  });

  it("in pages says the same", async () => {
    const [index, page] = [golden("lists", "good_index.cbor"), golden("lists", "good.page")];
    expect(pageWanted(index, 4)).toEqual(await sha256(page));
    const side = await readFor(index, page, 4, keys, other);
    expect(rowsOf(side, 4).length).toBeGreaterThan(0);
    const whole = await readFor(golden("lists", "good_side.cbor"), undefined, 4, keys, other);
    expect(rowsOf(whole, 4)).toEqual(rowsOf(side, 4));
    expect(await refusedWith(() => readFor(index, undefined, 4, keys, other))).toBe("STATUS_LIST_REFUSED");
    const digest = await sha256(page);
    expect(await refusedWith(() => decodePage(page, digest, other, 1))).toBe("STATUS_LIST_REFUSED");
  });

  it("has no free byte", async () => {
    const data = golden("trust", "good_side.cbor");
    for (let at = 0; at < data.length; at += 1) {
      const answer = await refusedWith(() => readFor(flipped(data, at), undefined, 102, keys, other));
      expect(answer, String(at)).not.toBe("nothing");
    }
  });
});

describe("the word on a day", () => {
  const row = (word: SideRow["word"], effectiveFrom: string, decidedAt: number): SideRow => ({
    index: 1,
    word,
    effectiveFrom,
    until: undefined,
    decidedAt,
    documentNo: "",
    ground: "",
    successor: word === "superseded" ? (fromHex("00".repeat(32)) as SideRow["successor"]) : undefined,
  });

  it("is the most negative final one, else the one decided last", () => {
    expect(wordOn([], "2026-11-22")).toBe("none");
    const rows = [row("suspended", "2026-01-01", 1), row("none", "2026-02-01", 2)];
    expect(wordOn(rows, "2026-01-15")).toBe("suspended");
    expect(wordOn(rows, "2026-03-01")).toBe("none");
    const ended = [row("revoked", "2026-01-01", 1), row("cancelled", "2026-02-01", 2)];
    expect(wordOn(ended, "2026-03-01")).toBe("revoked");
    expect(wordOn([row("rescinded", "2026-06-01", 1)], "2020-01-01")).toBe("rescinded");
    expect(decisive([row("revoked", "2026-06-01", 1)], "2026-05-31")).toBeUndefined();
  });
});

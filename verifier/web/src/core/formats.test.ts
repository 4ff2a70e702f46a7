import { describe, expect, it } from "vitest";

import { refusedWith } from "../testing/goldens.ts";
import { base64, type Bytes, compare, fromBase64, fromHex, hex, indexOf, sha256, utf8 } from "./bytes.ts";
import * as canonical from "./canonical.ts";
import * as cbor from "./cbor.ts";
import * as der from "./der.ts";
import { inflate } from "./inflate.ts";
import { isP256, verifyEd25519, verifyEd25519InScript } from "./keys.ts";
import { isLine } from "./text.ts";
import { dayOf, daysOf, momentText, readDay, readMoment, renewalDeadline, shanghaiDay } from "./time.ts";

const bytes = (text: string): Bytes => fromHex(text) as Bytes;

describe("deterministic CBOR", () => {
  it.each([
    ["00", 0],
    ["17", 23],
    ["1818", 24],
    ["1903e8", 1000],
    ["1bffffffffffffffff", 18446744073709551615n],
    ["20", -1],
    ["3903e7", -1000],
    ["f4", false],
    ["f6", null],
    ["6161", "a"],
    ["4401020304", bytes("01020304")],
    ["83010203", [1, 2, 3]],
  ])("%s reads and writes back", (text, value) => {
    expect(cbor.loads(bytes(text), { maxBytes: 100 })).toEqual(value);
    expect(hex(cbor.dumps(value as cbor.CborValue))).toBe(text);
  });

  it.each([
    ["1800", "CBOR_NOT_DETERMINISTIC"],
    ["1900ff", "CBOR_NOT_DETERMINISTIC"],
    ["1a0000ffff", "CBOR_NOT_DETERMINISTIC"],
    ["a2616201616101", "CBOR_NOT_DETERMINISTIC"],
    ["a2616101616101", "CBOR_SYNTAX"],
    ["f97e00", "CBOR_SYNTAX"],
    ["9fff", "CBOR_SYNTAX"],
    ["5fff", "CBOR_SYNTAX"],
    ["d2f6", "CBOR_SYNTAX"],
    ["61ff", "CBOR_SYNTAX"],
    ["9bffffffffffffffff", "CBOR_SYNTAX"],
    ["9a7fffffff", "CBOR_SYNTAX"],
    ["0000", "CBOR_SYNTAX"],
    ["", "CBOR_SYNTAX"],
    ["a1f400", "CBOR_SYNTAX"],
    ["81".repeat(17) + "00", "CBOR_SYNTAX"],
  ])("%s is refused as %s", async (text, code) => {
    expect(await refusedWith(() => cbor.loads(bytes(text), { maxBytes: 100 }))).toBe(code);
  });

  it("bounds bytes and items", async () => {
    expect(await refusedWith(() => cbor.loads(bytes("0000"), { maxBytes: 1 }))).toBe("TOO_LARGE");
    const many = cbor.dumps(Array.from({ length: 50 }, () => 0));
    expect(await refusedWith(() => cbor.loads(many, { maxBytes: 100, maxItems: 50 }))).toBe("CBOR_SYNTAX");
  });
});

describe("canonical JSON", () => {
  const read = (text: string) => canonical.loads(utf8(text), 1_000);

  it("reads what it writes", () => {
    const text = '{"a":[1,-2,true,null,"中\\n\\u0001𬭎"],"b":{}}';
    expect(new TextDecoder().decode(canonical.dumps(read(text)))).toBe(text);
  });

  it.each([
    ['{"b":1,"a":1}', "JSON_NOT_CANONICAL"],
    ['{"a": 1}', "JSON_NOT_CANONICAL"],
    ['"\\u0061"', "JSON_NOT_CANONICAL"],
    ['"\\/"', "JSON_NOT_CANONICAL"],
    ["-0", "JSON_NOT_CANONICAL"],
    ['{"a":1,"a":1}', "JSON_SYNTAX"],
    ["1.5", "JSON_SYNTAX"],
    ["1e3", "JSON_SYNTAX"],
    ["9007199254740992", "JSON_SYNTAX"],
    ['"\\ud800"', "JSON_SYNTAX"],
    ['"\\x"', "JSON_SYNTAX"],
    ["[1", "JSON_SYNTAX"],
    ["", "JSON_SYNTAX"],
    ["[".repeat(40) + "]".repeat(40), "JSON_SYNTAX"],
  ])("%s is refused as %s", async (text, code) => {
    expect(await refusedWith(() => read(text))).toBe(code);
  });

  it("is no door to the prototypes of objects", () => {
    const value = read('{"__proto__":{"x":1},"constructor":2}') as canonical.JsonObject;
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});

describe("DER", () => {
  it.each(["", "30", "3080", "308100", "30820001", "3002", "1f0100", "0000", "300100"])(
    "%s is refused",
    async (text) => {
      expect(await refusedWith(() => der.children(bytes(text)))).toBe("DER_SYNTAX");
    },
  );

  it("reads what it writes", () => {
    for (const id of ["2.25.106994047254865533506688737784672260562.1.1", "1.2.840.113549.1.7.2", "2.999.3"]) {
      expect(der.dotted(der.oid(id))).toBe(id);
    }
    for (const number of [0n, 127n, 128n, 65_537n, 2n ** 64n]) {
      expect(der.integerValue(der.integer(number))).toBe(number);
    }
  });

  it.each(["0200", "020180", "02020001"])("INTEGER %s is refused", async (text) => {
    expect(await refusedWith(() => der.integerValue(bytes(text)))).toBe("DER_SYNTAX");
  });
});

describe("unpacking", () => {
  const pack = async (data: Bytes): Promise<Bytes> => {
    const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  it("comes to its end, within the limit, with nothing after it", async () => {
    const data = utf8("安证".repeat(100));
    const packed = await pack(data);
    expect(inflate(packed, data.length)).toEqual({ data, whole: true });
    expect(inflate(packed, data.length - 1)?.whole).toBe(false);
    expect(inflate(new Uint8Array([...packed, 0]), 10_000)?.whole).toBe(false);
    expect(inflate(packed.slice(0, -1), 10_000)?.whole).toBe(false);
    const wrong = new Uint8Array(packed);
    wrong[wrong.length - 1] = (wrong.at(-1) as number) ^ 1;
    expect(inflate(wrong, 10_000)?.whole ?? false).toBe(false);
    expect(inflate(utf8("no zlib at all"), 10_000)?.whole ?? false).toBe(false);
    expect(inflate(new Uint8Array(), 10)?.whole ?? false).toBe(false);
  });

  it("stops a bomb early", async () => {
    const packed = await pack(new Uint8Array(32 * 1024 * 1024));
    const found = inflate(packed, 262_144);
    expect(found?.whole).toBe(false);
    expect(found?.data.length).toBe(262_144);
  });
});

describe("keys", () => {
  it("Ed25519 is the same with and without WebCrypto, RFC 8032 test 2", async () => {
    const key = bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    const signature = bytes(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
    const message = bytes("72");
    expect(await verifyEd25519(key, message, signature)).toBe(true);
    expect(verifyEd25519InScript(key, message, signature)).toBe(true);
    expect(await verifyEd25519(key, bytes("73"), signature)).toBe(false);
    expect(verifyEd25519InScript(key, bytes("73"), signature)).toBe(false);
    expect(await verifyEd25519(key, message, signature.slice(1))).toBe(false);
    // A small-order key would sign for everything.
    const weak = new Uint8Array(32);
    weak[0] = 1;
    const everything = new Uint8Array(64);
    everything[0] = 1;
    expect(verifyEd25519InScript(weak, message, everything)).toBe(false);
  });

  it("a P-256 key has one spelling", () => {
    expect(isP256(bytes("3059301306072a8648ce3d020106082a8648ce3d030107034200" + "04" + "11".repeat(64)))).toBe(true);
    expect(isP256(bytes("3039301306072a8648ce3d020106082a8648ce3d030107032200" + "02" + "11".repeat(32)))).toBe(false);
  });
});

describe("time and text", () => {
  it("moments and days have one spelling", () => {
    expect(momentText(readMoment("2026-11-21T08:00:00Z") as number)).toBe("2026-11-21T08:00:00Z");
    for (const text of ["2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T08:00:00+08:00", "1949-12-31T00:00:00Z", "2200-01-01T00:00:00Z"]) {
      expect(readMoment(text), text).toBeUndefined();
    }
    expect(readDay("2023-02-29")).toBeUndefined();
    expect(dayOf(daysOf("1950-01-01"))).toBe("1950-01-01");
    expect(shanghaiDay(readMoment("2026-11-21T16:00:00Z") as number)).toBe("2026-11-22");
    expect(shanghaiDay(readMoment("2026-11-21T15:59:59Z") as number)).toBe("2026-11-21");
    expect(renewalDeadline("2027-03-17")).toBe("2026-12-17");
    expect(renewalDeadline("2027-05-31")).toBe("2027-02-28");
    expect(renewalDeadline("2027-01-15")).toBe("2026-10-15");
  });

  it("texts are visible and stand alone", () => {
    expect(isLine("大连镕犇化工有限公司", 100)).toBe(true);
    expect(isLine("𬭎", 1)).toBe(true);
    for (const text of ["", " a", "a ", "a  b", "a\u200bb", "a\u202eb", "e\u0301", "a\nb", "\ue000", "\ufeffa"]) {
      expect(isLine(text, 100), JSON.stringify(text)).toBe(false);
    }
  });

  it("bytes compare, search and spell as Python does", async () => {
    expect(compare(bytes("01"), bytes("0100"))).toBeLessThan(0);
    expect(compare(bytes("ff"), bytes("01ff"))).toBeGreaterThan(0);
    expect(indexOf(utf8("aab"), utf8("ab"))).toBe(1);
    expect(indexOf(utf8("aab"), utf8("ac"))).toBe(-1);
    expect(fromBase64("AA==")).toEqual(bytes("00"));
    for (const text of ["AB==", "AA=", "AA", "A A=", "AA==\n"]) expect(fromBase64(text)).toBeUndefined();
    expect(base64(bytes("fbff"))).toBe("+/8=");
    expect(fromHex("AA")).toBeUndefined();
    expect(hex(await sha256(utf8("a"), utf8("bc")))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });
});

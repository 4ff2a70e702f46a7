import { describe, expect, it } from "vitest";

import { quotable, understand } from "./codes.ts";

const CODE = "Y3BGHZPS4B0DW47A1";

describe("understand", () => {
  it.each([
    `HTTPS://V.EXAMPLE/L/${CODE}`,
    `https://v.example/L/Y3BG-HZPS-4B0D-W47A-1`,
    `https://v.example/sub/L/${CODE}`,
    `https://v.example/#c=${CODE}`,
  ])("takes the look-up code out of a pointer: %s", (text) => {
    expect(understand(text).kind).toBe("code");
  });
  it.each([
    "https://v.example/L/short",
    `javascript:alert(1)/L/${CODE}`,
    `https://v.example/L/${CODE}/more`,
    `https://v.example/?next=/L/${CODE}`,
    "WIFI:S:net;P:secret;;",
    "",
  ])("takes nothing else: %s", (text) => {
    expect(understand(text).kind).toBe("other");
  });
  it("knows an object of ours, with or without an address", () => {
    const object = `P1${"A".repeat(80)}`;
    expect(understand(`HTTPS://V.EXAMPLE/V#${object}`).kind).toBe("object");
    expect(understand(object).kind).toBe("object");
  });
});

describe("quotable", () => {
  it("shows what hides or turns other words, and ends", () => {
    expect(quotable("a\u202egpj.exe\u200b\n\u2028x")).toBe("a\ufffdgpj.exe\ufffd\ufffd\ufffdx");
    expect(quotable("https://例.cn/?a=1&b=<b>")).toBe("https://例.cn/?a=1&b=<b>");
    expect(quotable("x".repeat(10_000)).length).toBe(500);
  });
});

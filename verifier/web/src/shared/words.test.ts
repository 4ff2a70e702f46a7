import { describe, expect, it } from "vitest";

import { advice, factValue, fullWidth, words } from "./words.ts";

describe("fullWidth", () => {
  it("sets Chinese sentences with the punctuation of print", () => {
    expect(fullWidth("不要采信;请再查(未经另存)。")).toBe("不要采信；请再查（未经另存）。");
    expect(fullWidth("示例,无法律效力 / Sample, no legal effect")).toBe(
      "示例，无法律效力 / Sample, no legal effect",
    );
  });
  it("leaves addresses and English alone", () => {
    expect(fullWidth("http://a.example/b?c=d, and (more)")).toBe("http://a.example/b?c=d, and (more)");
  });
});

describe("advice", () => {
  it("has words in both languages for every code", () => {
    for (const code of Object.keys(words.codes)) {
      const { meaning, todo } = advice(code);
      for (const said of [meaning, todo]) {
        expect(said.zh, code).not.toBe("");
        expect(said.en, code).not.toBe("");
      }
    }
  });
  it("says an unknown code as it is, as something that could not be checked", () => {
    expect(advice("NEWER_THAN_THIS_PAGE").class).toBe("missing");
  });
});

describe("factValue", () => {
  it("says words of ours in the language of the page, and leaves data alone", () => {
    expect(factValue("word", "suspended", "zh")).toBe("暂扣");
    expect(factValue("source", "trust", "en")).toBe("trust data");
    expect(factValue("enterprise_name", "suspended", "zh")).toBe("suspended");
    expect(factValue("word", "constructor", "zh")).toBe("constructor");
    expect(factValue("constructor", "name", "zh")).toBe("name");
  });
});

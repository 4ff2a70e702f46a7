import { describe, expect, it } from "vitest";

import { because, NoResult, send } from "./sending.ts";

describe("why there is no result", () => {
  it("blames what was typed only where something was typed", () => {
    expect(because(400, true)).toBe("problem_text");
    expect(because(400, false)).toBe("problem_other");
    expect(because(415, false)).toBe("problem_other");
  });

  it("says that it was busy or away, never that the file is bad", () => {
    expect([429, 503].map((status) => because(status, false))).toEqual(["problem_busy", "problem_busy"]);
    expect(because(408, false)).toBe("problem_offline");
    expect([200, 401, 403, 409, 422, 500].map((status) => because(status, true))).toEqual(
      Array.from({ length: 6 }, () => "problem_other"),
    );
  });

  it("does not send an empty file", async () => {
    const sent = send(new Blob([]), "", new AbortController().signal, () => undefined);
    await expect(sent).rejects.toEqual(new NoResult("problem_empty_file"));
  });
});

// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from "vitest";

import { forgetResult } from "./result.ts";

afterEach(() => vi.unstubAllGlobals());

function page(): HTMLButtonElement {
  document.body.innerHTML =
    '<main id="main"><button id="forget" data-address="/x" data-done="gone" data-failed="still there"></button></main>';
  return document.getElementById("forget") as HTMLButtonElement;
}

describe("deleting a result", () => {
  it("says when it was not deleted, and lets one try again", async () => {
    const button = page();
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 503 })));
    await forgetResult(button);
    await forgetResult(button);
    expect(document.querySelectorAll('[role="alert"]').length).toBe(1);
    expect(document.querySelector('[role="alert"]')?.textContent).toBe("still there");
    expect(button.disabled).toBe(false);
  });

  it("says when it is gone, also when it was gone before", async () => {
    for (const status of [204, 404]) {
      const button = page();
      vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status })));
      await forgetResult(button);
      expect(document.getElementById("main")?.textContent).toBe("gone");
    }
  });
});

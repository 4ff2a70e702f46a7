import { describe, expect, it } from "vitest";

import { Turns, unlessAborted } from "./turns.ts";

const never = new Promise<void>(() => undefined);

describe("a turn", () => {
  it("that is wanted ends one that hangs, and one that is not wanted gives way", async () => {
    const turns = new Turns();
    const told: string[] = [];
    const hanging = turns.take((signal) => unlessAborted(signal, never), false);
    const ended = hanging.catch((error: Error) => told.push(error.name));
    await turns.take(() => Promise.resolve(void told.push("not wanted")), false);
    await turns.take(() => Promise.resolve(void told.push("wanted")), true);
    await ended;
    expect(told.sort()).toEqual(["AbortError", "wanted"]);
  });

  it("waits until the one before has ended, whatever became of it", async () => {
    const turns = new Turns();
    const told: number[] = [];
    const slow = async (signal: AbortSignal): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      told.push(signal.aborted ? 1 : 0);
      throw new Error("no");
    };
    const first = turns.take(slow, true);
    const second = turns.take(() => Promise.resolve(void told.push(2)), true);
    await expect(first).rejects.toThrow("no");
    await second;
    expect(told).toEqual([1, 2]);
    await turns.take(() => Promise.resolve(void told.push(3)), false);
    expect(told).toEqual([1, 2, 3]);
  });

  it("that is aborted before it begins does not begin to wait", async () => {
    const stop = new AbortController();
    stop.abort();
    await expect(unlessAborted(stop.signal, never)).rejects.toThrow();
    await expect(unlessAborted(new AbortController().signal, Promise.resolve(4))).resolves.toBe(4);
  });
});

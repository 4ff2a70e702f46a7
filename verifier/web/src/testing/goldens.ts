/** Files that the tests of Python read too: `tests/compat/v1` and `tests/assets`. */
import { readFileSync, existsSync } from "node:fs";
import { join } from "node:path";

import type { Bytes } from "../core/bytes.ts";
import type { TrustFiles } from "../core/trust.ts";

const TESTS = join(import.meta.dirname, "../../../../tests");

export function golden(...path: readonly string[]): Bytes {
  return new Uint8Array(readFileSync(join(TESTS, "compat/v1", ...path)));
}

export function goldenJson<T>(...path: readonly string[]): T {
  return JSON.parse(readFileSync(join(TESTS, "compat/v1", ...path), "utf8")) as T;
}

export function vectorJson<T>(name: string): T {
  return JSON.parse(readFileSync(join(TESTS, "assets/vectors", name), "utf8")) as T;
}

/** Return a trust folder of the goldens, with files put in the place of others. */
export function trustFolder(
  path: readonly string[],
  instead: Readonly<Record<string, Bytes | undefined>> = {},
): TrustFiles {
  return {
    get: (name) => {
      if (name in instead) return Promise.resolve(instead[name]);
      const place = join(TESTS, "compat/v1", ...path, name);
      return Promise.resolve(existsSync(place) ? new Uint8Array(readFileSync(place)) : undefined);
    },
  };
}

/** Return the code with which something is refused, or "nothing" if it is not. */
export async function refusedWith(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "nothing";
}

/** Return a copy with one bit changed. */
export function flipped(data: Bytes, at: number): Bytes {
  const copy = new Uint8Array(data);
  const place = at < 0 ? copy.length + at : at;
  copy[place] = (copy[place] as number) ^ 1;
  return copy;
}

import type { TrustStore } from "../core/trust.ts";

/** Return how many status lists a pack names. */
export function listUriCount(trust: TrustStore): number {
  return [...trust.lists.keys()].filter((path) => path.endsWith(".cwt")).length;
}

// The service's trust folder, read file by file and verified in the browser.
import type { Bytes } from "../core/bytes.ts";
import { NOTHING_SEEN } from "../core/memory.ts";
import { loadTrust, type TrustFiles, type TrustStore } from "../core/trust.ts";

const BASE = "/v1/trust/";

/** Fetch and verify the trust data; TRUST_BUNDLE_REFUSED, or the network's error. */
export function openTrust(): Promise<TrustStore> {
  return loadTrust(FETCHED, NOTHING_SEEN);
}

const FETCHED: TrustFiles = {
  async get(path: string, limit: number): Promise<Bytes | undefined> {
    const answer = await fetch(BASE + path, { credentials: "omit" });
    if (answer.status === 404) return undefined;
    if (!answer.ok || answer.body === null) throw new Error(`${path}: ${answer.status}`);
    return bounded(answer.body, limit);
  },
};

async function bounded(body: ReadableStream<Uint8Array>, limit: number): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new Error("more than the limit");
    }
    parts.push(value);
  }
  const data = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}

/**
 * Unpacks zlib with a limit: 512 MB of zeros pack into 500 kB, so the output is counted as it comes.
 *
 * Standard: RFC 1950. The work is done by pako, which also checks the sum at the end.
 */
import { Inflate } from "pako";

import { type Bytes, concat } from "./bytes.ts";

export interface Unpacked {
  data: Bytes;
  /** Whether the stream came to its end within the limit, and nothing follows it. */
  whole: boolean;
}

class Enough extends Error {}

/** Return what comes out, at most `limit` bytes of it; undefined for what is no zlib. */
export function inflate(packed: Uint8Array, limit: number): Unpacked | undefined {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stream = new Inflate({ windowBits: 15, chunkSize: Math.min(limit + 1, 1 << 16) });
  stream.onData = (chunk: Uint8Array): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > limit) throw new Enough();
  };
  try {
    stream.push(packed, true);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    return { data: concat(...chunks).slice(0, limit), whole: false };
  }
  if (stream.err !== 0 && size === 0) return undefined;
  const left = (stream as unknown as { strm: { avail_in: number } }).strm.avail_in;
  return { data: concat(...chunks), whole: stream.err === 0 && stream.ended && left === 0 };
}

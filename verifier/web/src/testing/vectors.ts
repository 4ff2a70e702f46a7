/** Trust stores and questions as the vectors in `tests/assets/vectors` state them. */
import { type Bytes, fromBase64, sha256Hex, utf8 } from "../core/bytes.ts";
import { type Memory, NOTHING_SEEN } from "../core/memory.ts";
import { type Question, readQuestion } from "../core/qr.ts";
import { readText } from "../core/qr-text.ts";
import { readMoment } from "../core/time.ts";
import { decodeBundle } from "../core/trust-bundle.ts";
import { storedPath, type TrustStore } from "../core/trust.ts";
import type { FileMeta } from "../core/tuf.ts";
import type { Ask } from "../core/verify-qr.ts";

export interface VectorTrust {
  bundle: string;
  newest_signed_time: string;
  metadata_expired_at: string | null;
  lists: {
    registry: string;
    authority: string;
    shard: number;
    cwt: string | null;
    side: string | null;
  }[];
}

export interface VectorAsk {
  now: string;
  on?: string;
  accept_stale_hours?: number;
  challenge?: string;
  purpose?: string;
  recipient?: string;
  question?: string;
}

export interface VectorCase {
  name: string;
  trust: string;
  input: Record<string, string>;
  ask: VectorAsk;
  memory?: { newest_signed_time?: string; lists?: { uri: string; issued_at: string }[] };
  expect: { verdict: string; code: string };
}

export interface Vectors {
  trusts: Record<string, VectorTrust>;
  cases: VectorCase[];
}

export function moment(text: string): number {
  return readMoment(text) as number;
}

/** Return a trust store that holds what a vector says, as if a walk had found it. */
export async function storeOf(vector: VectorTrust): Promise<TrustStore> {
  const files = new Map<string, Bytes>();
  const lists = new Map<string, FileMeta>();
  for (const one of vector.lists) {
    for (const [suffix, text] of Object.entries({ cwt: one.cwt, side: one.side })) {
      if (text === null || text === undefined) continue;
      const data = fromBase64(text) as Bytes;
      const meta = { length: data.length, sha256: await sha256Hex(data), version: 0 };
      const path = `lists/${one.registry}/${one.authority}/${one.shard}.${suffix}`;
      lists.set(path, meta);
      files.set(storedPath(path, meta), data);
    }
  }
  const newestSignedTime = Date.parse(vector.newest_signed_time) / 1000;
  const expired = vector.metadata_expired_at;
  return {
    bundle: await decodeBundle(utf8(vector.bundle)),
    newestSignedTime,
    metadataExpiresAt: expired === null ? Number.MAX_SAFE_INTEGER : moment(expired),
    issuedAt: newestSignedTime,
    firstRoot: "00".repeat(32),
    versions: [],
    memory: NOTHING_SEEN,
    lists,
    files: [],
    source: { get: (path) => Promise.resolve(files.get(path)) },
  };
}

export function askOf({ ask }: VectorCase): Ask {
  return {
    now: moment(ask.now),
    policy: { name: "vector", acceptStaleHours: ask.accept_stale_hours ?? 0 },
    ...(ask.on === undefined ? {} : { on: ask.on }),
    ...(ask.challenge === undefined ? {} : { challenge: ask.challenge }),
    ...(ask.purpose === undefined ? {} : { purpose: ask.purpose }),
    ...(ask.recipient === undefined ? {} : { recipient: ask.recipient }),
    ...(ask.question === undefined ? {} : { question: questionOf(ask.question) }),
  };
}

function questionOf(text: string): Question {
  return readQuestion(readText(text).data);
}

export function memoryOf({ memory }: VectorCase): Memory {
  const lists = (memory?.lists ?? []).map(({ uri, issued_at }) => [uri, moment(issued_at)]);
  const newest = memory?.newest_signed_time;
  return {
    ...NOTHING_SEEN,
    lists: Object.fromEntries(lists) as Record<string, number>,
    newestSignedTime: newest === undefined ? 0 : moment(newest),
  };
}

/** Whatever bytes come, a decoder answers with a refusal of its own, or with a value; never otherwise. */
import { describe, expect, it } from "vitest";

import { golden } from "../testing/goldens.ts";
import { type Bytes, fromLatin1, latin1 } from "./bytes.ts";
import * as canonical from "./canonical.ts";
import * as cbor from "./cbor.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { parseCms } from "./cms.ts";
import { readCopy } from "./copy.ts";
import * as der from "./der.ts";
import { Refusal } from "./errors.ts";
import { readEvidence } from "./evidence.ts";
import { readContainer } from "./hole.ts";
import { inflate } from "./inflate.ts";
import { readLicence } from "./licence-json.ts";
import { decodeMemory } from "./memory.ts";
import { readAnswer, readPrinted, readQuestion, readScreen, unpackCard } from "./qr.ts";
import { isObjectText, readText } from "./qr-text.ts";
import * as rlp from "./rlp.ts";
import { pagesNamed } from "./side-list.ts";
import { streams } from "./streams.ts";
import { verifyToken } from "./timestamp.ts";
import { decodeBundle } from "./trust-bundle.ts";
import { openRole } from "./tuf.ts";
import { loadCertificate } from "./x509.ts";

const LIMITS = { size: 10_000, depth: 8, items: 500 };
const DECODERS: Readonly<Record<string, (data: Bytes) => unknown>> = {
  cbor: (data) => cbor.loads(data, { maxBytes: 100_000, tags: [18] }),
  json: (data) => canonical.loads(data, 100_000),
  der: (data) => der.children(data),
  rlp: (data) => rlp.loads(data, LIMITS),
  certificate: loadCertificate,
  cms: parseCms,
  container: readContainer,
  streams: (data) => [...streams(data)].length,
  token: (data) => verifyToken(data, new Uint8Array(3), []),
  checkpoint: parseCheckpoint,
  evidence: readEvidence,
  role: (data) => openRole(data, "root"),
  bundle: decodeBundle,
  memory: decodeMemory,
  licence: readLicence,
  pages: pagesNamed,
  inflated: (data) => inflate(data, 4_096),
  printed: readPrinted,
  screen: readScreen,
  answer: readAnswer,
  question: readQuestion,
  card: unpackCard,
  copy: readCopy,
  text: (data) => (isObjectText(latin1(data)) ? readText(latin1(data)) : undefined),
};
const SEEDS: readonly Bytes[] = [
  golden("proof", "anchored.cms.der"),
  golden("proof", "evidence.cbor"),
  golden("proof", "checkpoint.txt"),
  golden("chain", "evidence_qbft.cbor"),
  golden("trust", "good_list.cwt"),
  golden("trust", "good_bundle.json"),
  golden("trust", "folder", "metadata", "1.root.json"),
  golden("licence", "good_full.json"),
  fromLatin1("HTTPS://V.EXAMPLE/V#P1NBSWY3DPEB3W64TMMQNBSWY3DPEB3W64TMMQNBSWY3DPEB3W64TMMQNBSWY3DPEB3W"),
  new Uint8Array(),
];

/** The same numbers in every run (mulberry32): what fails once fails again. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutated(seed: Bytes, next: (below: number) => number): Bytes {
  const data = [...seed.subarray(0, 4_000)];
  for (let times = 1 + next(6); times > 0; times -= 1) {
    const at = next(data.length + 1);
    const kind = next(4);
    if (kind === 0) data[Math.min(at, Math.max(0, data.length - 1))] = next(256);
    else if (kind === 1) data.splice(at, 1 + next(40));
    else if (kind === 2) data.splice(at, 0, ...Array.from({ length: 1 + next(8) }, () => next(256)));
    else data.splice(at, 0, ...data.slice(at, at + next(60)));
  }
  return new Uint8Array(data);
}

describe("decoders", () => {
  it.each(Object.entries(DECODERS))("%s refuses in its own words", async (_, decode) => {
    const next = numbers(4711);
    for (let round = 0; round < 300; round += 1) {
      const data = mutated(SEEDS[round % SEEDS.length] as Bytes, next);
      try {
        await decode(data);
      } catch (error) {
        expect(error, latin1(data).slice(0, 80)).toBeInstanceOf(Refusal);
      }
    }
  });
});

/** Whatever bytes come, a decoder answers with a refusal of its own, or with a value; never otherwise. */
import { describe, expect, it } from "vitest";

import { golden, vectorJson } from "../testing/goldens.ts";
import { type Bytes, fromLatin1, latin1 } from "./bytes.ts";
import * as canonical from "./canonical.ts";
import * as cbor from "./cbor.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { parseCms } from "./cms.ts";
import { readCopy, revocationValues } from "./copy.ts";
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
import { kindOf } from "./revocation.ts";
import { pagesNamed } from "./side-list.ts";
import { readPublicKey } from "./signatures.ts";
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
  key: readPublicKey,
  kind: kindOf,
  revocation: revocationValues,
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

interface Vectors {
  readonly cases: readonly { readonly input: { readonly text: string }; readonly expect: { readonly code: string } }[];
}
const CODES = vectorJson<Vectors>("qr.json")
  .cases.filter((one) => one.expect.code === "OK")
  .map((one) => one.input.text);
const OBJECTS = CODES.map((text) => readText(text).data);
const CERTIFICATE = (await parseCms(golden("proof", "anchored.cms.der"))).certificates[0] as Bytes;

/** What a decoder is written for; half of its inputs are made of these. */
const OWN: Readonly<Record<string, readonly Bytes[]>> = {
  cbor: [golden("lists", "good_side.cbor")],
  der: [CERTIFICATE],
  certificate: [CERTIFICATE],
  kind: [CERTIFICATE],
  key: [loadCertificate(CERTIFICATE).spki],
  container: [golden("proof", "anchored.pdf")],
  role: [golden("trust", "folder", "metadata", "1.root.json")],
  bundle: [golden("trust", "good_bundle.json")],
  licence: [golden("licence", "good_full.json")],
  pages: [golden("lists", "good_index.cbor")],
  printed: OBJECTS,
  screen: OBJECTS,
  answer: OBJECTS,
  text: CODES.map(fromLatin1),
};
/** `FUZZ_ROUNDS=20000` for the long run of `make test-slow`. */
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? "1000");

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
  let data = seed.slice();
  const put = (at: number, left: number, between: Uint8Array): void => {
    const made = new Uint8Array(at + between.length + Math.max(0, data.length - left));
    made.set(data.subarray(0, at));
    made.set(between, at);
    if (left < data.length) made.set(data.subarray(left), at + between.length);
    data = made;
  };
  for (let times = 1 + next(4); times > 0; times -= 1) {
    const at = next(data.length + 1);
    const kind = next(6);
    if (kind <= 1) data[at] = next(256);
    else if (kind === 2) data[at] = (data[at] ?? 0) ^ (1 << next(8));
    else if (kind === 3) put(at, at + 1 + next(40), new Uint8Array());
    else if (kind === 4) put(at, at, Uint8Array.from({ length: 1 + next(8) }, () => next(256)));
    else put(at, at, data.slice(at, at + next(60)));
  }
  return data;
}

describe("decoders", () => {
  it.each(Object.entries(DECODERS))(
    "%s refuses in its own words",
    async (name, decode) => {
      const next = numbers(4711);
      const own = OWN[name] ?? SEEDS;
      let done = 0;
      for (; done < ROUNDS; done += 1) {
        const from = done % 2 === 0 ? own : SEEDS;
        const data = mutated(from[(done >> 1) % from.length] as Bytes, next);
        try {
          await decode(data);
        } catch (error) {
          if (!(error instanceof Refusal)) {
            throw new Error(`${name} does not take ${Buffer.from(data).toString("base64")}`, { cause: error });
          }
        }
      }
      expect(done).toBe(ROUNDS);
    },
    // Of which a thousand take a second on a quiet machine.
    60_000 + 60 * ROUNDS,
  );
});

/**
 * Checkpoints of an authority's log with the cosignatures of witnesses. Every line must verify under
 * a pinned key, not only enough of them.
 *
 * Standard: C2SP signed-note, tlog-checkpoint, tlog-cosignature; `docs/formats/checkpoint.md`.
 */
import { base64, type Bytes, concat, equal, fromBase64, fromUtf8, hex, sha256, utf8 } from "./bytes.ts";
import { Refusal } from "./errors.ts";
import { verifyEd25519 } from "./keys.ts";
import { MAX_SECONDS } from "./time.ts";
import type { LogKey, Witness } from "./trust-types.ts";

export const MAX_CHECKPOINT_BYTES = 4_096;
const MAX_COSIGNATURES = 16;
const MAX_LOG_SIZE = 2 ** 32 - 1;
const LOG_KEY = 0x01;
const WITNESS_KEY = 0x04;
const NAME = /^[!-*,-~]{1,128}$/;
const SIZE = /^(?:0|[1-9][0-9]{0,9})$/;
const LINE = /^\u2014 ([!-*,-~]{1,128}) ([A-Za-z0-9+/]{1,128}={0,2})$/;

interface Line {
  name: string;
  keyId: Bytes;
  signature: Bytes;
}

export interface Checkpoint {
  origin: string;
  size: number;
  root: Bytes;
  body: string;
  log: Line;
  cosignatures: readonly Line[];
}

/** Take a note apart; it must be in its one spelling. CHECKPOINT_SYNTAX. */
export function parseCheckpoint(note: Bytes): Checkpoint {
  const text = note.length > MAX_CHECKPOINT_BYTES ? undefined : fromUtf8(note);
  const lines = text?.split("\n") ?? [];
  const [origin, size, rootText, empty] = lines as [string, string, string, string];
  if (lines.length < 6 || empty !== "" || lines.at(-1) !== "" || !SIZE.test(size)) {
    throw syntax("not the lines of a checkpoint");
  }
  const root = fromBase64(rootText);
  if (!NAME.test(origin) || root?.length !== 32 || Number(size) > MAX_LOG_SIZE) {
    throw syntax("no checkpoint has such values");
  }
  const [log, ...cosignatures] = lines.slice(4, -1).map(readLine) as [Line, ...Line[]];
  if (log.signature.length !== 64 || cosignatures.some((one) => one.signature.length !== 72)) {
    throw syntax("a signature of another length");
  }
  const ascending = cosignatures.every(
    (one, at) => at === 0 || (cosignatures[at - 1] as Line).name < one.name,
  );
  if (cosignatures.length > MAX_COSIGNATURES || !ascending) {
    throw syntax("too many cosignatures, or not ascending");
  }
  cosignatures.forEach(timeOf);
  const body = `${origin}\n${Number(size)}\n${base64(root)}\n`;
  return { origin, size: Number(size), root, body, log, cosignatures };
}

function readLine(text: string): Line {
  const found = LINE.exec(text);
  const value = found === null ? undefined : fromBase64(found[2] as string);
  if (found === null || value === undefined || value.length < 4) throw syntax("not a signature line");
  return { name: found[1] as string, keyId: value.slice(0, 4), signature: value.slice(4) };
}

/** Verify every signature; return the names of the witnesses. ANCHOR_WITNESS. */
export async function verifyCheckpoint(
  signed: Checkpoint,
  logKey: LogKey,
  witnesses: readonly Witness[],
  threshold: number,
): Promise<string[]> {
  const pinned = new Map(witnesses.map((one) => [one.name, one]));
  const keys = new Set([logKey, ...witnesses].map((one) => hex(one.key)));
  if (threshold < 1 || pinned.size !== witnesses.length || keys.size !== witnesses.length + 1) {
    // One person with two names would count twice.
    throw witness("no witness is asked for, or a key is pinned twice");
  }
  await verifyLine(signed.log, logKey, LOG_KEY, utf8(signed.body), signed.log.signature);
  for (const line of signed.cosignatures) {
    const key = pinned.get(line.name);
    if (key === undefined) throw witness("a witness that is not pinned");
    const message = utf8(`cosignature/v1\ntime ${timeOf(line)}\n${signed.body}`);
    await verifyLine(line, key, WITNESS_KEY, message, line.signature.slice(8));
  }
  if (signed.cosignatures.length < threshold) throw witness("too few witnesses");
  return signed.cosignatures.map((line) => line.name);
}

async function verifyLine(
  line: Line,
  key: LogKey,
  kind: number,
  message: Bytes,
  signature: Bytes,
): Promise<void> {
  const id = await sha256(concat(utf8(key.name), new Uint8Array([0x0a, kind]), key.key));
  if (line.name !== key.name || !equal(line.keyId, id.slice(0, 4))) throw witness("a line of another key");
  if (!(await verifyEd25519(key.key, message, signature))) {
    throw witness("a signature of the checkpoint is wrong");
  }
}

function timeOf(line: Line): number {
  const seconds = line.signature.slice(0, 8).reduce((sum, byte) => sum * 256 + byte, 0);
  if (seconds < 1 || seconds > MAX_SECONDS) throw syntax("no cosignature has such a time");
  return seconds;
}

function syntax(message: string): Refusal {
  return new Refusal("CHECKPOINT_SYNTAX", message);
}

function witness(message: string): Refusal {
  return new Refusal("ANCHOR_WITNESS", message);
}

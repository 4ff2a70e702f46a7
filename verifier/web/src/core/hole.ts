/**
 * The strict gate before anything else: one revision, one signature, one hole, nothing outside it.
 *
 * Standard: ISO 32000-1, 12.8.1; `docs/formats/hole.md`, `licence/formats/hole.py`.
 */
import { type Bytes, count, fromHex, fromLatin1, hex, indexOf, latin1, sha256, startsWith } from "./bytes.ts";
import * as der from "./der.ts";
import { Refusal } from "./errors.ts";

export const MAX_PDF_BYTES = 8 * 1024 * 1024;
const HOLE_BYTES = 16_384;
const DIGITS = 2 * HOLE_BYTES;
const HOLE_WIDTH = DIGITS + 2;
const ARRAY_WIDTH = "[ 0 1111111111 2111111111 1999999999 ]".length;
const TAIL_WIDTH = 64;

const HEADER = fromLatin1("%PDF-1.7\n");
const ANY_PDF = fromLatin1("%PDF-");
const BYTE_RANGE = fromLatin1("/ByteRange");
const START_XREF = fromLatin1("startxref");
const END_OF_FILE = fromLatin1("\n%%EOF\n");
const BEFORE = fromLatin1(" 0 obj\n<< /ByteRange ");
const BETWEEN = " /Contents ";
const AFTER = " /Filter /Adobe.PPKLite ";
const TAIL = /\nstartxref\n[1-9][0-9]{0,7}\n%%EOF\n$/;
const FIRST = /^\[0 ([1-9][0-9]{0,7}) ([1-9][0-9]{0,7}) ([1-9][0-9]{0,7})\] /;

/** The cut of a file: what is signed, and what stands in the hole. */
export interface Container {
  pdf: Bytes;
  start: number;
  end: number;
  cms: Bytes;
  digest: Bytes;
}

/** Find the hole and what is in it: CONTAINER_STRUCTURE, CONTAINER_APPENDED or SIGNATURE_MISSING. */
export async function readContainer(pdf: Bytes): Promise<Container> {
  try {
    if (pdf.length > MAX_PDF_BYTES) throw structure("no licence file is that large");
    return await signed(pdf);
  } catch (error) {
    if (!(error instanceof Refusal) || (await intactPrefix(pdf)) === undefined) throw error;
    throw new Refusal("CONTAINER_APPENDED", "bytes were added after an intact licence file");
  }
}

/** Return the licence file to which bytes were added, or undefined if that is not what happened. */
export async function intactPrefix(pdf: Bytes): Promise<Bytes | undefined> {
  const at = indexOf(pdf, BEFORE);
  if (at < 0 || at > MAX_PDF_BYTES) return undefined;
  const after = at + BEFORE.length;
  const found = FIRST.exec(latin1(pdf.subarray(after, after + ARRAY_WIDTH + 1)));
  const size = found === null ? 0 : Number(found[2]) + Number(found[3]);
  if (found === null || size >= pdf.length || size > MAX_PDF_BYTES) return undefined;
  const prefix = pdf.slice(0, size);
  try {
    await signed(prefix);
    return prefix;
  } catch {
    return undefined;
  }
}

async function signed(pdf: Bytes): Promise<Container> {
  const [start, end] = frame(pdf);
  const cms = contents(pdf.subarray(start + 1, end - 1));
  const digest = await sha256(pdf.subarray(0, start), pdf.subarray(end));
  return { pdf, start, end, cms, digest };
}

/** Check all that lies around the digits of the hole, and return where the hole is. */
function frame(pdf: Bytes): [number, number] {
  if (startsWith(pdf, ANY_PDF) && indexOf(pdf, BYTE_RANGE) < 0) {
    throw new Refusal("SIGNATURE_MISSING", "the file has no signature");
  }
  if (!startsWith(pdf, HEADER) || !isOneRevision(pdf)) throw structure("not one revision of ours");
  const at = indexOf(pdf, BEFORE) + BEFORE.length;
  const start = at + ARRAY_WIDTH + BETWEEN.length;
  const end = start + HOLE_WIDTH;
  const array = `[0 ${start} ${end} ${pdf.length - end}]`.padEnd(ARRAY_WIDTH);
  const isFramed =
    at >= BEFORE.length &&
    startsWith(pdf, fromLatin1(`${array}${BETWEEN}<`), at) &&
    startsWith(pdf, fromLatin1(`>${AFTER}`), end - 1);
  if (!isFramed || count(pdf, BYTE_RANGE) !== 1) {
    throw structure("ByteRange and hole are not as we write them");
  }
  return [start, end];
}

function isOneRevision(pdf: Bytes): boolean {
  const tail = latin1(pdf.subarray(Math.max(0, pdf.length - TAIL_WIDTH)));
  return TAIL.test(tail) && count(pdf, START_XREF) === 1 && count(pdf, END_OF_FILE) === 1;
}

/** Return the DER in the hole: lower-case digits of one element, then zeros only. */
function contents(digits: Uint8Array): Bytes {
  const room = fromHex(latin1(digits));
  if (room?.length !== HOLE_BYTES) throw structure("the hole is not our hexadecimal string");
  if (room.every((byte) => byte === 0)) {
    throw new Refusal("SIGNATURE_MISSING", "the hole for the signature is empty");
  }
  let end = 0;
  let tag: number | undefined;
  try {
    ({ end, tag } = der.read(room));
  } catch {
    throw structure("no DER in the hole");
  }
  if (tag !== der.SEQUENCE || room.subarray(end).some((byte) => byte !== 0)) {
    throw structure("the hole has more than one DER element");
  }
  return room.slice(0, end);
}

function structure(message: string): Refusal {
  return new Refusal("CONTAINER_STRUCTURE", message);
}

/** Return the signed attribute's identifier as it stands in a hole, for whoever looks for one. */
export function asDigits(element: Uint8Array): string {
  return hex(element);
}

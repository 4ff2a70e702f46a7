/**
 * The text of a QR object: an address that any phone opens, and the object behind its `#`, which no
 * browser sends.
 *
 * Standard: `docs/formats/qr.md`, Text; RFC 4648, 6 (base 32, without padding).
 */
import type { Bytes } from "./bytes.ts";
import { Refusal } from "./errors.ts";

const MAX_OBJECT_BYTES = 2_600;
const MAX_ADDRESS = 200;
const MAX_TEXT = 4_600;
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ADDRESS = /^[Hh][Tt][Tt][Pp][Ss]?:\/\/[!"$-~]+$/;
const CLAIM = /^([PSQApsqa][0-9])([!-~]{62,})$/;
const KINDS = ["P1", "S1", "Q1", "A1"] as const;

export type QrKind = (typeof KINDS)[number];

export interface QrObject {
  kind: QrKind;
  data: Bytes;
}

/** Say whether a text claims to be an object of ours, with or without an address before it. */
export function isObjectText(text: string): boolean {
  return split(text) !== undefined;
}

/** Read the text of a QR code, or what stands behind its `#`: NOT_A_LICENCE, SCHEMA_UNKNOWN, QR_SYNTAX. */
export function readText(text: string): QrObject {
  const found = split(text);
  if (found === undefined) {
    throw new Refusal("NOT_A_LICENCE", "the code holds no object of this system");
  }
  const [prefix, digits] = found;
  const kind = KINDS.find((one) => one === prefix.toUpperCase());
  if (kind === undefined) throw new Refusal("SCHEMA_UNKNOWN", "a kind of code that is not known here");
  const data = prefix === kind ? fromBase32(digits) : undefined;
  if (data === undefined || data.length > MAX_OBJECT_BYTES) {
    throw new Refusal("QR_SYNTAX", "the code is not in its one spelling, or too large");
  }
  return { kind, data };
}

export function writeText(found: QrObject, base: string): string {
  return `${base}#${found.kind}${toBase32(found.data)}`;
}

function split(text: string): [string, string] | undefined {
  if ([...text].length > MAX_TEXT) return undefined;
  const at = text.indexOf("#");
  const address = at < 0 ? undefined : text.slice(0, at);
  if (address !== undefined && (address.length > MAX_ADDRESS || !ADDRESS.test(address))) {
    return undefined;
  }
  const found = CLAIM.exec(text.slice(at + 1));
  return found === null ? undefined : [found[1] as string, found[2] as string];
}

/** Return the bytes of base 32 in its one spelling, or undefined. */
export function fromBase32(text: string): Bytes | undefined {
  const data = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const char of text) {
    const digit = DIGITS.indexOf(char);
    if (digit < 0) return undefined;
    held = ((held << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    data[at] = (held >> bits) & 0xff;
    at += 1;
  }
  return toBase32(data) === text ? data : undefined;
}

export function toBase32(data: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of data) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += DIGITS[(held >> (bits - 5)) & 31];
  }
  return bits === 0 ? text : text + DIGITS[(held << (5 - bits)) & 31];
}

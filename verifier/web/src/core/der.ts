/**
 * The little of DER that our formats need: a reader that accepts one spelling only, and the writer
 * with which a CMS is built again and compared. It never recurses.
 *
 * Standard: ITU-T X.690, 8.1 and 10.1; `licence/formats/der.py`.
 */
import { type Bytes, concat, equal, owned } from "./bytes.ts";
import { Refusal } from "./errors.ts";

export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_IDENTIFIER = 0x06;
export const ENUMERATED = 0x0a;
export const UTF8_STRING = 0x0c;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const CONTEXT_0 = 0xa0;
export const CONTEXT_1 = 0xa1;
export const CONTEXT_2 = 0xa2;
export const CONTEXT_3 = 0xa3;
export const CONTEXT_4 = 0xa4;
export const NULL = new Uint8Array([0x05, 0x00]);

const MAX_LENGTH_BYTES = 4;

interface Place {
  tag: number;
  header: number;
  end: number;
}

/** Return the place of the element that starts at `at`; it must lie whole inside `der`. */
export function read(der: Uint8Array, at = 0): Place {
  if (at < 0 || at + 2 > der.length) throw syntax("an element is cut short");
  const tag = der[at] as number;
  if (tag === 0 || (tag & 0x1f) === 0x1f) throw syntax("a tag that our formats do not have");
  let length = der[at + 1] as number;
  let header = 2;
  if (length >= 0x80) [length, header] = longLength(der, at);
  const end = at + header + length;
  if (end > der.length) throw syntax("an element is longer than its surroundings");
  return { tag, header, end };
}

function longLength(der: Uint8Array, at: number): [number, number] {
  const count = (der[at + 1] as number) & 0x7f;
  const octets = der.subarray(at + 2, at + 2 + count);
  if (count < 1 || count > MAX_LENGTH_BYTES || octets.length !== count) {
    throw syntax("a length that is indefinite, cut or too long");
  }
  const length = octets.reduce((number, octet) => number * 256 + octet, 0);
  if (octets[0] === 0 || length < 0x80) throw syntax("a length not in its shortest form");
  return [length, 2 + count];
}

/** Return the body of `der`, which must be exactly one element with this tag. */
export function value(der: Uint8Array, tag: number): Bytes {
  const place = read(der);
  if (place.tag !== tag || place.end !== der.length) throw syntax("not exactly one such element");
  return owned(der.subarray(place.header));
}

/** Return the elements inside `der`, which must be exactly one constructed element. */
export function children(der: Uint8Array, tag = SEQUENCE): Bytes[] {
  if ((tag & 0x20) === 0) throw syntax("a primitive element has no children");
  const body = value(der, tag);
  const found: Bytes[] = [];
  for (let at = 0; at < body.length; ) {
    const { end } = read(body, at);
    found.push(body.slice(at, end));
    at = end;
  }
  return found;
}

export function tagOf(element: Uint8Array | undefined): number | undefined {
  return element?.[0];
}

/** Return the number in an INTEGER that is not negative and in its shortest form. */
export function integerValue(der: Uint8Array): bigint {
  const body = value(der, INTEGER);
  const isShort = body.length > 1 && body[0] === 0 && ((body[1] as number) & 0x80) === 0;
  if (body.length === 0 || ((body[0] as number) & 0x80) !== 0 || isShort) {
    throw syntax("not an INTEGER in its shortest form, zero or more");
  }
  return body.reduce((number, octet) => (number << 8n) | BigInt(octet), 0n);
}

/** Return the bytes of a positive INTEGER without the zero that keeps it positive. */
export function unsignedBytes(der: Uint8Array): Bytes {
  integerValue(der);
  const body = value(der, INTEGER);
  return body[0] === 0 && body.length > 1 ? body.slice(1) : body;
}

/** Return the bytes of a BIT STRING of whole octets. */
export function bitString(der: Uint8Array): Bytes {
  const body = value(der, BIT_STRING);
  if (body[0] !== 0) throw syntax("a BIT STRING that is not of whole octets");
  return body.slice(1);
}

/** Return the dotted form of an OBJECT IDENTIFIER in its shortest form. */
export function dotted(der: Uint8Array): string {
  const body = value(der, OBJECT_IDENTIFIER);
  const arcs: bigint[] = [];
  let arc = 0n;
  let open = false;
  for (const octet of body) {
    if (!open && octet === 0x80) throw syntax("an object identifier not in its shortest form");
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    open = (octet & 0x80) !== 0;
    if (open) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const [first] = arcs;
  if (open || first === undefined) throw syntax("an object identifier that is cut short");
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - 40n * top, ...arcs.slice(1)].join(".");
}

// ---------------------------------------------------------------- writing

export function tlv(tag: number, ...parts: readonly Uint8Array[]): Bytes {
  const body = concat(...parts);
  if (body.length < 0x80) return concat(new Uint8Array([tag, body.length]), body);
  const length: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
  return concat(new Uint8Array([tag, 0x80 | length.length, ...length]), body);
}

export function oid(text: string): Bytes {
  const [top, second, ...rest] = text.split(".").map(BigInt) as [bigint, bigint, ...bigint[]];
  const body: number[] = [];
  for (const arc of [40n * top + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(0x80 | Number(left & 0x7fn));
    body.push(...groups);
  }
  return tlv(OBJECT_IDENTIFIER, new Uint8Array(body));
}

export function integer(number: bigint): Bytes {
  const body: number[] = [];
  for (let rest = number; rest > 0n; rest >>= 8n) body.unshift(Number(rest & 0xffn));
  if (body.length === 0 || (body[0] as number) >= 0x80) body.unshift(0);
  return tlv(INTEGER, new Uint8Array(body));
}

export function includes(items: readonly Uint8Array[], wanted: Uint8Array): boolean {
  return items.some((item) => equal(item, wanted));
}

function syntax(message: string): Refusal {
  return new Refusal("DER_SYNTAX", message);
}

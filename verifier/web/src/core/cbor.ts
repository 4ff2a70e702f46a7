/**
 * Deterministic CBOR: one spelling for each value, and only the values that our formats have.
 *
 * Integers of 64 bits, byte and text strings, arrays, maps, true, false, null, and a tag where the
 * caller names it. The reader refuses another spelling where it meets it.
 *
 * Standard: RFC 8949, 4.2.1; `docs/formats/cbor.md`.
 */
import { type Bytes, compare, concat, fromUtf8, owned, utf8 } from "./bytes.ts";
import { type Code, Refusal } from "./errors.ts";

export const MAX_DEPTH = 16;
const SIMPLE: ReadonlyMap<number, boolean | null> = new Map<number, boolean | null>([
  [20, false],
  [21, true],
  [22, null],
]);

export class Tag {
  constructor(
    readonly number: number | bigint,
    readonly value: CborValue,
  ) {}
}

export type CborKey = number | bigint | string;
export type CborMap = ReadonlyMap<CborKey, CborValue>;
/** An integer is a number where that is exact, else a bigint. */
export type CborValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Bytes
  | Tag
  | readonly CborValue[]
  | CborMap;

export interface Limits {
  maxBytes: number;
  tags?: readonly number[];
  /** Most values, counted at all depths. */
  maxItems?: number;
}

/** Return the value of exactly these bytes: TOO_LARGE, CBOR_SYNTAX or CBOR_NOT_DETERMINISTIC. */
export function loads(data: Uint8Array, limits: Limits): CborValue {
  if (data.length > limits.maxBytes) throw new Refusal("TOO_LARGE", "too many bytes");
  const reader = new Reader(data, limits);
  const value = reader.read(0);
  if (reader.at !== data.length) throw syntax("bytes after the value");
  if (reader.otherSpelling) {
    throw new Refusal("CBOR_NOT_DETERMINISTIC", "not the one spelling of this value");
  }
  return value;
}

class Reader {
  at = 0;
  otherSpelling = false;
  private left: number;
  private readonly tags: readonly number[];

  constructor(
    private readonly data: Uint8Array,
    limits: Limits,
  ) {
    this.left = limits.maxItems ?? data.length;
    this.tags = limits.tags ?? [];
  }

  read(depth: number): CborValue {
    if (depth > MAX_DEPTH) throw syntax("nested too deep");
    this.left -= 1;
    if (this.left < 0) throw syntax("more items than are allowed here");
    const first = this.take(1)[0] as number;
    const major = first >> 5;
    if (major === 7) return this.simple(first & 0x1f);
    const argument = this.argument(first & 0x1f);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return negative(argument);
      case 2:
        return owned(this.take(argument));
      case 3:
        return this.text(argument);
      case 4:
        return this.array(this.itemCount(argument), depth);
      case 5:
        return this.map(this.itemCount(argument), depth);
      default:
        return this.tag(argument, depth);
    }
  }

  private simple(argument: number): boolean | null {
    const value = SIMPLE.get(argument);
    if (value === undefined) throw syntax("a float, break or other simple value");
    return value;
  }

  private argument(short: number): number | bigint {
    if (short < 24) return short;
    if (short > 27) throw syntax("an indefinite length");
    const size = 1 << (short - 24);
    let number = 0n;
    for (const byte of this.take(size)) number = (number << 8n) | BigInt(byte);
    // RFC 8949, 4.2.1: the shortest head.
    const least = size === 1 ? 24n : 1n << BigInt(4 * size);
    if (number < least) this.otherSpelling = true;
    return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : number;
  }

  private take(count: number | bigint): Uint8Array {
    if (typeof count === "bigint" || count > this.data.length - this.at) {
      throw syntax("the value is cut short");
    }
    const found = this.data.subarray(this.at, this.at + count);
    this.at += count;
    return found;
  }

  private text(size: number | bigint): string {
    const text = fromUtf8(this.take(size));
    if (text === undefined) throw syntax("text that is not UTF-8");
    return text;
  }

  private itemCount(argument: number | bigint): number {
    // Each item takes a byte at least: a huge count in a short input ends here, not in memory.
    if (typeof argument === "bigint" || argument > this.data.length - this.at) {
      throw syntax("more items than bytes");
    }
    return argument;
  }

  private array(count: number, depth: number): CborValue[] {
    const items: CborValue[] = [];
    for (let each = 0; each < count; each += 1) items.push(this.read(depth + 1));
    return items;
  }

  private map(count: number, depth: number): CborMap {
    const found = new Map<CborKey, CborValue>();
    let before: Uint8Array | undefined;
    for (let each = 0; each < count; each += 1) {
      const start = this.at;
      const key = this.read(depth + 1);
      if (!isKey(key) || found.has(key)) throw syntax("a map key of another type or twice");
      const spelled = this.data.subarray(start, this.at);
      if (before !== undefined && compare(before, spelled) >= 0) this.otherSpelling = true;
      before = spelled;
      found.set(key, this.read(depth + 1));
    }
    return found;
  }

  private tag(number: number | bigint, depth: number): Tag {
    if (typeof number === "bigint" || !this.tags.includes(number)) {
      throw syntax("a tag that is not allowed here");
    }
    return new Tag(number, this.read(depth + 1));
  }
}

function negative(argument: number | bigint): number | bigint {
  const value = -1n - BigInt(argument);
  return value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value;
}

function isKey(value: CborValue): value is CborKey {
  return typeof value === "number" || typeof value === "bigint" || typeof value === "string";
}

function syntax(message: string): Refusal {
  return new Refusal("CBOR_SYNTAX", message);
}

// ---------------------------------------------------------------- writing

/** Return the deterministic encoding of a value. */
export function dumps(value: CborValue, depth = 0): Bytes {
  if (depth > MAX_DEPTH) throw syntax("nested too deep");
  if (value === null) return new Uint8Array([0xf6]);
  if (typeof value === "boolean") return new Uint8Array([value ? 0xf5 : 0xf4]);
  if (typeof value === "number" || typeof value === "bigint") return integer(BigInt(value));
  if (typeof value === "string") {
    const data = utf8(value);
    return concat(head(3, BigInt(data.length)), data);
  }
  if (value instanceof Uint8Array) return concat(head(2, BigInt(value.length)), value);
  if (value instanceof Tag) return concat(head(6, BigInt(value.number)), dumps(value.value, depth + 1));
  if (Array.isArray(value)) {
    const items = (value as readonly CborValue[]).map((item) => dumps(item, depth + 1));
    return concat(head(4, BigInt(items.length)), ...items);
  }
  return map(value as CborMap, depth);
}

function map(value: CborMap, depth: number): Bytes {
  const entries = [...value].map(([key, item]) => [dumps(key), dumps(item, depth + 1)] as const);
  entries.sort(([one], [other]) => compare(one, other));
  return concat(head(5, BigInt(entries.length)), ...entries.flat());
}

function integer(value: bigint): Bytes {
  return value >= 0n ? head(0, value) : head(1, -1n - value);
}

function head(major: number, argument: bigint): Bytes {
  if (argument >= 1n << 64n) throw syntax("an integer of more than 64 bits");
  if (argument < 24n) return new Uint8Array([(major << 5) | Number(argument)]);
  for (const [code, size] of [
    [24, 1],
    [25, 2],
    [26, 4],
    [27, 8],
  ] as const) {
    if (argument >= 1n << BigInt(8 * size)) continue;
    const data = new Uint8Array(1 + size);
    data[0] = (major << 5) | code;
    for (let at = 0; at < size; at += 1) {
      data[1 + at] = Number((argument >> BigInt(8 * (size - 1 - at))) & 0xffn);
    }
    return data;
  }
  throw syntax("an integer of more than 64 bits");
}

// ---------------------------------------------------------------- fields of an array

const REGISTRY = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
const AUTHORITY = /^[0-9A-HJ-NP-RT-UW-Y]{18}$/;

export function isRegistry(text: string): boolean {
  return REGISTRY.test(text);
}

export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text);
}

/** Takes the items of a decoded array one after another, each of the type that is expected. */
export class ArrayFields {
  private at = 0;
  private readonly items: readonly CborValue[];

  constructor(
    value: CborValue | undefined,
    count: number,
    private readonly code: Code,
  ) {
    if (!isArray(value) || value.length !== count) {
      throw new Refusal(code, "not an array of that many items");
    }
    this.items = value;
  }

  next(): CborValue {
    const item = this.items[this.at];
    this.at += 1;
    if (item === undefined) throw this.refuse("another item");
    return item;
  }

  refuse(expected: string): Refusal {
    return new Refusal(this.code, `expected ${expected} at item ${this.at - 1}`);
  }

  integer(low: number, high: number): number {
    const item = this.next();
    if (typeof item !== "number" || item < low || item > high) {
      throw this.refuse(`an integer from ${low} to ${high}`);
    }
    return item;
  }

  /** Take an integer of 64 bits. */
  uint64(low = 0n): bigint {
    const item = this.next();
    const isInteger = typeof item === "number" || typeof item === "bigint";
    if (!isInteger || BigInt(item) < low || BigInt(item) >= 1n << 64n) {
      throw this.refuse("an integer of 64 bits");
    }
    return BigInt(item);
  }

  octets(least: number, most = least): Bytes {
    const item = this.next();
    if (!(item instanceof Uint8Array) || item.length < least || item.length > most) {
      throw this.refuse("a byte string of another length");
    }
    return item;
  }

  constant(expected: string): void {
    if (this.next() !== expected) throw this.refuse(`the text ${expected}`);
  }

  text(isRight: (text: string) => boolean): string {
    const item = this.next();
    if (typeof item !== "string" || !isRight(item)) throw this.refuse("a text of another form");
    return item;
  }

  array(most: number): readonly CborValue[] {
    const item = this.next();
    if (!isArray(item) || item.length > most) throw this.refuse(`an array of at most ${most}`);
    return item;
  }

  hasNext(): boolean {
    return this.at < this.items.length;
  }
}

export function isArray(value: CborValue | undefined): value is readonly CborValue[] {
  return Array.isArray(value);
}

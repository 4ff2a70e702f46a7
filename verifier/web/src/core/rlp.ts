/**
 * RLP, the encoding of Ethereum: one spelling for each value, bounded before it is read.
 *
 * Standard: Ethereum Yellow Paper, appendix B; `licence/formats/rlp.py`.
 */
import { type Bytes, concat } from "./bytes.ts";
import { Refusal } from "./errors.ts";

export type Rlp = Bytes | readonly Rlp[];

export interface RlpLimits {
  size: number;
  depth: number;
  items: number;
}

const SHORT = 55;

/** Return the value of exactly these bytes; RLP_SYNTAX for another spelling or beyond the limits. */
export function loads(data: Bytes, limits: RlpLimits): Rlp {
  if (data.length > limits.size) throw refused("too many bytes");
  const reader = new Reader(data, limits.items);
  const value = reader.read(data.length, limits.depth);
  if (reader.at !== data.length) throw refused("bytes after the value");
  return value;
}

class Reader {
  at = 0;

  constructor(
    private readonly data: Bytes,
    private left: number,
  ) {}

  read(end: number, depth: number): Rlp {
    this.left -= 1;
    if (this.at >= end || this.left < 0) throw refused("the value is cut short, or too many");
    const first = this.data[this.at] as number;
    if (first < 0x80) {
      this.at += 1;
      return new Uint8Array([first]);
    }
    const stop = this.content(end, first);
    if (first >= 0xc0) return this.list(stop, depth);
    const found = this.data.slice(this.at, stop);
    if (found.length === 1 && (found[0] as number) < 0x80) {
      throw refused("a byte that needs no prefix has one");
    }
    this.at = stop;
    return found;
  }

  /** Move to where the content of a value begins, and return where it ends. */
  private content(end: number, first: number): number {
    let length = first % 0x40;
    this.at += 1;
    if (length > SHORT) {
      const size = this.data.subarray(this.at, Math.min(this.at + length - SHORT, end));
      this.at += length - SHORT;
      length = size.reduce((number, byte) => number * 256 + byte, 0);
      if (this.at > end || size[0] === 0 || length <= SHORT) throw refused("a length in another spelling");
    }
    if (length > end - this.at) throw refused("the value is cut short");
    return this.at + length;
  }

  private list(stop: number, depth: number): Rlp {
    if (depth <= 0) throw refused("nested too deep");
    const items: Rlp[] = [];
    while (this.at < stop) items.push(this.read(stop, depth - 1));
    return items;
  }
}

export function dumps(value: Rlp): Bytes {
  if (value instanceof Uint8Array) {
    if (value.length === 1 && (value[0] as number) < 0x80) return value;
    return concat(prefix(0x80, value.length), value);
  }
  const inner = concat(...value.map(dumps));
  return concat(prefix(0xc0, inner.length), inner);
}

function prefix(kind: number, length: number): Bytes {
  if (length <= SHORT) return new Uint8Array([kind + length]);
  const size = fromScalar(BigInt(length));
  return new Uint8Array([kind + SHORT + size.length, ...size]);
}

/** Return the items of a list that holds byte strings only. */
export function strings(value: Rlp | undefined): readonly Bytes[] {
  if (value === undefined || value instanceof Uint8Array) throw refused("a string instead of a list");
  if (!value.every((item) => item instanceof Uint8Array)) throw refused("a list instead of a string");
  return value as readonly Bytes[];
}

/** Return a number of at most `most` bytes; zero is the empty string. */
export function scalar(data: Rlp | undefined, most: number): bigint {
  if (!(data instanceof Uint8Array) || data[0] === 0 || data.length > most) {
    throw refused("a number with a leading zero, or too large");
  }
  return data.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

export function fromScalar(number: bigint): Bytes {
  const body: number[] = [];
  for (let rest = number; rest > 0n; rest >>= 8n) body.unshift(Number(rest & 0xffn));
  return new Uint8Array(body);
}

function refused(message: string): Refusal {
  return new Refusal("RLP_SYNTAX", message);
}

/** Byte strings: compare, join, write and read as text, hash. Nothing here trusts its input. */
export type Bytes = Uint8Array<ArrayBuffer>;

const DIGITS = /^(?:[0-9a-f]{2})*$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CHUNK = 0x8000;

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Return the text of UTF-8, or undefined where it is none; a byte order mark is no text of ours. */
export function fromUtf8(data: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}

/** Return the text of bytes as Latin-1, one character a byte, for searches. */
export function latin1(data: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < data.length; at += CHUNK) {
    parts.push(String.fromCharCode(...data.subarray(at, at + CHUNK)));
  }
  return parts.join("");
}

export function fromLatin1(text: string): Bytes {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Order byte strings as Python does: byte by byte, the shorter first. */
export function compare(one: Uint8Array, other: Uint8Array): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (one[at] as number) - (other[at] as number);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

export function isAscending(items: readonly Uint8Array[]): boolean {
  return items.every((item, at) => at === 0 || compare(items[at - 1] as Uint8Array, item) < 0);
}

export function hex(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Return the bytes of lower-case hex, or undefined. */
export function fromHex(text: string): Bytes | undefined {
  if (!DIGITS.test(text)) return undefined;
  const data = new Uint8Array(text.length / 2);
  for (let at = 0; at < data.length; at += 1) {
    data[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return data;
}

export function base64(data: Uint8Array): string {
  return btoa(latin1(data));
}

/** Return the bytes of base64 with padding in its one spelling, or undefined. */
export function fromBase64(text: string): Bytes | undefined {
  if (!BASE64.test(text)) return undefined;
  const data = fromLatin1(atob(text));
  return base64(data) === text ? data : undefined;
}

/** Return a copy that owns its memory, as WebCrypto and IndexedDB want it. */
export function owned(data: Uint8Array): Bytes {
  return new Uint8Array(data);
}

export async function sha256(...parts: readonly Uint8Array[]): Promise<Bytes> {
  const data = parts.length === 1 ? owned(parts[0] as Uint8Array) : concat(...parts);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

export async function sha256Hex(data: Uint8Array): Promise<string> {
  return hex(await sha256(data));
}

/** Return where `wanted` stands in `data` from `start` on, or -1. */
export function indexOf(data: Uint8Array, wanted: Uint8Array, start = 0): number {
  const first = wanted[0] as number;
  for (let at = data.indexOf(first, start); at >= 0; at = data.indexOf(first, at + 1)) {
    if (at + wanted.length > data.length) return -1;
    if (startsWith(data, wanted, at)) return at;
  }
  return -1;
}

export function count(data: Uint8Array, wanted: Uint8Array): number {
  let found = 0;
  for (let at = indexOf(data, wanted); at >= 0; at = indexOf(data, wanted, at + wanted.length)) {
    found += 1;
  }
  return found;
}

export function startsWith(data: Uint8Array, wanted: Uint8Array, at = 0): boolean {
  if (at < 0 || at + wanted.length > data.length) return false;
  for (let place = 0; place < wanted.length; place += 1) {
    if (data[at + place] !== wanted[place]) return false;
  }
  return true;
}

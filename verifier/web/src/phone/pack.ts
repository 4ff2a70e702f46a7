/**
 * A trust pack as one ZIP file, for phones that never see the service: from a stick, a mail, a chat.
 *
 * Bounded before anything is unpacked: file, entries, sizes. Entries are found by the central
 * directory; only stored and deflated ones are read, and each must come out at its stated size.
 *
 * Standard: PKWARE APPNOTE 6.3.3, 4.3 and 4.4.
 */
import { Inflate } from "pako";

import { type Bytes, fromUtf8, owned } from "../core/bytes.ts";
import { Refusal } from "../core/errors.ts";
import type { TrustFiles } from "../core/trust.ts";
import { MAX_PACK_BYTES } from "./update.ts";

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
const MAX_ENTRIES = 20_000;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;
const WANTED = /^(?:.*\/)?((?:metadata|targets|pages)\/[ -~]{1,300})$/;

interface Entry {
  method: number;
  packed: number;
  size: number;
  at: number;
}

/** Return the files of a pack; TRUST_BUNDLE_REFUSED for what is no such file. */
export function packFiles(data: Bytes): TrustFiles {
  if (data.length > MAX_PACK_BYTES) throw refuse("it is too large");
  const entries = directory(data);
  return {
    get: (path, limit) => {
      const entry = entries.get(path);
      if (entry === undefined) return Promise.resolve(undefined);
      if (entry.size > limit) return Promise.reject(refuse(`${path} is too large`));
      return Promise.resolve(unpack(data, entry, path));
    },
  };
}

function directory(data: Bytes): ReadonlyMap<string, Entry> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count > MAX_ENTRIES) throw refuse("it has too many entries");
  const found = new Map<string, Entry>();
  for (let each = 0; each < count; each += 1) {
    if (at + 46 > data.length || view.getUint32(at, true) !== CENTRAL) throw refuse("it is damaged");
    const [name, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [
      number,
      number,
      number,
    ];
    const path = WANTED.exec(fromUtf8(data.subarray(at + 46, at + 46 + name)) ?? "")?.[1];
    const entry: Entry = {
      method: view.getUint16(at + 10, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    };
    if (path !== undefined && !path.endsWith("/")) {
      if (found.has(path)) throw refuse(`${path} stands in it twice`);
      if ((view.getUint16(at + 8, true) & ENCRYPTED) !== 0) throw refuse("it is encrypted");
      found.set(path, entry);
    }
    at += 46 + name + extra + comment;
  }
  return found;
}

function findEnd(view: DataView): number {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at -= 1) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw refuse("it is no ZIP file");
}

function unpack(data: Bytes, entry: Entry, path: string): Bytes {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const { at } = entry;
  if (at + 30 > data.length || view.getUint32(at, true) !== LOCAL) throw refuse("it is damaged");
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const packed = data.subarray(start, start + entry.packed);
  if (packed.length !== entry.packed) throw refuse("it is cut off");
  const found = entry.method === STORED ? owned(packed) : inflateRaw(packed, entry);
  if (found.length !== entry.size) throw refuse(`${path} does not unpack to its size`);
  return found;
}

function inflateRaw(packed: Uint8Array, entry: Entry): Bytes {
  if (entry.method !== DEFLATED) throw refuse("it is packed in an unusual way");
  const found = new Uint8Array(entry.size);
  let at = 0;
  const stream = new Inflate({ raw: true });
  stream.onData = (chunk: Uint8Array): void => {
    if (at + chunk.length > found.length) throw refuse("an entry unpacks to more than it says");
    found.set(chunk, at);
    at += chunk.length;
  };
  stream.push(packed, true);
  return found.slice(0, at);
}

function refuse(problem: string): Refusal {
  return new Refusal("TRUST_BUNDLE_REFUSED", `this trust pack cannot be used: ${problem}`);
}

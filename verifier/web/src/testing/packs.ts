/** ZIP files and servers for tests of updates. */
import type { TrustFiles } from "../core/trust.ts";

export type Bytes = Uint8Array<ArrayBuffer>;

export function flippedOnce(data: Bytes, at = 5): Bytes {
  const copy = new Uint8Array(data);
  copy[at] = (copy[at] as number) ^ 4;
  return copy;
}

/** Return a `fetch` that serves files below `/v1/trust/`. */
export function served(files: TrustFiles): typeof fetch {
  return async (address) => {
    const path = String(address).split("/v1/trust/")[1] as string;
    const data = await files.get(path, Number.MAX_SAFE_INTEGER);
    return data === undefined ? new Response("no", { status: 404 }) : new Response(data);
  };
}

async function deflated(data: Bytes): Promise<Bytes> {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return a ZIP file; `twice` writes the first entry a second time. */
export async function zipped(
  files: ReadonlyMap<string, Bytes>,
  packed: boolean,
  folder: string,
  twice = false,
): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  const entries = [...files];
  if (twice) entries.push(entries[0] as [string, Bytes]);
  for (const [path, data] of entries) {
    const name = new TextEncoder().encode(folder + path);
    const body = packed ? await deflated(data) : data;
    const head = new DataView(new ArrayBuffer(30));
    head.setUint32(0, 0x04034b50, true);
    head.setUint16(8, packed ? 8 : 0, true);
    head.setUint32(18, body.length, true);
    head.setUint32(22, data.length, true);
    head.setUint16(26, name.length, true);
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    entry.setUint16(10, packed ? 8 : 0, true);
    entry.setUint32(20, body.length, true);
    entry.setUint32(24, data.length, true);
    entry.setUint16(28, name.length, true);
    entry.setUint32(42, at, true);
    parts.push(new Uint8Array(head.buffer), name, body);
    central.push(new Uint8Array(entry.buffer), name);
    at += 30 + name.length + body.length;
  }
  const size = central.reduce((sum, part) => sum + part.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, at, true);
  return new Uint8Array(
    await new Blob([...parts, ...central, new Uint8Array(end.buffer)] as BlobPart[]).arrayBuffer(),
  );
}

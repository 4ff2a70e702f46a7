/**
 * The streams of a PDF, found without reading its objects: `stream`, bytes, bounded inflation.
 *
 * Enough to find what a signature names by digest, or what is byte for byte something known; nothing
 * is concluded from where in the document a stream stands.
 */
import { type Bytes, fromLatin1, indexOf, latin1 } from "./bytes.ts";
import { inflate } from "./inflate.ts";

const STREAM = fromLatin1("stream");
const LINE_FEED = 10;
const RETURN = 13;
/** Of `endstream`. */
const LETTER_D = 100;
const DICTIONARY_BYTES = 4_096;
const MAX_STREAMS = 2_000;
const MAX_ONE_BYTES = 1 << 20;
const MAX_ALL_BYTES = 32 << 20;
const LENGTH = /\/Length (\d{1,8})(?![\d ]* R)/;

/** Yield each stream, unpacked, as long as the budget lasts; what cannot be unpacked is passed over. */
export function* streams(pdf: Bytes): Generator<Bytes> {
  let left = MAX_ALL_BYTES;
  let seen = 0;
  for (let at = indexOf(pdf, STREAM); at >= 0; at = indexOf(pdf, STREAM, at + 1)) {
    const start = pdf[at - 1] === LETTER_D ? undefined : contentAt(pdf, at);
    if (start === undefined) continue;
    seen += 1;
    if (seen > MAX_STREAMS || left <= 0) return;
    const found = unpack(pdf, at, start, Math.min(MAX_ONE_BYTES, left));
    left -= found?.length ?? 0;
    if (found !== undefined) yield found;
  }
}

function contentAt(pdf: Bytes, at: number): number | undefined {
  const after = at + STREAM.length;
  if (pdf[after] === LINE_FEED) return after + 1;
  return pdf[after] === RETURN && pdf[after + 1] === LINE_FEED ? after + 2 : undefined;
}

function unpack(pdf: Bytes, at: number, start: number, limit: number): Bytes | undefined {
  const [cmf, flg] = [pdf[start] ?? 0, pdf[start + 1] ?? 0];
  if ((cmf & 15) === 8 && (cmf * 256 + flg) % 31 === 0) {
    const rest = pdf.subarray(start, start + MAX_ONE_BYTES);
    const found = inflate(rest, limit);
    if (found !== undefined && found.data.length > 0) return found.data;
  }
  const text = latin1(pdf.subarray(Math.max(0, at - DICTIONARY_BYTES), at));
  const size = LENGTH.exec(text.slice(text.lastIndexOf(" obj")))?.[1];
  if (size === undefined || Number(size) > limit) return undefined;
  return pdf.slice(start, start + Number(size));
}

/**
 * Which characters may stand in a signed text: visible ones that stand alone, from a fixed list. A
 * text of ours must look the same to everybody: nothing joins, hides or changes direction.
 *
 * Standard: Unicode NFC; the lists are those of `licence/domain/text.py`.
 */
import { type Code, Refusal } from "./errors.ts";

const HAN =
  "\\u3007\\u3400-\\u4dbf\\u4e00-\\u9fff" +
  "\\ufa0e\\ufa0f\\ufa11\\ufa13\\ufa14\\ufa1f\\ufa21\\ufa23\\ufa24\\ufa27-\\ufa29" +
  "\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2ebe0}\\u{2ebf0}-\\u{2ee5d}" +
  "\\u{30000}-\\u{3134a}\\u{31350}-\\u{33479}";
const GENERAL =
  HAN +
  " -~\\u00a1-\\u00ac\\u00ae-\\u024f" +
  "\\u0391-\\u03a1\\u03a3-\\u03c9\\u0401\\u0410-\\u044f\\u0451" +
  "\\u2010-\\u2015\\u2018-\\u201f\\u2020-\\u2022\\u2026\\u2030\\u2032\\u2033\\u203b" +
  "\\u2070\\u2074-\\u207e\\u2080-\\u208e\\u20ac\\u2103\\u2109\\u2116\\u2122\\u2160-\\u217b" +
  "\\u2190-\\u2193\\u2200-\\u22ff\\u2460-\\u2473\\u25a0-\\u25ff" +
  "\\u3001-\\u3003\\u3005\\u3006\\u3008-\\u3017" +
  "\\u3041-\\u3096\\u309d\\u309e\\u30a1-\\u30fe" +
  "\\u3220-\\u3229\\u3280-\\u32b0\\u3300-\\u33ff" +
  "\\uff01-\\uff5e\\uffe0\\uffe1\\uffe5";
const REFUSED = new RegExp(`[^${GENERAL}]`, "u");

/** Say whether this is one line of text of 1 to `most` characters that licences may hold. */
export function isLine(text: string, most: number): boolean {
  const length = [...text].length;
  const fits = 1 <= length && length <= most && text.normalize("NFC") === text;
  return fits && !REFUSED.test(text) && text.trim() === text && !text.includes("  ");
}

export function checkLine(text: string, most: number, code: Code): string {
  if (!isLine(text, most)) throw new Refusal(code, "a text with characters that none of ours has");
  return text;
}

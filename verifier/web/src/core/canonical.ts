/**
 * The one JSON spelling that is hashed and signed: RFC 8785, without floats. What is read is parsed
 * by our own reader (which sees a name that stands twice), written again, and compared.
 *
 * Standard: RFC 8785; RFC 7493; `licence/formats/canonical.py`.
 */
import { equal, fromUtf8, utf8 } from "./bytes.ts";
import { Refusal } from "./errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export const MAX_DEPTH = 32;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const INTEGER = /^-?(?:0|[1-9][0-9]{0,15})$/;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const LONE = /[\ud800-\udfff]/u;
const BLANK = /[ \t\r\n]*/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Read canonical JSON: TOO_LARGE, JSON_SYNTAX or JSON_NOT_CANONICAL. */
export function loads(data: Uint8Array, maxBytes: number): Json {
  if (data.length > maxBytes) throw new Refusal("TOO_LARGE", `JSON of ${data.length} bytes`);
  const value = parse(data);
  if (!equal(dumps(value), data)) {
    throw new Refusal("JSON_NOT_CANONICAL", "JSON is not in its canonical spelling");
  }
  return value;
}

/** Read JSON in any spelling, bounded in depth: integers only, no name twice. */
export function parse(data: Uint8Array): Json {
  const text = fromUtf8(data);
  if (text === undefined) throw syntax("not UTF-8");
  return new Parser(text).whole();
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Write a value in its one canonical spelling. */
export function dumps(value: Json): Uint8Array<ArrayBuffer> {
  return utf8(write(value));
}

function write(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(write).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  // RFC 8785, 3.2.3: names by UTF-16 code units, which is how JavaScript compares.
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${write(value[name] as Json)}`);
  return `{${members.join(",")}}`;
}

function syntax(message: string): Refusal {
  return new Refusal("JSON_SYNTAX", message);
}

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): Json {
    const value = this.value(1);
    this.match(BLANK);
    if (this.at !== this.text.length) throw syntax("text after the value");
    return value;
  }

  private value(depth: number): Json {
    if (depth > MAX_DEPTH) throw syntax(`nested deeper than ${MAX_DEPTH}`);
    this.match(BLANK);
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.integer();
    }
  }

  private object(depth: number): JsonObject {
    const found: Record<string, Json> = Object.create(null) as Record<string, Json>;
    this.at += 1;
    if (this.skip("}")) return found;
    do {
      this.match(BLANK);
      const name = this.string();
      // Two readers may take different ones of two equal names (RFC 8259, 4).
      if (name in found) throw syntax("a name occurs twice in one object");
      this.expect(":");
      found[name] = this.value(depth + 1);
    } while (this.skip(","));
    this.expect("}");
    return found;
  }

  private array(depth: number): Json[] {
    const found: Json[] = [];
    this.at += 1;
    if (this.skip("]")) return found;
    do found.push(this.value(depth + 1));
    while (this.skip(","));
    this.expect("]");
    return found;
  }

  private string(): string {
    this.expect('"', false);
    const parts: string[] = [];
    for (;;) {
      parts.push(this.match(PLAIN) ?? "");
      const char = this.text[this.at];
      this.at += 1;
      if (char === '"') break;
      if (char !== "\\") throw syntax("a text that does not end, or a control character in it");
      parts.push(this.escaped());
    }
    const text = parts.join("");
    if (LONE.test(text)) throw syntax("a lone surrogate");
    return text;
  }

  private escaped(): string {
    const char = this.text[this.at] ?? "";
    this.at += 1;
    if (char === "u") {
      const digits = this.match(HEX4);
      if (digits === undefined) throw syntax("an escape of another length");
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const plain = ESCAPES[char];
    if (plain === undefined) throw syntax("an unknown escape");
    return plain;
  }

  private integer(): number {
    const text = this.match(NUMBER) ?? "";
    const number = Number(text);
    if (!INTEGER.test(text) || !Number.isSafeInteger(number)) {
      throw syntax("a number that is no integer of ours, or no value at all");
    }
    return Object.is(number, -0) ? 0 : number;
  }

  private word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw syntax("an unknown word");
    this.at += word.length;
    return value;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found === "" ? undefined : found;
  }

  private skip(char: string): boolean {
    this.match(BLANK);
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  private expect(char: string, blank = true): void {
    if (blank) this.match(BLANK);
    if (this.text[this.at] !== char) throw syntax(`expected ${char}`);
    this.at += 1;
  }
}

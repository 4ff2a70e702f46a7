/**
 * Reads a JSON object key by key, strictly; `end` refuses what nobody asked for.
 *
 * Standard: `licence/formats/fields.py`.
 */
import { type Bytes, fromBase64, fromHex } from "./bytes.ts";
import { isObject, type Json } from "./canonical.ts";
import { type Code, Refusal } from "./errors.ts";
import { isLine } from "./text.ts";
import { type Day, readDay, readMoment, type Seconds } from "./time.ts";

export class Fields {
  private readonly left: Map<string, Json>;

  constructor(
    value: Json,
    private readonly where: string,
    private readonly code: Code,
  ) {
    if (!isObject(value)) throw new Refusal(code, `${where} is not an object`);
    this.left = new Map(Object.entries(value));
  }

  private refuse(problem: string, key: string): Refusal {
    return new Refusal(this.code, `${this.where}.${key} ${problem}`);
  }

  value(key: string): Json {
    const value = this.left.get(key);
    if (value === undefined) throw this.refuse("is missing", key);
    this.left.delete(key);
    return value;
  }

  end(): void {
    const [key] = [...this.left.keys()].sort();
    if (key !== undefined) throw this.refuse("is not known here", key);
  }

  optional<T>(key: string, read: (key: string) => T): T | undefined {
    return this.left.has(key) ? read(key) : undefined;
  }

  text(key: string, most = 500): string {
    const value = this.value(key);
    if (typeof value !== "string" || !isLine(value, most)) throw this.refuse("is no such text", key);
    return value;
  }

  matching(key: string, pattern: RegExp): string {
    const value = this.value(key);
    if (typeof value !== "string" || !pattern.test(value)) throw this.refuse("has another form", key);
    return value;
  }

  constant(key: string, expected: string, code: Code): void {
    if (this.value(key) !== expected) throw new Refusal(code, `${this.where} is not ${expected}`);
  }

  integer(key: string, low = 0, high = Number.MAX_SAFE_INTEGER): number {
    const value = this.value(key);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < low || value > high) {
      throw this.refuse(`is not an integer from ${low} to ${high}`, key);
    }
    return value;
  }

  boolean(key: string): boolean {
    const value = this.value(key);
    if (typeof value !== "boolean") throw this.refuse("is neither true nor false", key);
    return value;
  }

  choice<T extends string>(key: string, kinds: readonly T[]): T {
    const value = this.value(key);
    const found = kinds.find((kind) => kind === value);
    if (found === undefined) throw this.refuse(`is none of ${kinds.join(", ")}`, key);
    return found;
  }

  hexed(key: string, size: number): Bytes {
    const value = this.value(key);
    const data = typeof value === "string" ? fromHex(value) : undefined;
    if (data?.length !== size) throw this.refuse(`is not ${size} bytes in lower-case hex`, key);
    return data;
  }

  base64(key: string, maxBytes: number): Bytes {
    return this.readBase64(this.value(key), key, maxBytes);
  }

  base64s(key: string, maxItems: number, maxBytes: number): Bytes[] {
    return this.items(key, maxItems, 1).map((value) => this.readBase64(value, key, maxBytes));
  }

  private readBase64(value: Json, key: string, maxBytes: number): Bytes {
    const fits = typeof value === "string" && value.length <= 4 * (Math.floor(maxBytes / 3) + 1);
    const data = fits ? fromBase64(value) : undefined;
    if (data === undefined || data.length < 1 || data.length > maxBytes) {
      throw this.refuse(`is not base64 of 1 to ${maxBytes} bytes`, key);
    }
    return data;
  }

  moment(key: string): Seconds {
    const value = this.value(key);
    const moment = typeof value === "string" ? readMoment(value) : undefined;
    if (moment === undefined) throw this.refuse("is no moment", key);
    return moment;
  }

  day(key: string): Day {
    const value = this.value(key);
    const day = typeof value === "string" ? readDay(value) : undefined;
    if (day === undefined) throw this.refuse("is no day", key);
    return day;
  }

  items(key: string, most: number, least = 0): readonly Json[] {
    const value = this.value(key);
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      throw this.refuse(`is not a list of ${least} to ${most} values`, key);
    }
    return value as readonly Json[];
  }

  objects<T>(key: string, build: (fields: Fields) => T, most: number, least = 0): T[] {
    return this.items(key, most, least).map((value, place) => {
      const fields = new Fields(value, `${this.where}.${key}[${place}]`, this.code);
      const built = build(fields);
      fields.end();
      return built;
    });
  }

  fields(key: string): Fields {
    return new Fields(this.value(key), `${this.where}.${key}`, this.code);
  }

  texts(key: string, most: number, pattern: RegExp, least = 0): string[] {
    const values = this.items(key, most, least);
    const found = values.filter((one) => typeof one === "string" && pattern.test(one)) as string[];
    if (found.length !== values.length || new Set(found).size !== found.length) {
      throw this.refuse("has a value twice, or one of another form", key);
    }
    return found;
  }
}

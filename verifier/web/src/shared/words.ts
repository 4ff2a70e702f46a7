// Words about verdicts, checks and codes, and what a result does not prove.
import allLimits from "../../../service/templates/limits.json" with { type: "json" };
import allWords from "../generated/words.json" with { type: "json" };
import type { Lang, Said } from "./texts.ts";

/** What is said about a code: its meaning, and what to do. */
export interface Advice {
  readonly class: string;
  readonly meaning: Said;
  readonly todo: Said;
}

export const words = allWords;

export function limits(key: string, lang: Lang): readonly string[] {
  const found = (allLimits as Record<string, readonly Said[]>)[key] ?? [];
  return found.map((each) => each[lang]);
}

/** Return what is said about a code; one that these words do not know says only itself. */
export function advice(code: string): Advice {
  const known = (allWords.codes as Record<string, Advice>)[code];
  return known ?? { class: "missing", meaning: { zh: code, en: code }, todo: { zh: "", en: "" } };
}

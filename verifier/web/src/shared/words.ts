// Words about verdicts, checks and codes, and what a result does not prove.
import allFacts from "../../../service/templates/facts.json" with { type: "json" };
import allLimits from "../../../service/templates/limits.json" with { type: "json" };
import allValues from "../../../service/templates/values.json" with { type: "json" };
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

/** Return how a fact of a check is called; one without a name keeps its own. */
export function factName(key: string, lang: Lang): string {
  return (allFacts as Record<string, Said>)[key]?.[lang] ?? key;
}

/** Return the value of a fact in words where it is a word of ours. */
export function factValue(key: string, value: string, lang: Lang): string {
  const all = allValues as Record<string, Record<string, Said>>;
  const known = Object.hasOwn(all, key) ? all[key] : undefined;
  return known !== undefined && Object.hasOwn(known, value) ? (known[value] as Said)[lang] : value;
}

// Without look-behind, which older phones do not know.
const HAN = "[\\u3400-\\u9fff\\u3001-\\u301f\\uff00-\\uffef]";
const BEHIND = new RegExp(`(${HAN})([,;:?!])(?!//)`, "g");
const BEFORE = new RegExp(`[,;](?=${HAN})`, "g");
const BRACKETS = new RegExp(`(${HAN})\\(([^()]*)\\)`, "g");
const FULL_WIDTH: Record<string, string> = { ",": "，", ";": "；", ":": "：", "?": "？", "!": "！" };

/** Return words: Chinese with the punctuation of print, English as a sentence; never for data. */
export function say(said: Said | undefined, lang: Lang): string {
  if (said === undefined) return "";
  return lang === "en" ? said.en.slice(0, 1).toUpperCase() + said.en.slice(1) : fullWidth(said.zh);
}

export function fullWidth(text: string): string {
  return text
    .replace(BEHIND, (_, han: string, mark: string) => han + FULL_WIDTH[mark])
    .replace(BEFORE, (mark) => FULL_WIDTH[mark] as string)
    .replace(BRACKETS, "$1（$2）");
}

/** Return what is said about a code; one that these words do not know says only itself. */
export function advice(code: string): Advice {
  const known = (allWords.codes as Record<string, Advice>)[code];
  return known ?? { class: "missing", meaning: { zh: code, en: code }, todo: { zh: "", en: "" } };
}

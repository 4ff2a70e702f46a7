// Texts of the pages: the same file as the templates of the service use.
import allTexts from "../../../service/templates/texts.json" with { type: "json" };

export type Lang = "zh" | "en";
export type TextKey = keyof typeof allTexts;

export interface Said {
  readonly zh: string;
  readonly en: string;
}

/** Return the language that the page was made in. */
export function pageLang(): Lang {
  return document.documentElement.lang.startsWith("en") ? "en" : "zh";
}

export function text(key: TextKey, lang: Lang): string {
  return allTexts[key][lang];
}

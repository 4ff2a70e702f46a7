// Texts of the offline page; words of verdicts and codes come from `src/shared`.
import { momentText } from "../core/time.ts";
import type { Lang } from "../shared/texts.ts";
import texts from "./texts.json" with { type: "json" };

export type Key = keyof typeof texts;

export function say(key: Key, lang: Lang): string {
  return texts[key][lang];
}

const HOURS_OF_CHINA = 8;

/** Return a moment as clocks in China show it, to the minute. */
export function clockText(seconds: number): string {
  return `${momentText(Math.floor(seconds) + HOURS_OF_CHINA * 3600).slice(0, 16).replace("T", " ")} (UTC+8)`;
}

/** Return how long ago something was, in the largest unit that says it. */
export function ageText(seconds: number, lang: Lang): string {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  if (minutes < 120) return `${minutes} ${say("minutes", lang)}`;
  const hours = Math.floor(minutes / 60);
  return hours < 72 ? `${hours} ${say("hours", lang)}` : `${Math.floor(hours / 24)} ${say("days", lang)}`;
}

/**
 * Moments are seconds since 1970 (UTC); days are `2026-11-21`, which compare as texts. All days are
 * days in China (UTC+8, no summer time since 1991), as in `licence/domain/validity.py`.
 */
export type Seconds = number;
export type Day = string;

/** Latest moment that our formats write: 2199-12-31T23:59:59Z. */
export const MAX_SECONDS = 7_258_118_399;
const FIRST_YEAR = 1950;
const LAST_YEAR = 2199;
const CHINA = 8 * 3600;
const DAY = 86_400;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const RENEWAL_MONTHS = 3;

/** Write a moment as UTC to the second, or with its fraction where it has one. */
export function momentText(moment: Seconds): string {
  const whole = new Date(Math.floor(moment) * 1000).toISOString().slice(0, 19);
  const fraction = Math.round((moment - Math.floor(moment)) * 1e6);
  return fraction === 0 ? `${whole}Z` : `${whole}.${String(fraction).padStart(6, "0")}Z`;
}

/** Read `2026-11-21T08:00:00Z`; undefined for no moment of the calendar or of no year of ours. */
export function readMoment(text: string): Seconds | undefined {
  if (!MOMENT.test(text)) return undefined;
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) return undefined;
  const seconds = milliseconds / 1000;
  return momentText(seconds) === text && isUsable(text) ? seconds : undefined;
}

/** Read a day; undefined for no day of the calendar or of no year of ours. */
export function readDay(text: string): Day | undefined {
  return DATE.test(text) && readMoment(`${text}T00:00:00Z`) !== undefined ? text : undefined;
}

export function shanghaiDay(moment: Seconds): Day {
  return momentText(Math.floor(moment) + CHINA).slice(0, 10);
}

/** Return the day that is so many days after 1970-01-01. */
export function dayOf(days: number): Day {
  return momentText(days * DAY).slice(0, 10);
}

export function daysOf(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000 / DAY;
}

/** Return the last day on which a renewal is applied for in time: three months before the end. */
export function renewalDeadline(validTo: Day): Day {
  const [year, month, day] = validTo.split("-").map(Number) as [number, number, number];
  const months = year * 12 + month - 1 - RENEWAL_MONTHS;
  const [newYear, newMonth] = [Math.floor(months / 12), (months % 12) + 1];
  const last = new Date(Date.UTC(newYear, newMonth, 0)).getUTCDate();
  const text = (number: number): string => String(number).padStart(2, "0");
  return `${newYear}-${text(newMonth)}-${text(Math.min(day, last))}`;
}

function isUsable(text: string): boolean {
  const year = Number(text.slice(0, 4));
  return FIRST_YEAR <= year && year <= LAST_YEAR;
}

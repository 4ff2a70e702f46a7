// A report as people read it; the same classes and order as the service's `result.html`.
import type { ComponentChildren } from "preact";

import { StateSign, VerdictSign } from "./signs.tsx";
import { type Lang, type Said, text } from "./texts.ts";
import {
  aboutRows,
  type CheckJson,
  factEntries,
  factRows,
  isForgery,
  limitsOf,
  meaning,
  otherDay,
  type Row,
  shownChecks,
  type ShownReport,
  statusRows,
  termsOf,
  todo,
  verdictWords,
} from "./view.ts";
import { advice, factName, factValue, fullWidth, say, words } from "./words.ts";

interface Shown {
  readonly report: ShownReport;
  readonly lang: Lang;
}

/** The whole report; `children` stand between the verdict and the facts. */
export function ReportView({ report, lang, children }: Shown & { children?: ComponentChildren }) {
  return (
    <>
      <VerdictCard report={report} lang={lang} />
      {children}
      <StatusBox report={report} lang={lang} />
      <TermsBoxes report={report} lang={lang} />
      <Facts report={report} lang={lang} />
      <Limits report={report} lang={lang} />
      <Checks report={report} lang={lang} />
      <About report={report} lang={lang} />
    </>
  );
}

export function VerdictCard({ report, lang }: Shown) {
  const said = verdictWords(report);
  const day = otherDay(report, lang);
  return (
    <section class={`verdict v-${report.verdict}`} aria-labelledby="verdict">
      <VerdictSign verdict={report.verdict} />
      <div class="verdict-words">
        <p class="verdict-over">{text("result_title", lang)}</p>
        <h2 id="verdict" tabIndex={-1}>
          {say(said, lang)}{" "}
          <span class="second" lang={lang === "en" ? "zh-CN" : "en"}>
            {lang === "en" ? said.zh : said.en}
          </span>
        </h2>
        <p class="verdict-meaning">{meaning(report, lang)}</p>
        <p class="verdict-todo">{todo(report, lang)}</p>
        {day !== "" && <p class="verdict-day">{text("other_day", lang).replace("{day}", day)}</p>}
        {report.notice !== undefined && <p class="verdict-notice">{fullWidth(report.notice)}</p>}
        {report.code !== "OK" && (
          <p class="verdict-code">
            <span>{text("result_code", lang)}</span> <code>{report.code}</code>
          </p>
        )}
      </div>
    </section>
  );
}

export function StatusBox({ report, lang }: Shown) {
  const rows = statusRows(report, lang);
  if (rows.length === 0) return null;
  return (
    <section class="status-box" aria-labelledby="status-title">
      <h2 id="status-title">{text("status_title", lang)}</h2>
      <Rows rows={rows} lang={lang} />
    </section>
  );
}

export function TermsBoxes({ report, lang }: Shown) {
  return (
    <>
      {termsOf(report, lang).map(({ heading, rows }) => (
        <section class="status-box" aria-labelledby={heading} key={heading}>
          <h2 id={heading}>{text(heading, lang)}</h2>
          <dl class="rows">
            {rows.map(([key, value]) => (
              <div key={key}>
                <dt>{factName(key, lang)}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </>
  );
}

export function Facts({ report, lang }: Shown) {
  const rows = factRows(report, lang);
  const isTrue = rows.length > 0 && !isForgery(report);
  const none = isForgery(report) ? "facts_unproved" : "facts_none";
  return (
    <div class="evidence">
      <section class="facts" aria-labelledby="facts-title">
        <h2 id="facts-title">{text(isTrue ? "facts_title" : "facts_heading", lang)}</h2>
        {rows.length > 0 ? <Rows rows={rows} lang={lang} facts /> : <p>{text(none, lang)}</p>}
      </section>
    </div>
  );
}

function Rows({ rows, lang, facts }: { rows: readonly Row[]; lang: Lang; facts?: boolean }) {
  return (
    <dl class={facts ? "rows rows-facts" : "rows"}>
      {rows.map((row) => (
        <div class={row.key} key={row.key + row.value}>
          <dt>{text(row.key, lang)}</dt>
          <dd lang="zh-CN">
            {row.groups === undefined ? (
              row.value
            ) : (
              <span class="code-groups">
                {row.groups.map((group, place) => (
                  <span key={place}>{group}</span>
                ))}
              </span>
            )}
            {row.risk && <b class="risk">【{text("fact_high_risk", lang)}】</b>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Limits({ report, lang }: Shown) {
  return (
    <section class="limits" aria-labelledby="limits-title">
      <h2 id="limits-title">{text("limits_title", lang)}</h2>
      <ul>
        {limitsOf(report, lang).map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </section>
  );
}

export function Checks({ report, lang }: Shown) {
  const checks = shownChecks(report);
  const made = checks.filter(([, check]) => check.state !== "skipped");
  const passed = made.filter(([, check]) => check.state === "passed");
  return (
    <section class="checks" aria-labelledby="checks-title">
      <h2 id="checks-title">
        {text("checks_title", lang)}{" "}
        <span class="count">
          {passed.length} / {made.length} {text("checks_count", lang)}
        </span>
      </h2>
      {checks.map(([number, check]) => (
        <OneCheck key={check.name} number={number} check={check} lang={lang} />
      ))}
    </section>
  );
}

function OneCheck({ number, check, lang }: { number: number; check: CheckJson; lang: Lang }) {
  const row = words.checks.find((each) => each.name === check.name);
  const outcome = (words.states as Record<string, Said>)[check.state];
  const told = advice(check.code);
  const open = check.state === "failed" || check.state === "indeterminate";
  return (
    <details class={`check s-${check.state}`} open={open}>
      <summary>
        <StateSign state={check.state} />
        <span class="check-name">
          <span class="check-number">{number}</span> {say(row?.words, lang) || check.name}
        </span>{" "}
        <span class="check-outcome">{say(outcome, lang) || check.state}</span>
      </summary>
      <div class="check-body">
        <p class="check-question">{say(row?.question, lang)}</p>
        {check.state !== "passed" && (
          <>
            <p>
              <b>{say(told.meaning, lang)}</b> <code>{check.code}</code>
            </p>
            <p>{say(told.todo, lang)}</p>
          </>
        )}
        {check.notes.map((note) => (
          <p class="note" key={note}>
            {text("check_note", lang)}: {say(advice(note).meaning, lang)} <code>{note}</code>
          </p>
        ))}
        <SmallRows
          rows={factEntries(check, lang).map(([key, value]) => [
            factName(key, lang),
            factValue(key, value, lang),
          ])}
        />
        {check.standard !== "" && (
          <p class="quiet">
            {text("check_standard", lang)}: {check.standard}
          </p>
        )}
      </div>
    </details>
  );
}

function SmallRows({ rows }: { rows: readonly (readonly [string, string])[] }) {
  if (rows.length === 0) return null;
  return (
    <dl class="small-rows">
      {rows.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function About({ report, lang }: Shown) {
  const rows = aboutRows(report, lang).map(
    (row) => [text(row.key, lang), factValue(row.key, row.value, lang)] as const,
  );
  return (
    <section class="about" aria-labelledby="about-title">
      <h2 id="about-title">{text("about_title", lang)}</h2>
      <SmallRows rows={rows} />
    </section>
  );
}

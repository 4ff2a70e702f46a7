// A result, with what this phone could not check said beside it.
import { useEffect, useRef } from "preact/hooks";

import type { ReportJson } from "../core/report.ts";
import { readMoment } from "../core/time.ts";
import { ReportView } from "../shared/report-view.tsx";
import type { Lang } from "../shared/texts.ts";
import { words } from "../shared/words.ts";
import { ageText, clockText, say } from "./texts.ts";

interface Props {
  readonly report: ReportJson;
  readonly lang: Lang;
  readonly onAgain: () => void;
}

export function Result({ report, lang, onAgain }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    place.current?.querySelector("h2")?.focus();
    window.scrollTo(0, 0);
  }, [report]);
  return (
    <div ref={place} class="result" data-verdict={report.verdict} data-code={report.code}>
      <ReportView report={report} lang={lang}>
        <AsOf report={report} lang={lang} />
        {report.code === "NOT_CHECKED_ON_PHONE" && <NotHere report={report} lang={lang} />}
        {isUnchallenged(report) && <Note text={say("no_challenge", lang)} />}
        {report.verdict === "valid" && report.assurance === "print" && (
          <Note text={say("printed_note", lang)} />
        )}
      </ReportView>
      <p class="again">
        <button class="button" type="button" onClick={onAgain}>
          {say("again", lang)}
        </button>
      </p>
    </div>
  );
}

/** Say by which day's list this was found: the verdict is no newer than that. */
function AsOf({ report, lang }: Omit<Props, "onAgain">) {
  const asOf = readMoment(String(report.facts["status_as_of"] ?? ""));
  const now = readMoment(report.checked_at);
  if (asOf === undefined || now === undefined) return null;
  return (
    <p class="as-of">
      {say("as_of", lang)} <b>{clockText(asOf)}</b> ({say("as_of_ago", lang)} {ageText(now - asOf, lang)})
    </p>
  );
}

function Note({ text }: { text: string }) {
  return <p class="panel not-here">{text}</p>;
}

function isUnchallenged(report: ReportJson): boolean {
  const holder = report.checks.find((check) => check.name === "holder");
  return holder?.state === "passed" && holder.facts["challenge_checked"] === false;
}

function NotHere({ report, lang }: Omit<Props, "onAgain">) {
  const proved = report.checks.filter((check) => check.state === "passed");
  const names = proved.map((check) => words.checks.find((one) => one.name === check.name)?.words[lang]);
  return (
    <section class="panel not-here" aria-labelledby="not-here">
      <h2 id="not-here">{say("result_not_here", lang)}</h2>
      <p>{say(report.assurance === "data" ? "result_copy_not" : "result_pdf_not", lang)}</p>
      {names.length > 0 && (
        <p>
          <b>{say("result_pdf_proved", lang)}</b> {names.join(lang === "en" ? ", " : "、")}
        </p>
      )}
    </section>
  );
}

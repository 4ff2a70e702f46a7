// Head and foot of the offline page.
import type { ComponentChildren } from "preact";

import type { Lang } from "../shared/texts.ts";
import { say } from "./texts.ts";

interface Props {
  readonly lang: Lang;
  readonly onLang: (lang: Lang) => void;
  readonly isTest: boolean;
  readonly isReady: boolean;
  /** A result stands alone; what the page is for is said before. */
  readonly isResult: boolean;
  readonly children: ComponentChildren;
}

export function Frame({ lang, onLang, isTest, isReady, isResult, children }: Props) {
  return (
    <>
      <a class="skip" href="#main">
        {say("skip", lang)}
      </a>
      <header class="top">
        <div class="wide top-row">
          <a class="brand" href="/offline/">
            <svg class="brand-mark" viewBox="0 0 40 40" aria-hidden="true" focusable="false">
              <rect x="1.5" y="1.5" width="37" height="37" rx="2" />
              <rect x="5.5" y="5.5" width="29" height="29" />
              <path d="M12 20.5l6 6.5L29 13" />
            </svg>
            <span>
              <b>安证</b> {say("site", lang)}
            </span>
          </a>
          <nav class="languages" aria-label={say("language", lang)}>
            <LangButton lang="zh" now={lang} onLang={onLang} label="中文" />
            <LangButton lang="en" now={lang} onLang={onLang} label="English" />
          </nav>
        </div>
        {isTest && (
          <p class="test-strip">
            <span class="wide">{say("test_strip", lang)}</span>
          </p>
        )}
      </header>
      <main id="main" class="wide phone" tabIndex={-1}>
        <h1>{say("site", lang)}</h1>
        {!isResult && <p class="lead">{say("lead", lang)}</p>}
        {children}
      </main>
      <footer class="foot">
        <div class="wide">
          <p class="ready">
            <span class={isReady ? "dot dot-on" : "dot"} aria-hidden="true" />{" "}
            {say(isReady ? "ready_offline" : "not_ready_offline", lang)}
          </p>
          <p class="quiet">{say("privacy", lang)}</p>
          <p>
            <a href={lang === "en" ? "/?lang=en" : "/"}>{say("online", lang)}</a>
          </p>
        </div>
      </footer>
    </>
  );
}

interface LangProps {
  readonly lang: Lang;
  readonly now: Lang;
  readonly label: string;
  readonly onLang: (lang: Lang) => void;
}

function LangButton({ lang, now, label, onLang }: LangProps) {
  return (
    <button class="lang" type="button" lang={lang === "en" ? "en" : "zh-CN"} aria-pressed={lang === now} onClick={() => onLang(lang)}>
      {label}
    </button>
  );
}

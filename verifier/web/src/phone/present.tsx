// When the holder is here: four spoken digits, or our question as a QR code.
import { useState } from "preact/hooks";
import { encode } from "uqr";

import { isQuestionText } from "../core/qr.ts";
import type { Lang } from "../shared/texts.ts";
import type { OpenQuestion } from "./desk.ts";
import { clockText, say } from "./texts.ts";

interface ChallengeProps {
  readonly lang: Lang;
  readonly challenge: string | undefined;
  readonly onNew: () => void;
  readonly onEnd: () => void;
  readonly onScan: () => void;
}

export function Challenge({ lang, challenge, onNew, onEnd, onScan }: ChallengeProps) {
  return (
    <section class="panel" aria-labelledby="here-title">
      <h2 id="here-title">{say("here_title", lang)}</h2>
      <p>{say("here_how", lang)}</p>
      {challenge === undefined ? (
        <button class="button button-second" type="button" onClick={onNew}>
          {say("challenge_new", lang)}
        </button>
      ) : (
        <>
          <p class="spoken" role="status">
            <span>{say("challenge_now", lang)}</span>
            <output class="digits">{challenge}</output>
          </p>
          <div class="buttons">
            <button class="button" type="button" onClick={onScan}>
              {say("challenge_scan", lang)}
            </button>
            <button class="button button-plain" type="button" onClick={onEnd}>
              {say("challenge_end", lang)}
            </button>
          </div>
        </>
      )}
    </section>
  );
}

interface TwoWayProps {
  readonly lang: Lang;
  readonly open: OpenQuestion | undefined;
  readonly audience: string;
  readonly now: number;
  readonly onAsk: (audience: string, purpose: string) => void;
  readonly onDrop: () => void;
  readonly onScan: () => void;
}

export function TwoWay(props: TwoWayProps) {
  const { lang, open, now } = props;
  const isOpen = open !== undefined && now <= open.question.expiresAt;
  return (
    <section class="panel" aria-labelledby="two-title">
      <h2 id="two-title">{say("two_title", lang)}</h2>
      <p>{say("two_how", lang)}</p>
      {isOpen ? <Asked {...props} open={open} /> : <AskForm {...props} />}
    </section>
  );
}

function Asked({ lang, open, onDrop, onScan }: TwoWayProps & { open: OpenQuestion }) {
  const { question, text } = open;
  return (
    <>
      <figure class="question">
        <QrPicture text={text} label={say("two_show", lang)} />
        <figcaption>
          <b>{say("two_show", lang)}</b>
          <span>
            {question.audience} · {question.purpose}
          </span>
          <span class="quiet">
            {say("two_until", lang)} {clockText(question.expiresAt)}
          </span>
        </figcaption>
      </figure>
      <div class="buttons">
        <button class="button" type="button" onClick={onScan}>
          {say("two_scan", lang)}
        </button>
        <button class="button button-plain" type="button" onClick={onDrop}>
          {say("two_drop", lang)}
        </button>
      </div>
    </>
  );
}

function AskForm({ lang, audience, onAsk }: TwoWayProps) {
  const [who, setWho] = useState(audience);
  const [why, setWhy] = useState("");
  const [wrong, setWrong] = useState(false);
  const ask = (event: Event): void => {
    event.preventDefault();
    const fits = isQuestionText(who.trim()) && isQuestionText(why.trim());
    setWrong(!fits);
    if (fits) onAsk(who.trim(), why.trim());
  };
  return (
    <form class="ask" onSubmit={ask} noValidate>
      <label for="ask-who">{say("two_who", lang)}</label>
      <input id="ask-who" autocomplete="organization" maxLength={200} value={who} onInput={(event) => setWho(event.currentTarget.value)} />
      <label for="ask-why">{say("two_why", lang)}</label>
      <input id="ask-why" maxLength={200} placeholder={say("two_why_example", lang)} value={why} onInput={(event) => setWhy(event.currentTarget.value)} />
      <p role="alert" class="wrong">
        {wrong ? say("two_text", lang) : ""}
      </p>
      <button class="button button-second" type="submit">
        {say("two_make", lang)}
      </button>
    </form>
  );
}

/** Draws a QR code as one path; white around it, also on dark screens. */
function QrPicture({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  const path = data
    .map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join(""))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect class="qr-paper" width={size} height={size} />
      <path class="qr-ink" d={path} />
    </svg>
  );
}

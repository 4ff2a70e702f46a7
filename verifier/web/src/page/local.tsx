// Checks a QR object in the browser and shows the result; nothing of it is sent.
import { render } from "preact";

import { readText } from "../core/qr-text.ts";
import { STRICT, verifyQr } from "../core/verify-qr.ts";
import { ReportView } from "../shared/report-view.tsx";
import { type Lang, text } from "../shared/texts.ts";
import { openTrust } from "./online-trust.ts";

const MS = 1_000;

/**
 * Check and show.
 *
 * Args:
 *     given: What the code says.
 *     lang: Language of the page.
 *     ask: Sends it to the service, once somebody wants that.
 */
export async function showLocally(given: string, lang: Lang, ask: () => void): Promise<void> {
  const trust = await openTrust();
  // A fresh place each time: the page may have emptied the last one.
  const place = document.createElement("div");
  let asked = 0;
  const show = async (challenge?: string): Promise<void> => {
    asked += 1;
    const mine = asked;
    const now = Date.now() / MS;
    const question = { now, policy: STRICT, ...(challenge === undefined ? {} : { challenge }) };
    const { report } = await verifyQr(given, trust, trust.memory, question);
    // Somebody has typed other digits meanwhile.
    if (mine !== asked) return;
    render(
      <ReportView report={report} lang={lang}>
        <div class="local-note">
          <p>{text("result_local", lang)}</p>
          <button class="button button-second" type="button" onClick={ask}>
            {text("result_ask", lang)}
          </button>
        </div>
        {isScreenCode(given) && <Challenge lang={lang} onGiven={(digits) => void show(digits)} />}
      </ReportView>,
      place,
    );
    document.getElementById("verdict")?.focus();
  };
  document.getElementById("local")?.replaceChildren(place);
  await show();
}

/** Takes the digits that were spoken to the holder of a screen code. */
function Challenge({ lang, onGiven }: { lang: Lang; onGiven: (digits: string) => void }) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    onGiven(String(new FormData(form).get("challenge")));
  };
  return (
    <form class="challenge" onSubmit={submit}>
      <label for="challenge">{text("challenge_label", lang)}</label>
      <div class="line">
        <input
          id="challenge"
          name="challenge"
          type="text"
          inputMode="numeric"
          pattern="[0-9]{4}"
          maxLength={4}
          required
          autocomplete="off"
          aria-describedby="challenge-hint"
        />
        <button class="button button-second" type="submit">
          {text("challenge_check", lang)}
        </button>
      </div>
      <p class="quiet" id="challenge-hint">
        {text("challenge_hint", lang)}
      </p>
    </form>
  );
}

function isScreenCode(given: string): boolean {
  try {
    return readText(given).kind === "S1";
  } catch {
    return false;
  }
}

// Checks a QR object in the browser and shows the result; nothing of it is sent.
import { render } from "preact";

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
  const question = { now: Date.now() / MS, policy: STRICT };
  const { report } = await verifyQr(given, trust, trust.memory, question);
  // A fresh place each time: the page may have emptied the last one.
  const place = document.createElement("div");
  document.getElementById("local")?.replaceChildren(place);
  render(
    <ReportView report={report} lang={lang}>
      <div class="local-note">
        <p>{text("result_local", lang)}</p>
        <button class="button button-second" type="button" onClick={ask}>
          {text("result_ask", lang)}
        </button>
      </div>
    </ReportView>,
    place,
  );
  document.getElementById("verdict")?.focus();
}

// What the phone has to check with, how old it is, and how to renew it.
import type { ComponentChildren } from "preact";

import { listUriCount } from "./counts.ts";
import type { Shown, Standing } from "./desk.ts";
import { ageText, clockText, type Key, say } from "./texts.ts";
import type { Lang } from "../shared/texts.ts";

const TITLES: Readonly<Record<Standing, Key>> = {
  none: "trust_none",
  refused: "trust_refused",
  clock: "trust_clock",
  stale: "trust_stale",
  ageing: "trust_ageing",
  fresh: "trust_fresh",
};
const HOWS: Readonly<Partial<Record<Standing, Key>>> = {
  none: "trust_none_how",
  clock: "trust_clock_how",
  stale: "trust_stale_how",
};

interface Props {
  readonly shown: Shown;
  readonly now: number;
  readonly lang: Lang;
  readonly busy: string | undefined;
  readonly told: Key | undefined;
  readonly onUpdate: () => void;
  readonly onImport: (file: File) => void;
}

export function TrustBar(props: Props) {
  const { shown, now, lang, busy, told } = props;
  const { standing, trust } = shown;
  const how = HOWS[standing];
  return (
    <section class={`pack p-${standing}`} aria-labelledby="pack-title">
      <div class="pack-row">
        <StandingSign standing={standing} />
        <div class="pack-words">
          <h2 id="pack-title">{say(TITLES[standing], lang)}</h2>
          {trust !== undefined && (
            <p>
              {say("trust_age", lang)} <b>{ageText(now - trust.issuedAt, lang)}</b>
              <span class="quiet"> · {say("trust_until", lang)} {clockText(trust.metadataExpiresAt)}</span>
            </p>
          )}
          {how !== undefined && <p>{say(how, lang)}</p>}
        </div>
      </div>
      <div class="buttons">
        <button class="button" type="button" onClick={props.onUpdate} disabled={busy !== undefined}>
          {say("update", lang)}
        </button>
        <FileButton label={say("import", lang)} accept=".zip,application/zip" onFile={props.onImport} plain />
      </div>
      <p role="status" class="pack-told">
        {busy ?? (told === undefined ? "" : say(told, lang))}
      </p>
      <PackDetails {...props} />
    </section>
  );
}

function PackDetails({ shown, lang }: Props) {
  const { trust, updatedAt, refusal } = shown;
  return (
    <details class="pack-details">
      <summary>{say("trust_details", lang)}</summary>
      {refusal !== undefined && (
        <p>
          <code>{refusal.code}</code> {refusal.message}
        </p>
      )}
      {trust !== undefined && (
        <dl class="small-rows">
          <Row name={say("trust_issued", lang)}>{clockText(trust.issuedAt)}</Row>
          <Row name={say("trust_until", lang)}>{clockText(trust.metadataExpiresAt)}</Row>
          {updatedAt !== undefined && <Row name={say("trust_updated", lang)}>{clockText(updatedAt)}</Row>}
          <Row name={say("trust_version", lang)}>{trust.bundle.version}</Row>
          <Row name={say("trust_lists", lang)}>{listUriCount(trust)}</Row>
          <Row name={say("trust_authorities", lang)}>
            {trust.bundle.authorities.map((one) => one.name).slice(0, 20).join("、")}
          </Row>
          <Row name={say("trust_root", lang)}>
            <code class="fingerprint">{trust.firstRoot.match(/.{8}/g)?.join(" ")}</code>
          </Row>
        </dl>
      )}
      {trust !== undefined && <p class="quiet">{say("trust_root_how", lang)}</p>}
      <p class="quiet">{say("import_how", lang)}</p>
    </details>
  );
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface FileProps {
  readonly label: string;
  readonly accept: string;
  readonly onFile: (file: File) => void;
  readonly plain?: boolean;
  readonly capture?: boolean;
}

/** A file input that looks like the other buttons; the input itself has the focus. */
export function FileButton({ label, accept, onFile, plain }: FileProps) {
  return (
    <label class={plain ? "button button-plain file-button" : "button button-second file-button"}>
      <input
        type="file"
        accept={accept}
        onChange={(event) => {
          const input = event.currentTarget;
          const file = input.files?.[0];
          if (file !== undefined) onFile(file);
          input.value = "";
        }}
      />
      {label}
    </label>
  );
}

/** The standing once more as a shape, for whoever does not see colours. */
function StandingSign({ standing }: { standing: Standing }) {
  const isGood = standing === "fresh" || standing === "ageing";
  return (
    <svg class="pack-sign" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {isGood ? <circle cx="12" cy="12" r="10.5" /> : <path class="ground" d="M12 1.5 23 22H1z" />}
      {isGood ? <path class="mark" d="M7 12.5l3.6 3.6L17.5 8.6" /> : <path class="mark" d="M12 9v6.2M12 18.4v.2" />}
    </svg>
  );
}

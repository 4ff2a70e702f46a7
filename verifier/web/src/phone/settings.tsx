// Rules, and erasing what the page keeps.
import { useEffect, useState } from "preact/hooks";

import { INSPECTOR, STRICT } from "../core/verify-qr.ts";
import type { Lang } from "../shared/texts.ts";
import type { Desk } from "./desk.ts";
import { say } from "./texts.ts";

/** The browser's own offer to install the page (`beforeinstallprompt`), where it makes one. */
export interface Installer extends Event {
  prompt: () => Promise<unknown>;
}

interface Props {
  readonly lang: Lang;
  readonly desk: Desk;
  readonly install: Installer | undefined;
}

export function Settings({ lang, desk, install }: Props) {
  const [profile, setProfile] = useState<string>(STRICT.name);
  useEffect(() => {
    void desk.policy().then((found) => setProfile(found.name));
  }, [desk]);
  const choose = (name: string): void => {
    setProfile(name);
    void desk.store.set("profile", name);
  };
  return (
    <details class="panel settings">
      <summary>{say("settings", lang)}</summary>
      <fieldset>
        <legend>{say("policy", lang)}</legend>
        <Rule name={STRICT.name} now={profile} onChoose={choose} label={say("policy_default", lang)} />
        <Rule name={INSPECTOR.name} now={profile} onChoose={choose} label={say("policy_inspector", lang)} />
      </fieldset>
      <p>
        <b>{say("install", lang)}</b> {say("install_how", lang)}
      </p>
      {install !== undefined && (
        <p>
          <button class="button button-second" type="button" onClick={() => void install.prompt()}>
            {say("install", lang)}
          </button>
        </p>
      )}
      <p>{say("forget_how", lang)}</p>
      <button class="button button-plain" type="button" onClick={() => void forget(desk, lang)}>
        {say("forget", lang)}
      </button>
    </details>
  );
}

interface RuleProps {
  readonly name: string;
  readonly now: string;
  readonly label: string;
  readonly onChoose: (name: string) => void;
}

function Rule({ name, now, label, onChoose }: RuleProps) {
  return (
    <label class="rule">
      <input type="radio" name="policy" value={name} checked={name === now} onChange={() => onChoose(name)} /> {label}
    </label>
  );
}

async function forget(desk: Desk, lang: Lang): Promise<void> {
  if (!window.confirm(say("forget_sure", lang))) return;
  await desk.erase();
  location.reload();
}

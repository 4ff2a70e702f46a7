// What can be checked: a code by camera, photo or pasted text; a licence file.
import { useState } from "preact/hooks";

import type { Lang } from "../shared/texts.ts";
import { say } from "./texts.ts";
import { FileButton } from "./trust-bar.tsx";

interface Props {
  readonly lang: Lang;
  readonly onScan: () => void;
  readonly onPhoto: (file: File) => void;
  readonly onFile: (file: File) => void;
  readonly onText: (text: string) => void;
}

export function CheckPanel({ lang, onScan, onPhoto, onFile, onText }: Props) {
  const [text, setText] = useState("");
  const paste = (event: Event): void => {
    event.preventDefault();
    if (text.trim() !== "") onText(text.trim());
    setText("");
  };
  return (
    <section class="panel panel-first" aria-labelledby="check-title">
      <h2 id="check-title">{say("check_title", lang)}</h2>
      <div class="buttons">
        <button class="button button-large" type="button" onClick={onScan}>
          {say("scan", lang)}
        </button>
        <FileButton label={say("photo", lang)} accept="image/*" onFile={onPhoto} />
        <FileButton label={say("file", lang)} accept="application/pdf,.pdf,application/json,.json" onFile={onFile} />
      </div>
      <p class="quiet">{say("scan_how", lang)}</p>
      <p class="quiet">{say("file_how", lang)}</p>
      <details>
        <summary>{say("paste", lang)}</summary>
        <form class="ask" onSubmit={paste}>
          <label for="pasted">{say("paste", lang)}</label>
          <textarea id="pasted" rows={4} maxLength={4_600} spellcheck={false} autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <button class="button button-second" type="submit">
            {say("paste_do", lang)}
          </button>
        </form>
      </details>
    </section>
  );
}

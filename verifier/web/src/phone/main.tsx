// Start of the offline page.
import "../shared/base.css";
import "../shared/verdict.css";
import "./phone.css";

import { render } from "preact";

import { asRefusal } from "../core/errors.ts";
import type { Lang } from "../shared/texts.ts";
import { App } from "./app.tsx";
import { Desk } from "./desk.ts";

async function start(place: HTMLElement): Promise<void> {
  try {
    const desk = await Desk.open();
    const kept = await desk.store.get("lang");
    const lang: Lang = kept === "en" ? "en" : "zh";
    place.replaceChildren();
    render(<App desk={desk} start={lang} />, place);
  } catch (error) {
    // No store, or a damaged memory: nothing can be checked, and that is said.
    const { code, message } = asRefusal(error);
    place.replaceChildren();
    render(<Broken code={code} message={message} />, place);
  }
}

function Broken({ code, message }: { code: string; message: string }) {
  return (
    <main class="wide">
      <h1>离线查验</h1>
      <p role="alert">
        本页打不开它存在手机上的资料（无痕浏览，或资料损坏）。在解决之前，什么也不能查。
        <span lang="en"> The data on this phone cannot be opened; nothing can be checked.</span>
      </p>
      <p>
        <code>{code}</code> {message}
      </p>
      <button class="button" type="button" onClick={() => void erase()}>
        清除本机的全部资料 <span lang="en">Erase</span>
      </button>
    </main>
  );
}

async function erase(): Promise<void> {
  indexedDB.deleteDatabase("anzheng-offline");
  location.reload();
}

const place = document.getElementById("phone");
if (place !== null) void start(place);

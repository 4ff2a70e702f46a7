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
    const lang = await langOf(desk);
    place.replaceChildren();
    render(<App desk={desk} start={lang} />, place);
  } catch (error) {
    // No store, or a damaged memory: nothing can be checked, and that is said.
    const { code, message } = asRefusal(error);
    place.replaceChildren();
    render(<Broken code={code} message={message} />, place);
  }
}

/** The language of the link that led here, else the one that was chosen last. */
async function langOf(desk: Desk): Promise<Lang> {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked !== "en" && asked !== "zh") return (await desk.store.get("lang")) === "en" ? "en" : "zh";
  // A store that is full keeps nobody from checking.
  await desk.store.set("lang", asked).catch(() => undefined);
  // What is chosen on the page counts from now on, also when it is loaded again.
  history.replaceState(null, "", `${location.pathname}${location.hash}`);
  return asked;
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

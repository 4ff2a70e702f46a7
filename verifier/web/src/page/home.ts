// The start page: drop a file, scan or photograph a code, type one; or open a scanned address.
import { pageLang, text, type TextKey } from "../shared/texts.ts";
import { quotable, understand } from "../shared/codes.ts";
import { NoResult, send } from "./sending.ts";

const lang = pageLang();

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export function startHome(): void {
  element("file-hint").textContent = text("file_hint", lang);
  const file = element<HTMLInputElement>("file");
  // The label becomes the button; the field lies over it, for keyboard and screen reader.
  const label = document.querySelector<HTMLLabelElement>(".file-label") as HTMLLabelElement;
  label.textContent = text("file_choose", lang);
  label.append(file);
  element("file-form").querySelector("button")?.setAttribute("hidden", "");
  file.addEventListener("change", () => takeFiles(file.files));
  element("qr-plain").hidden = true;
  element("qr-buttons").hidden = false;
  element("scan").addEventListener("click", () => void scan());
  startPhoto();
  startDrop();
  startText();
  window.addEventListener("hashchange", takeFragment);
  // Coming back with the browser's button must not show an old wait.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) done();
  });
  takeFragment();
}

// ---------------------------------------------------------------- ways in

function startDrop(): void {
  const root = document.documentElement;
  const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") === true;
  document.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    root.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) root.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    root.classList.remove("dragging");
    if (!holdsFiles(event)) return;
    event.preventDefault();
    takeFiles(event.dataTransfer?.files ?? null);
  });
}

function startPhoto(): void {
  const input = element<HTMLInputElement>("photo-file");
  element("photo").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    takeFiles(input.files);
    input.value = "";
  });
}

function startText(): void {
  element<HTMLFormElement>("text-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = element<HTMLInputElement>("text").value.trim();
    if (typed !== "") takeText(typed, "typed");
  });
}

async function scan(): Promise<void> {
  clear();
  const { openScanner } = await import("./scan.tsx");
  openScanner(lang, (texts) => takeText(best(texts), "seen"));
}

function takeFragment(): void {
  const fragment = decodeFragment(location.hash);
  if (fragment.startsWith("c=")) {
    element<HTMLInputElement>("text").value = fragment.slice(2, 42);
    takeText(fragment.slice(2, 42), "typed");
  } else if (understand(fragment).kind === "object") {
    takeText(fragment, "seen");
  }
}

function decodeFragment(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return "";
  }
}

// ---------------------------------------------------------------- what came

function takeFiles(files: FileList | null): void {
  clear();
  const file = files?.[0];
  if (file === undefined) return;
  if (files !== null && files.length > 1) return tell("drop_many");
  if (file.type.startsWith("image/")) void readPhoto(file);
  else void ask(file, element("file-form"));
}

async function readPhoto(file: File): Promise<void> {
  const wait = busy(element("qr-buttons"), "busy_reading");
  try {
    const { readPicture } = await import("../shared/qr-reader.ts");
    const texts = await readPicture(file);
    if (wait.signal.aborted) return;
    done();
    if (texts.length === 0) tell("photo_none");
    else takeText(best(texts), "seen");
  } catch {
    done();
    tell("photo_none");
  }
}

/** Of several codes in one picture the one of ours. */
function best(texts: readonly string[]): string {
  return texts.find((each) => understand(each).kind !== "other") ?? texts[0] ?? "";
}

function takeText(given: string, how: "typed" | "seen"): void {
  clear();
  const found = understand(given);
  if (found.kind === "object") void checkHere(given);
  else if (found.kind === "code") void ask(found.code, element("text-form"));
  else if (how === "typed") void ask(given, element("text-form"));
  else tell("qr_other", given);
}

async function checkHere(given: string): Promise<void> {
  const wait = busy(element("qr-buttons"), "busy_checking");
  try {
    const { showLocally } = await import("./local.tsx");
    if (!wait.signal.aborted) await showLocally(given, lang, () => void ask(given, element("qr-buttons")));
    done();
  } catch {
    done();
    tell("problem_offline");
  }
}

async function ask(body: Blob | string, near: HTMLElement): Promise<void> {
  const at = element<HTMLInputElement>("at");
  if (typeof body !== "string" && !at.checkValidity()) {
    // What is folded away cannot show what is wrong with it.
    (at.closest("details") as HTMLDetailsElement).open = true;
    at.reportValidity();
    done();
    return;
  }
  const wait = busy(near, typeof body === "string" ? "busy_checking" : "busy_sending");
  try {
    const day = typeof body === "string" ? "" : at.value;
    const address = await send(body, day, wait.signal, wait.progress);
    location.assign(lang === "en" ? `${address}?lang=en` : address);
  } catch (error) {
    done();
    if (error instanceof NoResult) tell(error.key);
    else if (!wait.signal.aborted) tell("problem_other");
  }
}

// ---------------------------------------------------------------- what is told

interface Wait {
  readonly signal: AbortSignal;
  readonly progress: (part: number) => void;
}

let waiting: { box: HTMLElement; stop: AbortController } | undefined;

function busy(near: HTMLElement, key: TextKey): Wait {
  done();
  const stop = new AbortController();
  const box = document.createElement("div");
  box.className = "busy";
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.textContent = text(key, lang);
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", text(key, lang));
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "button button-second";
  cancel.textContent = text("cancel", lang);
  cancel.addEventListener("click", () => done());
  box.append(said, bar, cancel);
  near.after(box);
  waiting = { box, stop };
  const progress = (part: number): void => {
    if (part < 1) bar.value = part;
    else {
      bar.removeAttribute("value");
      said.textContent = text("busy_checking", lang);
    }
  };
  return { signal: stop.signal, progress };
}

function done(): void {
  waiting?.stop.abort();
  waiting?.box.remove();
  waiting = undefined;
  element<HTMLInputElement>("file").value = "";
}

function clear(): void {
  element("problem").hidden = true;
  element("local").replaceChildren();
}

function tell(key: TextKey, quoted = ""): void {
  const box = element("problem");
  const said = box.querySelector("[data-problem]") as HTMLElement;
  said.textContent = text(key, lang);
  if (quoted !== "") {
    const code = document.createElement("code");
    code.className = "other-code";
    code.textContent = quotable(quoted);
    said.append(code);
  }
  box.hidden = false;
  box.focus();
}

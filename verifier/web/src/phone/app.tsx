// The offline page: data bar, what can be checked, the result.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { asRefusal, type Code } from "../core/errors.ts";
import { MAX_PDF_BYTES } from "../core/hole.ts";
import { drawChallenge } from "../core/qr.ts";
import { isObjectText } from "../core/qr-text.ts";
import type { ReportJson } from "../core/report.ts";
import { understand } from "../shared/codes.ts";
import { readPicture } from "../shared/qr-reader.ts";
import { Scanner } from "../shared/scanner.tsx";
import type { Lang } from "../shared/texts.ts";
import { CheckPanel } from "./check-panel.tsx";
import type { Desk, OpenQuestion, Standing } from "./desk.ts";
import { Frame } from "./frame.tsx";
import { Challenge, TwoWay } from "./present.tsx";
import { registerWorker } from "./register.ts";
import { Result } from "./result.tsx";
import { type Installer, Settings } from "./settings.tsx";
import { type Key, say } from "./texts.ts";
import { TrustBar } from "./trust-bar.tsx";
import { Turns } from "./turns.ts";

const TICK_MS = 10_000;
/** A spoken challenge is forgotten after this: the conversation is over. */
const CHALLENGE_SECONDS = 300;

/** How the data stand when they are renewed without being asked. */
const RENEWED: ReadonlySet<Standing> = new Set(["none", "ageing", "stale"]);

type Work = (progress: (done: number, all: number) => void, signal: AbortSignal) => Promise<void>;

const UPDATE_TOLD: Readonly<Record<Code, Key>> = {
  TRUST_UNAVAILABLE: "update_offline",
  STORE_FAILED: "update_store",
};

function isHeld(report: ReportJson): boolean {
  return report.checks.some((check) => check.name === "holder" && check.state === "passed");
}

export function App({ desk, start }: { desk: Desk; start: Lang }) {
  const [lang, setLang] = useState<Lang>(start);
  const [now, setNow] = useState(Date.now() / 1000);
  const [shown, setShown] = useState(desk.shown());
  const [busy, setBusy] = useState<string>();
  const [told, setTold] = useState<Key>();
  const [wrong, setWrong] = useState<Key>();
  const [report, setReport] = useState<ReportJson>();
  const [isJudging, setJudging] = useState(false);
  const [scanning, setScanning] = useState(false);
  const [challenge, setChallenge] = useState<{ digits: string; at: number }>();
  const [question, setQuestion] = useState<OpenQuestion>();
  const [audience, setAudience] = useState<string>();
  const [isReady, setReady] = useState(false);
  const [newer, setNewer] = useState<() => void>();
  const [installer, setInstaller] = useState<Installer>();
  const [turns] = useState(() => new Turns());
  const spoken = useRef<string | undefined>(undefined);

  // Before the words are painted: a screen reader must not read them with the other voice.
  useLayoutEffect(() => {
    document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
    document.title = `${say("site", lang)} · 安证`;
  }, [lang]);

  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now() / 1000);
      setShown(desk.shown());
    }, TICK_MS);
    return () => clearInterval(timer);
  }, [desk]);

  useEffect(() => {
    void registerWorker({ onReady: () => setReady(true), onNewer: (take) => setNewer(() => take) });
    void desk.openQuestion(location.origin).then(setQuestion);
    void desk.store.get("audience").then((found) => setAudience(found ?? ""));
    void checkFragment();
    // Public data, the same for everybody: renewed without being asked while there is a network.
    const renew = (): void => {
      if (!navigator.onLine || !RENEWED.has(desk.shown().standing)) return;
      update((progress, signal) => desk.update(progress, signal), false);
    };
    renew();
    addEventListener("online", renew);
    const keepOffer = (event: Event): void => {
      event.preventDefault();
      setInstaller(event as Installer);
    };
    const dropOffer = (): void => setInstaller(undefined);
    addEventListener("beforeinstallprompt", keepOffer);
    addEventListener("appinstalled", dropOffer);
    return () => {
      removeEventListener("online", renew);
      removeEventListener("beforeinstallprompt", keepOffer);
      removeEventListener("appinstalled", dropOffer);
    };
  }, [desk]);

  const isOld = challenge !== undefined && now > challenge.at + CHALLENGE_SECONDS;
  const digits = isOld ? undefined : challenge?.digits;
  spoken.current = digits;

  const update = (work: Work, isWanted = true): void => {
    void turns.take((signal) => renewed(work, signal, isWanted), isWanted);
  };

  const renewed = async (work: Work, signal: AbortSignal, isWanted: boolean): Promise<void> => {
    setTold(undefined);
    setBusy(say("updating", lang));
    try {
      await work((done, all) => setBusy(`${say("updating", lang)} ${done} / ${all}`), signal);
      setTold("updated");
      void navigator.storage?.persist?.();
    } catch (error) {
      // Nobody asked for it: that there is no network is no news then. A refused pack always is.
      const found = UPDATE_TOLD[asRefusal(error).code] ?? "update_refused";
      const isNews = !signal.aborted && (isWanted || found === "update_refused");
      setTold(isNews ? found : undefined);
    }
    setBusy(undefined);
    setNow(Date.now() / 1000);
    setShown(desk.shown());
  };

  const judge = useCallback(
    async (work: () => Promise<ReportJson>): Promise<void> => {
      setWrong(undefined);
      setReport(undefined);
      setJudging(true);
      try {
        setReport(await work());
        setQuestion(await desk.openQuestion(location.origin));
      } catch (error) {
        setWrong(asRefusal(error).code === "TRUST_UNAVAILABLE" ? "trust_none_how" : "failed");
      }
      setJudging(false);
      setShown(desk.shown());
    },
    [desk],
  );

  const checkText = (text: string): void => {
    const { kind } = understand(text);
    if (kind !== "object") {
      setWrong(kind === "code" ? "code_pointer" : "code_other");
      return;
    }
    const challenged = spoken.current;
    void judge(async () => {
      const found = await desk.checkText(text, challenged === undefined ? {} : { challenge: challenged });
      // Until it is answered it is asked of the next code too: else a second try needs no digits.
      if (isHeld(found)) setChallenge(undefined);
      return found;
    });
  };

  const checkFragment = async (): Promise<void> => {
    const text = location.hash.slice(1);
    if (!isObjectText(text)) return;
    history.replaceState(null, "", location.pathname);
    checkText(text);
  };

  const checkPhoto = async (file: File): Promise<void> => {
    const texts = await readPicture(file).catch(() => []);
    const found = texts.find(isObjectText) ?? texts[0];
    if (found === undefined) setWrong("photo_none");
    else checkText(found);
  };

  const checkFile = async (file: File): Promise<void> => {
    if (file.size > 50 * 1024 * 1024) {
      setWrong("file_large");
      return;
    }
    // A file over the limit is judged by its beginning: no licence is that large.
    const data = new Uint8Array(await file.slice(0, MAX_PDF_BYTES + 1).arrayBuffer());
    await judge(() => desk.checkFile(data));
  };

  const scanned = (texts: readonly string[]): boolean => {
    const found = texts.find(isObjectText) ?? texts[0];
    if (found === undefined) return false;
    checkText(found);
    return true;
  };

  const choose = (wanted: Lang): void => {
    setLang(wanted);
    void desk.store.set("lang", wanted);
  };

  const isTest = shown.trust?.bundle.environment === "test";
  return (
    <Frame lang={lang} onLang={choose} isTest={isTest} isReady={isReady} isResult={report !== undefined}>
      {newer !== undefined && (
        <p class="newer" role="status">
          {say("new_build", lang)}{" "}
          <button class="button button-second" type="button" onClick={newer}>
            {say("new_build_do", lang)}
          </button>
        </p>
      )}
      {report !== undefined && (
        <Result report={report} lang={lang} onAgain={() => setReport(undefined)} />
      )}
      <p role="alert" class="wrong">
        {wrong === undefined ? "" : say(wrong, lang)}
      </p>
      <p role="status" class="judging">
        {isJudging ? say("checking", lang) : ""}
      </p>
      <div hidden={report !== undefined}>
        <TrustBar
          shown={shown}
          now={now}
          lang={lang}
          busy={busy}
          told={told}
          onUpdate={() => update((progress, signal) => desk.update(progress, signal))}
          onImport={(file) => update((progress) => desk.importPack(file, progress))}
        />
        <CheckPanel
          lang={lang}
          onScan={() => setScanning(true)}
          onPhoto={(file) => void checkPhoto(file)}
          onFile={(file) => void checkFile(file)}
          onText={checkText}
        />
        <Challenge
          lang={lang}
          challenge={digits}
          onNew={() => setChallenge({ digits: drawChallenge(), at: Date.now() / 1000 })}
          onEnd={() => setChallenge(undefined)}
          onScan={() => setScanning(true)}
        />
        {audience !== undefined && (
          <TwoWay
            lang={lang}
            open={question}
            audience={audience}
            now={now}
            onAsk={(who, why) => {
              setAudience(who);
              void desk.askHolder(who, why, location.origin).then(setQuestion);
            }}
            onDrop={() => void desk.dropQuestion().then(() => setQuestion(undefined))}
            onScan={() => setScanning(true)}
          />
        )}
        <Settings lang={lang} desk={desk} install={installer} />
      </div>
      {scanning && <Scanner lang={lang} onTexts={scanned} onClose={() => setScanning(false)} />}
    </Frame>
  );
}

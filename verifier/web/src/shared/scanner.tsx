// The camera in a dialog: ends with the text of the first code, or when it is closed.
import "./scanner.css";

import { useEffect, useRef, useState } from "preact/hooks";

import { readVideo } from "./qr-reader.ts";
import { type Lang, text, type TextKey } from "./texts.ts";

const PAUSE_MS = 120;

/** Switches the light beside the camera; says whether it is on now. */
type Torch = (on: boolean) => Promise<boolean>;

interface Props {
  readonly lang: Lang;
  /** Takes the texts of the codes seen; says whether one of them is what was wanted. */
  readonly onTexts: (texts: readonly string[]) => boolean;
  readonly onClose: () => void;
}

export function Scanner({ lang, onTexts, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [told, setTold] = useState<TextKey>("scan_wait");
  const [torch, setTorch] = useState<Torch>();
  const [isLit, setLit] = useState(false);

  useEffect(() => {
    const stop = new AbortController();
    dialog.current?.showModal();
    const onTorch = (found: Torch): void => setTorch(() => found);
    const place = video.current as HTMLVideoElement;
    void run(place, stop.signal, onTexts, setTold, onTorch).then((found) => {
      if (found) dialog.current?.close();
    });
    return () => stop.abort();
  }, []);

  return (
    <dialog ref={dialog} aria-labelledby="scan-title" onClose={onClose}>
      <h2 id="scan-title">{text("scan_title", lang)}</h2>
      <div class="scan-view">
        <video ref={video} muted playsInline aria-label={text("scan_title", lang)} />
        <div class="scan-frame" />
      </div>
      <p role="status">{text(told, lang)}</p>
      {torch !== undefined && (
        <button
          class="button button-second"
          type="button"
          aria-pressed={isLit}
          onClick={() => void torch(!isLit).then(setLit)}
        >
          {text("scan_torch", lang)}
        </button>
      )}{" "}
      <button class="button button-second" type="button" onClick={() => dialog.current?.close()}>
        {text("close", lang)}
      </button>
    </dialog>
  );
}

async function run(
  video: HTMLVideoElement,
  signal: AbortSignal,
  onTexts: (texts: readonly string[]) => boolean,
  tell: (key: TextKey) => void,
  onTorch: (torch: Torch) => void,
): Promise<boolean> {
  const stream = await openCamera(tell);
  if (stream === undefined) return false;
  try {
    if (signal.aborted) return false;
    const torch = torchOf(stream);
    if (torch !== undefined) onTorch(torch);
    video.srcObject = stream;
    await video.play();
    tell("scan_hint");
    while (!signal.aborted) {
      const texts = await readVideo(video);
      if (texts.length > 0 && onTexts(texts)) return true;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } catch {
    if (!signal.aborted) tell("scan_none");
  } finally {
    // The light beside the camera goes out at once.
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
  return false;
}

async function openCamera(tell: (key: TextKey) => void): Promise<MediaStream | undefined> {
  if (navigator.mediaDevices === undefined) {
    tell("scan_none");
    return undefined;
  }
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } },
      audio: false,
    });
  } catch (error) {
    const denied = error instanceof DOMException && error.name === "NotAllowedError";
    tell(denied ? "scan_denied" : "scan_none");
    return undefined;
  }
}

/** Return the switch of the light, where the camera has one: a mine is dark. */
function torchOf(stream: MediaStream): Torch | undefined {
  const [track] = stream.getVideoTracks();
  const able = track?.getCapabilities?.() as { torch?: boolean } | undefined;
  if (track === undefined || able?.torch !== true) return undefined;
  return async (on) => {
    try {
      await track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
      return on;
    } catch {
      return false;
    }
  };
}

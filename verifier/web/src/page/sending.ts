// Sends a file or a text to the service and returns where its result lies.
import type { TextKey } from "../shared/texts.ts";

export const MAX_BYTES = 50 * 1024 * 1024;

/** Why there is no result; never a judgement of what was sent. */
export class NoResult extends Error {
  constructor(readonly key: TextKey) {
    super(key);
  }
}

const BY_STATUS: Record<number, TextKey> = {
  400: "problem_text",
  // The body did not arrive in time.
  408: "problem_offline",
  413: "problem_large",
  415: "problem_text",
  429: "problem_busy",
  503: "problem_busy",
};

/** Say why a request was refused; of a file nobody typed anything wrong. */
export function because(status: number, isText: boolean): TextKey {
  const key = BY_STATUS[status] ?? "problem_other";
  return key === "problem_text" && !isText ? "problem_other" : key;
}

/** Send; `progress` is told the part that was sent, 0 to 1. `day` is the day asked about, or "". */
export function send(
  body: Blob | string,
  day: string,
  signal: AbortSignal,
  progress: (part: number) => void,
): Promise<string> {
  if (typeof body !== "string" && body.size > MAX_BYTES) {
    return Promise.reject(new NoResult("problem_large"));
  }
  const isText = typeof body === "string";
  if (!isText && body.size === 0) return Promise.reject(new NoResult("problem_empty_file"));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const query = new URLSearchParams(isText ? {} : { picture: "true" });
    if (day !== "") query.set("at", day);
    request.open("POST", `/v1/verifications?${query}`);
    // Neither the name of a file nor its kind is told: the service looks at its bytes.
    const type = isText ? "text/plain;charset=utf-8" : "application/octet-stream";
    request.setRequestHeader("Content-Type", type);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => progress(event.loaded / event.total);
    request.onload = () => {
      const id = request.getResponseHeader("Location")?.split("/").pop();
      if (request.status === 200 && id) resolve(`/result/${id}`);
      else reject(new NoResult(because(request.status, isText)));
    };
    request.onerror = () => reject(new NoResult("problem_offline"));
    request.ontimeout = request.onerror;
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(isText ? body : new Blob([body]));
  });
}

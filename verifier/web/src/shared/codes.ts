// What a scanned text is: an object of ours, a pointer with a look-up code, or something else.
import { isObjectText } from "../core/qr-text.ts";

export type Understood =
  | { readonly kind: "object" }
  | { readonly kind: "code"; readonly code: string }
  | { readonly kind: "other" };

/** The pointer on the pages of a licence: `…/L/CODE`, or this page with `#c=CODE`. */
const POINTER = /^https?:\/\/[^/?#\s]+(?:\/[^?#\s]*)?(?:\/L\/|#c=)([0-9A-Z*~$=-]{17,24})$/i;

/** Say what a text is. The address in it is never opened. */
export function understand(text: string): Understood {
  if (isObjectText(text)) return { kind: "object" };
  const code = POINTER.exec(text)?.[1];
  return code === undefined ? { kind: "other" } : { kind: "code", code };
}

const MAX_QUOTED = 500;

/** Return a stranger's text as it can be shown: nothing in it hides, or turns the words around it. */
export function quotable(text: string): string {
  return text.slice(0, MAX_QUOTED).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

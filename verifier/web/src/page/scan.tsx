// Opens the camera over the page.
import { render } from "preact";

import { Scanner } from "../shared/scanner.tsx";
import type { Lang } from "../shared/texts.ts";

/** Show the camera until a code is seen or somebody closes it. */
export function openScanner(lang: Lang, take: (texts: readonly string[]) => void): void {
  const place = document.createElement("div");
  document.body.append(place);
  let seen: readonly string[] = [];
  const close = (): void => {
    render(null, place);
    place.remove();
    if (seen.length > 0) take(seen);
  };
  const onTexts = (texts: readonly string[]): boolean => {
    seen = texts;
    return true;
  };
  render(<Scanner lang={lang} onTexts={onTexts} onClose={close} />, place);
}

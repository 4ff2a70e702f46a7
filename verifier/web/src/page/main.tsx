// Start of the public pages: what works without script is made better here.
import "../shared/base.css";
import "../shared/verdict.css";
import "./page.css";

import { startHome } from "./home.ts";
import { startResult } from "./result.ts";

document.documentElement.classList.add("with-script");
keepFragment();
if (document.getElementById("file-form") !== null) startHome();
if (document.getElementById("checks-title") !== null) startResult();

/** Changing the language keeps what stands behind `#`, which only this browser knows. */
function keepFragment(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".languages a")) {
    link.addEventListener("click", () => {
      link.hash = location.hash;
    });
  }
}

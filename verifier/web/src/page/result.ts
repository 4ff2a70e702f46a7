// The result page: printing, and forgetting.

export function startResult(): void {
  const print = document.getElementById("print");
  print?.removeAttribute("hidden");
  print?.addEventListener("click", () => window.print());
  printUnfolded();
  const forget = document.getElementById("forget");
  forget?.removeAttribute("hidden");
  forget?.addEventListener("click", () => void forgetResult(forget as HTMLButtonElement));
}

/** On paper nothing can be unfolded: every check is printed whole. */
function printUnfolded(): void {
  let opened: HTMLDetailsElement[] = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>("details:not([open])")];
    for (const each of opened) each.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
  });
}

export async function forgetResult(button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  const { address = "", done = "", failed = "" } = button.dataset;
  document.getElementById("not-forgotten")?.remove();
  try {
    const answer = await fetch(address, { method: "DELETE" });
    if (!answer.ok && answer.status !== 404) throw new Error(String(answer.status));
  } catch {
    // Somebody who believes that it is gone passes the address on.
    const told = document.createElement("p");
    told.id = "not-forgotten";
    told.className = "warning";
    told.setAttribute("role", "alert");
    told.textContent = failed;
    button.after(told);
    button.disabled = false;
    return;
  }
  const main = document.getElementById("main") as HTMLElement;
  const told = document.createElement("p");
  told.className = "lead";
  told.setAttribute("role", "status");
  told.textContent = done;
  main.replaceChildren(told);
  main.focus();
}

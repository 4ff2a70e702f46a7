/** Registers the service worker, and tells when a newer build waits. */
const WORKER = "/offline/worker.js";
const SCOPE = "/offline/";

export interface Told {
  /** This page would start without a network now. */
  onReady: () => void;
  /** A newer build waits; `takeOver` changes to it and loads the page anew. */
  onNewer: (takeOver: () => void) => void;
}

export async function registerWorker(told: Told): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  let isControlled = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    // The first worker takes this page over as it is; a later one brings other files.
    if (isControlled) location.reload();
    isControlled = true;
    told.onReady();
  });
  const options = { scope: SCOPE, updateViaCache: "none" } as const;
  const registration = await serviceWorker.register(WORKER, options);
  if (isControlled) told.onReady();
  if (registration.waiting !== null && isControlled) offer(registration.waiting, told);
  registration.addEventListener("updatefound", () => {
    const { installing } = registration;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed" && serviceWorker.controller !== null) offer(installing, told);
    });
  });
  // A page that stays open for days asks again when it is looked at.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void registration.update().catch(() => undefined);
  });
}

function offer(worker: ServiceWorker, told: Told): void {
  told.onNewer(() => worker.postMessage("take-over"));
}

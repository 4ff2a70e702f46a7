/**
 * The service worker of the offline page: serves one build of it, whole, with or without network.
 *
 * 1. Install: fetch every file of this build, past all caches, and hold each against its SHA-256;
 *    one wrong or missing file, and the build before stays.
 * 2. A new build waits until the page says so (the reader presses a button): no page ever mixes two.
 * 3. Activate: drop older builds. What is not of the build (trust data above all) is not kept here.
 *
 * Standard: W3C Service Workers; the files of a build are named by their content.
 */
/// <reference lib="webworker" />
import type { Stored } from "../../build/precache.ts";

declare const self: ServiceWorkerGlobalScope;
declare const __PRECACHE__: readonly Stored[];
declare const __BUILD__: string;

const PREFIX = "anzheng-offline-";
const CACHE = PREFIX + __BUILD__;
const PAGE = "/offline/index.html";
const FILES: ReadonlySet<string> = new Set(__PRECACHE__.map((file) => file.url));

self.addEventListener("install", (event) => {
  event.waitUntil(store());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOlder().then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  if (event.data === "take-over") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const isPage = request.mode === "navigate" && url.pathname.startsWith("/offline/");
  const path = isPage && !FILES.has(url.pathname) ? PAGE : url.pathname;
  if (FILES.has(path)) event.respondWith(stored(path));
});

async function store(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(__PRECACHE__.map((file) => storeOne(cache, file)));
}

async function storeOne(cache: Cache, file: Stored): Promise<void> {
  const response = await fetch(file.url, { cache: "reload", credentials: "omit", redirect: "error" });
  if (!response.ok) throw new Error(`${file.url}: ${response.status}`);
  const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  const found = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0"));
  // The server may have changed to a newer build in the middle of this one.
  if (found.join("") !== file.sha256) throw new Error(`${file.url} is of another build`);
  await cache.put(file.url, response);
}

async function dropOlder(): Promise<void> {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
}

async function stored(path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = await cache.match(path);
  // The browser may have cleared the cache; the network is then the only place.
  return found ?? fetch(path);
}

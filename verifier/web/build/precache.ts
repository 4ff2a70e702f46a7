// What the service worker has to store so that the offline page starts without a network.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Chunk {
  file: string;
  css?: string[];
  assets?: string[];
  imports?: string[];
  dynamicImports?: string[];
}

/** Address and SHA-256 of each file, sorted: the same build gives the same worker. */
export interface Stored {
  url: string;
  sha256: string;
}

const WORKER = "worker.js";

/** Return every file that `offline/index.html` can come to need. */
export function filesOfOfflinePage(dist: string): Stored[] {
  const manifest = JSON.parse(readFileSync(join(dist, "manifest.json"), "utf8")) as Record<
    string,
    Chunk
  >;
  // The page, its manifest and icons; the worker itself the browser keeps.
  const beside = readdirSync(join(dist, "offline")).filter((name) => name !== WORKER);
  const files = new Set<string>(beside.map((name) => `offline/${name}`));
  const seen = new Set<string>();
  const visit = (key: string): void => {
    const chunk = manifest[key];
    if (chunk === undefined || seen.has(key)) return;
    seen.add(key);
    for (const file of [chunk.file, ...(chunk.css ?? []), ...(chunk.assets ?? [])]) files.add(file);
    for (const next of [...(chunk.imports ?? []), ...(chunk.dynamicImports ?? [])]) visit(next);
  };
  visit("offline/index.html");
  return [...files].sort().map((file) => ({
    url: `/${file}`,
    sha256: createHash("sha256")
      .update(readFileSync(join(dist, file)))
      .digest("hex"),
  }));
}

/** Return the name of a build: another one as soon as one byte of one file is another. */
export function buildName(files: readonly Stored[]): string {
  return createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
}

// The service worker of the offline page: one file without imports at `/offline/worker.js`, built
// after the pages, because it carries the list of their files.
import { defineConfig } from "vite";

import { buildName, filesOfOfflinePage } from "./build/precache.ts";

const files = filesOfOfflinePage("dist");

export default defineConfig({
  publicDir: false,
  define: { __PRECACHE__: JSON.stringify(files), __BUILD__: JSON.stringify(buildName(files)) },
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: "es2022",
    rolldownOptions: {
      input: { worker: "src/phone/worker.ts" },
      output: { entryFileNames: "offline/[name].js", codeSplitting: false },
    },
  },
});

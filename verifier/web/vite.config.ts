// The two pages: the public one (its HTML comes from the service) and the offline one (static).
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/",
  publicDir: "public",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    // No `data:` addresses: the policy of the pages allows files of our own only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    target: "es2022",
    rolldownOptions: {
      input: { page: "src/page/main.tsx", offline: "offline/index.html" },
    },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    passWithNoTests: true,
    // CI runs on a loaded machine.
    testTimeout: 60_000,
  },
});

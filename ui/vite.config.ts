import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// `vite build` makes the window's page; with `--mode gallery`, the page of all its states.
export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  build: {
    chunkSizeWarningLimit: 1000,
    ...(mode === "gallery" && { outDir: "gallery-dist", rolldownOptions: { input: "gallery.html" } }),
    // The oldest web view that Herokey meets: WKWebView of macOS 12.
    target: "safari15",
    // The content security policy allows no data: addresses and no inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Components as a browser gets them, not as a server would draw them.
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: {
    environment: "jsdom",
    testTimeout: 30_000,
    setupFiles: "src/tests/setup.ts",
    include: ["src/tests/*.test.ts"],
  },
  // The app's icon is drawn once, in ../icons.
  server: { port: 5173, strictPort: true, fs: { allow: [".."] } },
}));

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// `vite build` builds the window's page; with `--mode gallery`, the page of all its states.
export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  build: {
    chunkSizeWarningLimit: 1000,
    ...(mode === "gallery" && { outDir: "gallery-dist", rolldownOptions: { input: "gallery.html" } }),
    // The oldest supported web view: WKWebView of macOS 12.
    target: "safari15",
    // The content security policy forbids data: URLs and inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // Build components for the browser, not for server-side rendering.
  resolve: process.env.VITEST ? { conditions: ["browser"] } : {},
  test: {
    environment: "jsdom",
    testTimeout: 30_000,
    setupFiles: "src/tests/setup.ts",
    include: ["src/tests/*.test.ts"],
  },
  // The app icon is outside this folder, in ../icons.
  server: { port: 5173, strictPort: true, fs: { allow: [".."] } },
}));

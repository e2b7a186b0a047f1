import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  build: {
    // The oldest web view that Herokey meets: WKWebView of macOS 12.
    target: "safari15",
    // The content security policy allows no data: addresses and no inline scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // The app's icon is drawn once, in ../icons.
  server: { port: 5173, strictPort: true, fs: { allow: [".."] } },
});

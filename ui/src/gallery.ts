// Every state of the window side by side, or with ?state=… one of them. Not part of the app.
// Variants: &dir=rtl, &lang=de, &text=200 (per cent).
import { mount } from "svelte";

import { audit } from "./audit";
import { asked, fake, states } from "./fake";
import "./styles/tokens.css";
import "./styles/base.css";

const wanted = new URLSearchParams(location.search);
const state = wanted.get("state");

// For whoever drives this page: the gallery's pictures, and the test of them.
Object.assign(window, { gallery: { states: Object.keys(states), audit, asked } });

if (state === null) {
  document.body.style.overflow = "auto";
  for (const name of Object.keys(states)) {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: `?state=${name}`, title: name, width: "420", height: "640" });
    document.body.append(frame);
  }
} else {
  const root = document.documentElement;
  root.dir = wanted.get("dir") ?? "ltr";
  root.style.fontSize = `${wanted.get("text") ?? 100}%`;
  const language = wanted.get("lang") ?? "en";
  Object.defineProperty(navigator, "language", { value: language });
  // The catalogue is chosen when it is first read.
  const { default: Window } = await import("./components/Window.svelte");
  mount(Window, { target: document.body, props: { backend: fake(state) } });
}

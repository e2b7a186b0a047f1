// Every state of the window side by side, or with ?state=… one of them. Not part of the app.
// Variants: &dir=rtl, &text=200 (percent).
import { mount } from "svelte";

import { audit } from "./audit";
import type { Request } from "./bindings";
import Window from "./components/Window.svelte";
import { fake } from "./fake";
import { pictures, states } from "./fake/states";
import "./styles/tokens.css";
import "./styles/base.css";

const wanted = new URLSearchParams(location.search);
const state = wanted.get("state");
const names = Object.keys(pictures);

async function found(testId: string): Promise<HTMLElement> {
  for (;;) {
    const element = document.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
    if (element) return element;
    await new Promise(requestAnimationFrame);
  }
}

/** Comes back once all of the state is there to see. */
async function show(name: string): Promise<void> {
  const picture = pictures[name];
  if (!picture) throw new Error(`there is no state ${name}`);
  const [state, ...clicks] = picture;
  const root = document.documentElement;
  root.dir = wanted.get("dir") ?? "ltr";
  root.style.fontSize = `${wanted.get("text") ?? 100}%`;
  const backend = fake(state);
  mount(Window, { target: document.body, props: { backend } });
  gallery.asked = backend.asked;
  for (const id of clicks) (await found(id)).click();
  const { busy, screen } = states[state];
  // What takes long is shown only after a while.
  if (busy && screen.kind !== "waiting") await found("busy");
}

function showAll() {
  document.body.style.overflow = "auto";
  for (const name of names) {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: `?state=${name}`, title: name, width: "420", height: "640" });
    document.body.append(frame);
  }
}

// For whoever drives this page: the gallery's pictures, and the tests of what can be seen.
const gallery = { names, audit, asked: [] as Request[], ready: Promise.resolve() };
Object.assign(window, { gallery });
if (state === null) showAll();
else gallery.ready = show(state);

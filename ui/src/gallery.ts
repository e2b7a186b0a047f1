// Shows every state of the window side by side, or one of them with ?state=…. Not part of the app.
// Variants: &dir=rtl, &text=200 (percent).
import { mount } from "svelte";

import { audit } from "./audit";
import Window from "./components/Window.svelte";
import { fake } from "./fake";
import { pictures, states } from "./fake/states";
import "./styles/tokens.css";
import "./styles/base.css";

const options = new URLSearchParams(location.search);
const state = options.get("state");
const names = Object.keys(pictures);

async function waitFor(testId: string): Promise<HTMLElement> {
  for (;;) {
    const element = document.querySelector<HTMLElement>(`[data-testid="${testId}"]`);
    if (element) return element;
    await new Promise(requestAnimationFrame);
  }
}

/** Resolves once the whole state is visible. */
async function show(name: string): Promise<void> {
  const picture = pictures[name];
  if (!picture) throw new Error(`there is no state ${name}`);
  const [state, ...clicks] = picture;
  const root = document.documentElement;
  root.dir = options.get("dir") ?? "ltr";
  root.style.fontSize = `${options.get("text") ?? 100}%`;
  mount(Window, { target: document.body, props: { backend: fake(state) } });
  for (const id of clicks) (await waitFor(id)).click();
  const { busy, screen } = states[state];
  // The window shows a running action only after a delay.
  if (busy && screen.kind !== "waiting") await waitFor("busy");
}

function showAll() {
  document.body.style.overflow = "auto";
  for (const name of names) {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: `?state=${name}`, title: name, width: "420", height: "640" });
    document.body.append(frame);
  }
}

// For the programs that drive this page: the screenshots and the tests of what is visible.
const gallery = { names, audit, ready: Promise.resolve() };
Object.assign(window, { gallery });
if (state === null) showAll();
else gallery.ready = show(state);

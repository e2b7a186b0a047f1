// Every state of the window side by side, or with ?state=… one of them. Not part of what is built.
import { mount } from "svelte";

import Window from "./components/Window.svelte";
import { fake, states } from "./fake";
import "./styles/tokens.css";
import "./styles/base.css";

const state = new URLSearchParams(location.search).get("state");

if (state === null) {
  document.body.style.overflow = "auto";
  for (const name of Object.keys(states)) {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: `?state=${name}`, title: name, width: "420", height: "640" });
    document.body.append(frame);
  }
} else {
  mount(Window, { target: document.body, props: { backend: fake(state) } });
}

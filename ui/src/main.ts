import { mount } from "svelte";

import { tauri } from "./backend";
import Window from "./components/Window.svelte";
import "./styles/tokens.css";
import "./styles/base.css";

mount(Window, { target: document.body, props: { backend: tauri } });

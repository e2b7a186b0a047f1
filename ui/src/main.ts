import { mount } from "svelte";

import { tauri } from "./backend";
import Window from "./components/Window.svelte";
import "./styles/tokens.css";
import "./styles/base.css";
import { language } from "./texts";

document.documentElement.lang = language;
mount(Window, { target: document.body, props: { backend: tauri } });

import { texts } from "./texts";

const mod = /Mac/.test(navigator.platform) ? "Meta" : "Control";

/** Each shortcut's keys, in the notation of `aria-keyshortcuts`. They press the button that has them. */
export const shortcuts = {
  copyToken: `${mod}+C`,
  move: `${mod}+Shift+M`,
  regenerate: `${mod}+Shift+G`,
  logIn: `${mod}+L`,
  logOut: `${mod}+Shift+O`,
  accounts: `${mod}+J`,
  access: `${mod}+K`,
  history: `${mod}+Y`,
  refresh: `${mod}+R`,
  help: "?",
  back: "Escape",
} as const;

export type Shortcut = keyof typeof shortcuts;

/** The shortcut's keys, named as on a keyboard. */
export function keysOf(shortcut: Shortcut): string[] {
  return shortcuts[shortcut].split("+").map((key) => texts.shortcuts.keys[key] ?? key);
}

/** Presses the button whose shortcut was typed. If several have it, a notice's button wins, then the first one. */
export function press(event: KeyboardEvent): void {
  const keys = typedKeys(event);
  if (event.defaultPrevented || event.repeat || keys === null) return;
  const root = document.querySelector("dialog[open]") ?? document;
  const buttons = [...root.querySelectorAll<HTMLElement>("[aria-keyshortcuts]")].filter(
    (button) => button.getAttribute("aria-keyshortcuts") === keys,
  );
  const button = buttons.find((button) => button.closest("[role=alert], [role=status]")) ?? buttons[0];
  if (!button) return;
  event.preventDefault();
  button.click();
}

/** The typed keys, in the notation of `aria-keyshortcuts`. `null` if an input field or selected text uses them. */
function typedKeys(event: KeyboardEvent): string | null {
  const typing = event.target instanceof HTMLInputElement;
  const modified = event.ctrlKey || event.metaKey;
  if (typing && event.key !== "Escape" && !(modified && event.shiftKey)) return null;
  if (modified && event.key === "c" && getSelection()?.isCollapsed === false) return null;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && modified;
  const held = [event.ctrlKey && "Control", event.metaKey && "Meta", event.altKey && "Alt", shift && "Shift"];
  return [...held.filter(Boolean), key].join("+");
}

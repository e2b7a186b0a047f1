import { texts } from "./texts";

const mod = /Mac/.test(navigator.platform) ? "Meta" : "Control";

/** Each shortcut's keys, as `aria-keyshortcuts` writes them. A button that has one is pressed by it. */
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

/** The keys as they are named on a keyboard. */
export function keysOf(shortcut: Shortcut): string[] {
  return shortcuts[shortcut].split("+").map((key) => texts.shortcuts.keys[key] ?? key);
}

/** Presses the button of a shortcut. Of several a notice's is meant, which lies over its page, or else the first. */
export function press(event: KeyboardEvent): void {
  const keys = pressed(event);
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

/** What was pressed, as `aria-keyshortcuts` writes it; `null` where it belongs to a field or to selected text. */
function pressed(event: KeyboardEvent): string | null {
  const typing = event.target instanceof HTMLInputElement;
  const modified = event.ctrlKey || event.metaKey;
  if (typing && event.key !== "Escape" && !(modified && event.shiftKey)) return null;
  if (modified && event.key === "c" && getSelection()?.isCollapsed === false) return null;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && modified;
  const held = [event.ctrlKey && "Control", event.metaKey && "Meta", event.altKey && "Alt", shift && "Shift"];
  return [...held.filter(Boolean), key].join("+");
}

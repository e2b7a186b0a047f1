import { flushSync, mount, unmount } from "svelte";
import { onTestFinished } from "vitest";

import Window from "../components/Window.svelte";
import { shortcuts, type Shortcut } from "../shortcuts";
import { fake, type Fake } from "../fake";
import type { StateName } from "../fake/states";

/** The window in one of the gallery's states, gone with its test. */
export async function open(state: StateName): Promise<Fake> {
  const backend = fake(state);
  const window = mount(Window, { target: document.body, props: { backend } });
  onTestFinished(() => unmount(window));
  await settle();
  return backend;
}

/** Lets what was promised happen, and draws it. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
  flushSync();
}

/** The one element of this test id. */
export function get(testId: string): HTMLElement {
  const found = document.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`);
  if (found.length !== 1)
    throw new Error(`${found.length} elements of ${testId}:\n${document.body.innerHTML}`);
  return found[0]!;
}

/** True where there is one. */
export function has(testId: string): boolean {
  return document.querySelector(`[data-testid="${testId}"]`) !== null;
}

export async function click(testId: string): Promise<void> {
  get(testId).click();
  await settle();
}

export async function type(testId: string, text: string): Promise<void> {
  const field = get(testId) as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

/** Presses a key where the focus is. */
export async function press(key: string, held: KeyboardEventInit = {}): Promise<void> {
  const target = document.activeElement ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...held }));
  await settle();
}

/** Presses the keys of a shortcut where the focus is. */
export async function pressShortcut(name: Shortcut): Promise<void> {
  const keys = shortcuts[name].split("+");
  const key = keys.at(-1)!;
  await press(key, {
    ctrlKey: keys.includes("Control"),
    metaKey: keys.includes("Meta"),
    shiftKey: keys.includes("Shift") || key === "?",
  });
}

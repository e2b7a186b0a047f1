import { flushSync, mount, unmount } from "svelte";
import { onTestFinished } from "vitest";

import Window from "../components/Window.svelte";
import { shortcuts, type Shortcut } from "../shortcuts";
import { fake, type Fake } from "../fake";
import type { StateName } from "../fake/states";

/** Opens the window in one of the gallery's states, until the test ends. */
export async function open(state: StateName): Promise<Fake> {
  const backend = fake(state);
  const window = mount(Window, { target: document.body, props: { backend } });
  onTestFinished(() => unmount(window));
  await settle();
  return backend;
}

/** Runs pending promises and redraws. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 5; i++) await Promise.resolve();
  flushSync();
}

/** Returns the only element with this test id. */
export function get(testId: string): HTMLElement {
  const found = document.querySelectorAll<HTMLElement>(`[data-testid="${testId}"]`);
  if (found.length !== 1)
    throw new Error(`${found.length} elements with test id ${testId}:\n${document.body.innerHTML}`);
  return found[0]!;
}

/** True if an element has this test id. */
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

export async function choose(testId: string, value: string): Promise<void> {
  const field = get(testId) as HTMLSelectElement;
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  await settle();
}

/** Presses a key on the focused element. */
export async function press(key: string, held: KeyboardEventInit = {}): Promise<void> {
  const target = document.activeElement ?? document.body;
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...held }));
  await settle();
}

/** Presses a shortcut's keys on the focused element. */
export async function pressShortcut(name: Shortcut): Promise<void> {
  const keys = shortcuts[name].split("+");
  const key = keys.at(-1)!;
  await press(key, {
    ctrlKey: keys.includes("Control"),
    metaKey: keys.includes("Meta"),
    shiftKey: keys.includes("Shift") || key === "?",
  });
}

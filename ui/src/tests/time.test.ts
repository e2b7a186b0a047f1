import { mount, unmount } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import Window from "../components/Window.svelte";
import { fake } from "../fake";
import { notice, show, signedIn, waiting } from "../fake/parts";
import { states } from "../fake/states";
import { click, get, has, open, press, settle } from "./window";

const now = Date.parse("2026-11-24T12:00:00Z");
const at = (seconds: number) => new Date(now + 1000 * seconds).toISOString();

beforeEach(() =>
  vi.useFakeTimers({ now, toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] }),
);
afterEach(() => void vi.useRealTimers());

async function pass(milliseconds: number) {
  vi.advanceTimersByTime(milliseconds);
  await settle();
}

test("an action is shown after 300 ms and disappears immediately", async () => {
  const backend = await open("signed-in-keychain");
  backend.push(states.regenerating);
  await settle();
  expect(get("regenerate").getAttribute("aria-disabled")).toBe("true");
  await pass(299);
  expect(has("busy")).toBe(false);
  expect(has("tool-heroku")).toBe(true);
  await pass(1);
  expect(get("busy").textContent).toContain("Regenerating the token…");
  backend.push(states["signed-in-keychain"]);
  await settle();
  expect(has("busy")).toBe(false);
});

test("an action stays visible while it reports steps", async () => {
  const backend = await open("logging-out");
  await pass(300);
  expect(has("busy")).toBe(true);
  backend.push(states.regenerating);
  await settle();
  expect(get("busy").textContent).toContain("New token made");
});

test("an action that ends sooner is never shown", async () => {
  const backend = await open("signed-in-keychain");
  backend.push(states.regenerating);
  await pass(200);
  backend.push(states["signed-in-keychain"]);
  await pass(1000);
  backend.push(states.regenerating);
  await pass(200);
  expect(has("busy")).toBe(false);
});

test("an action can be cancelled until its first step completes", async () => {
  const backend = await open("logging-out");
  await pass(300);
  await click("cancel-action");
  expect(backend.requests).toEqual([{ command: "cancel" }]);
  backend.push(states.regenerating);
  await settle();
  await pass(300);
  expect(has("busy")).toBe(true);
  expect(has("cancel-action")).toBe(false);
});

test("Escape dismisses a notice before it cancels the action", async () => {
  const backend = await open("logging-out");
  backend.push({ ...states["logging-out"], notice: states.moved.notice });
  await settle();
  await pass(300);
  await press("Escape");
  expect(backend.requests).toEqual([{ command: "dismiss" }]);
  await press("Escape");
  expect(backend.requests.at(-1)).toEqual({ command: "cancel" });
});

test("waiting for the browser counts down by the second", async () => {
  const backend = await open("starting");
  backend.push(show({ ...waiting, endsAt: at(65) }));
  await settle();
  expect(get("time-left").textContent).toBe("1:05");
  await pass(6000);
  expect(get("time-left").textContent).toBe("0:59");
  await pass(90_000);
  expect(get("time-left").textContent).toBe("0:00");
});

test("a copied token counts down, then its notice disappears", async () => {
  const backend = await open("signed-in-keychain");
  backend.push(show(signedIn, { notice: notice("Token copied.", { clearsAt: at(30) }) }));
  await settle();
  expect(get("clears-in").textContent).toContain("30 seconds");
  await pass(29_000);
  expect(get("clears-in").textContent).toContain("1 second");
  expect(backend.requests).toEqual([]);
  await pass(1000);
  expect(backend.requests).toEqual([{ command: "dismiss" }]);
  expect(has("notice")).toBe(false);
});

test("closing the window leaves no timer running", async () => {
  const window = mount(Window, { target: document.body, props: { backend: fake("waiting") } });
  await settle();
  // Let a timer run that moving the focus sets.
  await pass(0);
  expect(vi.getTimerCount()).toBe(1);
  await unmount(window);
  expect(vi.getTimerCount()).toBe(0);
});

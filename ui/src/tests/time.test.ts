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

test("an action is shown once it has taken 300 ms, and goes at once", async () => {
  const backend = await open("signed-in-keychain");
  backend.tell(states.regenerating);
  await settle();
  expect(get("regenerate").getAttribute("aria-disabled")).toBe("true");
  await pass(299);
  expect(has("busy")).toBe(false);
  expect(has("tool-heroku")).toBe(true);
  await pass(1);
  expect(get("busy").textContent).toContain("Regenerating the token…");
  backend.tell(states["signed-in-keychain"]);
  await settle();
  expect(has("busy")).toBe(false);
});

test("an action stays in sight while it tells of its steps", async () => {
  const backend = await open("logging-out");
  await pass(300);
  expect(has("busy")).toBe(true);
  backend.tell(states.regenerating);
  await settle();
  expect(get("busy").textContent).toContain("New token made");
});

test("an action that is over sooner is never shown", async () => {
  const backend = await open("signed-in-keychain");
  backend.tell(states.regenerating);
  await pass(200);
  backend.tell(states["signed-in-keychain"]);
  await pass(1000);
  backend.tell(states.regenerating);
  await pass(200);
  expect(has("busy")).toBe(false);
});

test("an action can be cancelled while nothing of it is done", async () => {
  const backend = await open("logging-out");
  await pass(300);
  await click("cancel-action");
  expect(backend.asked).toEqual([{ command: "cancel_log_in" }]);
  backend.tell(states.regenerating);
  await settle();
  await pass(300);
  expect(has("busy")).toBe(true);
  expect(has("cancel-action")).toBe(false);
});

test("Escape takes a notice away before it cancels the action", async () => {
  const backend = await open("logging-out");
  backend.tell({ ...states["logging-out"], notice: states.moved.notice });
  await settle();
  await pass(300);
  await press("Escape");
  expect(backend.asked).toEqual([{ command: "dismiss" }]);
  await press("Escape");
  expect(backend.asked.at(-1)).toEqual({ command: "cancel_log_in" });
});

test("waiting counts down to the second", async () => {
  const backend = await open("starting");
  backend.tell(show({ ...waiting, endsAt: at(65) }));
  await settle();
  expect(get("time-left").textContent).toBe("1:05");
  await pass(6000);
  expect(get("time-left").textContent).toBe("0:59");
  await pass(90_000);
  expect(get("time-left").textContent).toBe("0:00");
});

test("a copied token counts down, and its notice goes with it", async () => {
  const backend = await open("signed-in-keychain");
  backend.tell(show(signedIn, { notice: notice("Token copied.", { clearsAt: at(30) }) }));
  await settle();
  expect(get("clears-in").textContent).toContain("30 seconds");
  await pass(29_000);
  expect(get("clears-in").textContent).toContain("1 second");
  expect(backend.asked).toEqual([]);
  await pass(1000);
  expect(backend.asked).toEqual([{ command: "dismiss" }]);
  expect(has("notice")).toBe(false);
});

test("a window that closes leaves no timer behind", async () => {
  const window = mount(Window, { target: document.body, props: { backend: fake("waiting") } });
  await settle();
  // The browser's own for the focus that has moved.
  await pass(0);
  expect(vi.getTimerCount()).toBe(1);
  await unmount(window);
  expect(vi.getTimerCount()).toBe(0);
});

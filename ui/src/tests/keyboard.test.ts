import { expect, test } from "vitest";

import type { PageRequest } from "../bindings";
import { states, type StateName } from "../fake/states";
import { keysOf, shortcuts, type Shortcut } from "../shortcuts";
import { click, get, has, open, press, pressShortcut, settle } from "./window";

const names = Object.keys(shortcuts) as Shortcut[];
const focused = () => document.activeElement?.getAttribute("data-testid");

test("arrow keys move in a menu; Escape closes it and restores the focus", async () => {
  await open("signed-in-keychain");
  get("more").focus();
  await press("ArrowDown");
  await settle();
  expect(focused()).toBe("show-access");
  await press("ArrowDown");
  expect(focused()).toBe("show-history");
  await press("End");
  expect(focused()).toBe("show-shortcuts");
  await press("ArrowDown");
  expect(focused()).toBe("show-access");
  await press("ArrowUp");
  expect(focused()).toBe("show-shortcuts");
  await press("Escape");
  expect(focused()).toBe("more");
  expect(get("more").getAttribute("aria-expanded")).toBe("false");
});

test("choosing an item closes the menu", async () => {
  const backend = await open("signed-in-keychain");
  await click("more");
  await click("refresh");
  expect(get("more").getAttribute("aria-expanded")).toBe("false");
  expect(backend.requests).toEqual([{ command: "refresh" }]);
});

test("Escape dismisses the notice, then closes the page or cancels the login", async () => {
  const backend = await open("access");
  backend.push({ ...states.access, notice: states.moved.notice });
  await settle();
  await press("Escape");
  expect(backend.requests).toEqual([{ command: "dismiss" }]);
  await press("Escape");
  expect(backend.requests.at(-1)).toEqual({ command: "close_page" });
  backend.push({ ...states.waiting, notice: states.moved.notice });
  await settle();
  await press("Escape");
  expect(backend.requests.at(-1)).toEqual({ command: "dismiss" });
  await press("Escape");
  expect(backend.requests.at(-1)).toEqual({ command: "cancel" });
});

test("a page is announced, can be scrolled by keyboard and restores the focus when closed", async () => {
  await open("signed-in-keychain");
  await click("more");
  await click("show-history");
  const announced = () => document.querySelector("[aria-live]")!.textContent;
  expect(announced()).toBe("History");
  const list = document.querySelector<HTMLElement>("[role=region]")!;
  list.focus();
  expect(document.activeElement).toBe(list);
  await press("Escape");
  await settle();
  expect(has("history")).toBe(false);
  expect(focused()).toBe("more");
  expect(announced()).toContain("dana@example.com");
});

test("Escape closes a page that failed to load", async () => {
  const backend = await open("access-failed");
  await press("Escape");
  expect(backend.requests).toEqual([{ command: "close_page" }]);
  expect(has("access")).toBe(false);
});

const requests: Record<Exclude<Shortcut, "accounts" | "help">, [StateName, PageRequest]> = {
  copyToken: ["signed-in-keychain", { command: "copy_token" }],
  move: ["signed-in-keychain", { command: "propose_move", to: "netrc" }],
  regenerate: ["signed-in-keychain", { command: "regenerate" }],
  logIn: ["signed-out", { command: "log_in" }],
  logOut: ["signed-in-keychain", { command: "log_out" }],
  access: ["signed-in-keychain", { command: "show_access" }],
  history: ["signed-in-keychain", { command: "show_history" }],
  refresh: ["signed-in-keychain", { command: "refresh" }],
  back: ["waiting", { command: "cancel" }],
};

test.each(Object.entries(requests) as [Shortcut, [StateName, PageRequest]][])(
  "the shortcut %s presses its button",
  async (shortcut, [state, request]) => {
    const backend = await open(state);
    await pressShortcut(shortcut);
    expect(backend.requests).toEqual([request]);
  },
);

test("the accounts shortcut opens the accounts menu", async () => {
  await open("many-accounts");
  await pressShortcut("accounts");
  expect(get("accounts").getAttribute("aria-expanded")).toBe("true");
  expect(focused()).toBe("use-account");
});

test("an input field keeps its keys", async () => {
  const backend = await open("signed-out");
  await click("way-token");
  get("token").focus();
  const own = names.filter((name) => !/Shift|Escape/.test(shortcuts[name]));
  expect(own).toContain("help");
  for (const name of own) await pressShortcut(name);
  expect(backend.requests).toEqual([]);
  expect(has("shortcuts")).toBe(false);
});

const screens = ["starting", "signed-out", "waiting", "signed-in-keychain", "access", "history"] as const;

test.each(screens)(
  "in %s, ? lists every shortcut and disables them while the list is open",
  async (state) => {
    const backend = await open(state);
    await pressShortcut("help");
    const listed = [...get("shortcuts").querySelectorAll("dd")].map((keys) => keys.textContent.trim());
    expect(listed).toEqual(names.map((name) => keysOf(name).join("+")));
    for (const name of names) await pressShortcut(name);
    expect(backend.requests).toEqual([]);
    await click("close-shortcuts");
    expect(has("shortcuts")).toBe(false);
  },
);

test("closing the list of shortcuts restores the focus", async () => {
  await open("signed-in-keychain");
  get("copy-token").focus();
  await pressShortcut("help");
  expect(focused()).toBe("close-shortcuts");
  await click("close-shortcuts");
  expect(focused()).toBe("copy-token");
});

test("a question closes the list of shortcuts", async () => {
  const backend = await open("signed-out");
  await pressShortcut("help");
  backend.push(states["second-factor"]);
  await settle();
  expect(has("shortcuts")).toBe(false);
  expect(focused()).toBe("code");
  backend.push(states["signed-out"]);
  await settle();
  expect(has("shortcuts")).toBe(false);
});

test("when the focused button disappears with its screen, the next screen gets the focus", async () => {
  await open("signed-out");
  get("log-in").focus();
  await click("log-in");
  expect(focused()).toBe("screen-waiting");
});

test("when the focused element disappears, its screen gets the focus", async () => {
  const backend = await open("interrupted");
  get("fix-finish_action").focus();
  backend.push(states["signed-in-netrc"]);
  await settle();
  expect(focused()).toBe("screen-signedIn");
  backend.push(states.moved);
  await settle();
  get("notice-dismiss").focus();
  await click("notice-dismiss");
  expect(focused()).toBe("screen-signedIn");
  get("copy-token").focus();
  backend.push(states["regenerate-question"]);
  await settle();
  expect(focused()).toBe("answer-no");
  backend.push(states["signed-out"]);
  await settle();
  expect(focused()).toBe("screen-signedOut");
});

test("an element that stays keeps the focus", async () => {
  const backend = await open("signed-in-netrc");
  get("copy-token").focus();
  backend.push(states.moved);
  await settle();
  expect(focused()).toBe("copy-token");
});

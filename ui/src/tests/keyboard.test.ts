import { expect, test } from "vitest";

import { shortcuts } from "../shortcuts";
import { states } from "../fake/states";
import { click, get, has, open, press, settle } from "./window";

const mod = { ctrlKey: true };
const focused = () => document.activeElement?.getAttribute("data-testid");

test("arrows move in a menu, Escape closes it and gives the focus back", async () => {
  await open("signed-in-keychain");
  get("more").focus();
  await press("ArrowDown");
  await settle();
  expect(focused()).toBe("show-access");
  await press("ArrowDown");
  expect(focused()).toBe("log-in");
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

test("a chosen entry closes the menu", async () => {
  const backend = await open("signed-in-keychain");
  await click("more");
  await click("look-again");
  expect(get("more").getAttribute("aria-expanded")).toBe("false");
  expect(backend.asked).toEqual([{ command: "look_again" }]);
});

test("Escape takes the notice away, then leaves the page, and cancels a login", async () => {
  const backend = await open("access");
  backend.tell({ ...states.access!, notice: states.moved!.notice });
  await settle();
  await press("Escape");
  expect(backend.asked).toEqual([{ command: "dismiss" }]);
  await press("Escape");
  expect(backend.asked.at(-1)).toEqual({ command: "close_access" });
  backend.tell(states.waiting!);
  await settle();
  await press("Escape");
  expect(backend.asked.at(-1)).toEqual({ command: "cancel_log_in" });
});

test("each shortcut presses its button", async () => {
  const backend = await open("signed-in-keychain");
  await press("c", mod);
  await press("M", { ...mod, shiftKey: true });
  await press("r", mod);
  await press("k", mod);
  const expected = ["copy_token", "propose_move", "look_again", "show_access"];
  expect(backend.asked.map(({ command }) => command)).toEqual(expected);
});

test("the keys of a field stay its own", async () => {
  const backend = await open("signed-out");
  await click("way-token");
  get("token").focus();
  await press("?");
  await press("c", mod);
  expect(backend.asked).toEqual([]);
  expect(has("shortcuts")).toBe(false);
});

test("? lists every shortcut, and behind the list none works", async () => {
  const backend = await open("signed-in-keychain");
  get("copy-token").focus();
  await press("?", { shiftKey: true });
  expect(get("shortcuts").querySelectorAll("dt")).toHaveLength(Object.keys(shortcuts).length);
  await press("r", mod);
  expect(backend.asked).toEqual([]);
  await click("close-shortcuts");
  expect(has("shortcuts")).toBe(false);
  expect(focused()).toBe("copy-token");
});

test("every listed shortcut has a button", async () => {
  const seen = new Set<string | null>();
  for (const name of ["signed-out", "signed-in-keychain", "access"]) {
    await open(name);
    for (const button of document.querySelectorAll("[aria-keyshortcuts]"))
      seen.add(button.getAttribute("aria-keyshortcuts"));
  }
  expect([...seen].sort()).toEqual(Object.values(shortcuts).sort());
});

test("where a screen takes the focused button with it, the next screen has the focus", async () => {
  await open("signed-out");
  get("log-in").focus();
  await click("log-in");
  expect(focused()).toBe("screen-waiting");
});

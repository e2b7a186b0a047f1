import { mount, unmount } from "svelte";
import { describe, expect, onTestFinished, test } from "vitest";

import type { Secret } from "../backend";
import type { Request } from "../bindings";
import Window from "../components/Window.svelte";
import { fake } from "../fake";
import { names, states, type StateName } from "../fake/states";
import { click, get, open, settle, type } from "./window";

const acts: [StateName, string, Request][] = [
  ["signed-out", "log-in", { command: "log_in" }],
  ["signed-out-denied", "notice-log_in", { command: "log_in" }],
  ["waiting", "copy-address", { command: "copy_login_address" }],
  ["waiting", "open-again", { command: "open_login_page" }],
  ["waiting", "cancel", { command: "cancel_log_in" }],
  ["signed-in-keychain", "copy-token", { command: "copy_token" }],
  ["signed-in-keychain", "regenerate", { command: "regenerate" }],
  ["signed-in-keychain", "log-out", { command: "log_out" }],
  ["signed-in-keychain", "test-git", { command: "test_git" }],
  ["signed-in-keychain", "move", { command: "propose_move", to: "netrc" }],
  ["signed-in-keychain", "show-access", { command: "show_access" }],
  ["signed-in-keychain", "show-history", { command: "show_history" }],
  ["signed-out", "show-history", { command: "show_history" }],
  ["history", "close-page", { command: "close_page" }],
  ["signed-in-keychain", "log-in-by-oauth", { command: "log_in_by_oauth" }],
  ["signed-in-keychain", "look-again", { command: "look_again" }],
  ["signed-in-keychain", "copy-report", { command: "copy_report" }],
  ["signed-in-keychain", "open-keychain", { command: "open_place", place: "keychain" }],
  ["signed-in-keychain", "open-netrc", { command: "open_place", place: "netrc" }],
  ["signed-in-keychain", "autostart", { command: "set_autostart", on: true }],
  ["signed-in-netrc", "move", { command: "move_token", to: "keychain" }],
  ["signed-in-netrc", "fix-move_token", { command: "move_token", to: "keychain" }],
  ["moved", "notice-move_token", { command: "move_token", to: "netrc" }],
  ["moved", "notice-dismiss", { command: "dismiss" }],
  ["mended", "notice-undo", { command: "undo" }],
  ["update-offered", "notice-install_update", { command: "install_update" }],
  ["many-accounts", "add-account", { command: "log_in" }],
  ["changes-not-watched", "fix-look_again", { command: "look_again" }],
  ["half-done", "fix-finish_action", { command: "finish_action" }],
  ["regenerate-question", "answer-yes", { command: "answer", yes: true }],
  ["regenerate-question", "answer-no", { command: "answer", yes: false }],
  ["access", "close-page", { command: "close_page" }],
  ["access-failed", "notice-dismiss", { command: "close_page" }],
  ["access", "access-remove_key", { command: "remove_key", fingerprint: "00:11" }],
  ["access", "add-key", { command: "add_key", file: "id_ed25519.pub" }],
];

describe("each act asks for the right thing", () => {
  test.each(acts)("%s: %s", async (state, button, request) => {
    const backend = await open(state);
    await click(button);
    expect(backend.asked).toEqual([request]);
  });
});

test("a second click while the first is on its way asks for nothing more", async () => {
  const backend = await open("signed-in-keychain");
  get("copy-token").click();
  get("copy-token").click();
  await settle();
  expect(backend.asked).toEqual([{ command: "copy_token" }]);
  await click("copy-token");
  expect(backend.asked).toHaveLength(2);
});

test("what changes before the window can hear of it is shown all the same", async () => {
  const backend = fake("signed-out");
  let heard = () => {};
  const listening = new Promise<void>((resolve) => (heard = resolve));
  backend.onOverview = async () => {
    await listening;
    return () => {};
  };
  const window = mount(Window, { target: document.body, props: { backend } });
  onTestFinished(() => unmount(window));
  await settle();
  get("screen-signedOut");
  backend.tell(states["signed-in-keychain"]);
  await settle();
  get("screen-signedOut");
  heard();
  await settle();
  get("screen-signedIn");
});

test("an account of the list is switched to, or forgotten", async () => {
  const backend = await open("many-accounts");
  const [, ops] = document.querySelectorAll<HTMLElement>("[data-testid=use-account]");
  ops!.click();
  document.querySelectorAll<HTMLElement>("[data-testid=forget-account]")[1]!.click();
  expect(backend.asked).toEqual([
    { command: "use_account", account: "ops@example.com" },
    { command: "forget_account", account: "ops@example.com" },
  ]);
});

test("the account in use is not asked for again", async () => {
  const backend = await open("many-accounts");
  document.querySelector<HTMLElement>("[data-testid=use-account]")!.click();
  expect(backend.asked).toEqual([]);
});

test("while an action is under way, only what it does not touch can be asked for", async () => {
  const backend = await open("other-program");
  const asked = new Set<string>();
  backend.ask = async ({ command }) => void asked.add(command);
  for (const button of document.querySelectorAll("button")) button.click();
  await settle();
  expect([...asked].sort()).toEqual([
    "copy_report",
    "copy_token",
    "look_again",
    "open_place",
    "set_autostart",
    "show_access",
    "show_history",
    "test_git",
  ]);
});

test("what is typed is handed over, once, and forgotten", async () => {
  const backend = await open("signed-out");
  await click("way-password");
  await type("email", " dana@example.com ");
  await type("password", "fake-password");
  await click("form-log-in");
  const handed: Secret = {
    command: "log_in_by_password",
    email: "dana@example.com",
    password: "fake-password",
  };
  expect(backend.handed).toEqual([handed]);
  expect((get("password") as HTMLInputElement).value).toBe("");
});

test("the login page of an organization is opened, and the token that it shows is handed over", async () => {
  const backend = await open("signed-out");
  await click("way-sso");
  await type("organization", " example ");
  await click("open-sso");
  expect(backend.asked).toEqual([{ command: "open_sso_page", organization: "example" }]);
  await type("token", "HRKU-fake");
  await click("form-log-in");
  expect(backend.handed).toEqual([{ command: "log_in_by_token", token: "HRKU-fake" }]);
});

test("the code of the second factor is handed over", async () => {
  const backend = await open("second-factor");
  await type("code", "123456");
  await click("answer-yes");
  expect(backend.handed).toEqual([{ command: "second_factor", code: "123456" }]);
});

test("a backend that does not answer is said so, and what it says is shown", async () => {
  const backend = await open("signed-in-keychain");
  backend.ask = async () => Promise.reject(new Error("the pipe is closed"));
  await click("copy-token");
  expect(get("notice").textContent).toContain("Herokey is not responding");
  expect(get("notice").textContent).toContain("the pipe is closed");
  await click("notice-dismiss");
  expect(document.querySelector("[data-testid=notice]")).toBeNull();
});

test("of two problems of one code the one that is mended goes", async () => {
  const backend = await open("two-strange-hosts");
  const shown = () =>
    [...document.querySelectorAll("[data-testid=problem-host-not-allowed] .title")].map((one) =>
      one.textContent.trim(),
    );
  expect(shown()).toEqual([
    "HEROKU_HOST is not one of Heroku's hosts",
    "HEROKU_GIT_HOST is not one of Heroku's hosts",
  ]);
  const { problems } = states["two-strange-hosts"];
  backend.tell({ ...states["two-strange-hosts"], problems: problems.slice(1) });
  await settle();
  expect(shown()).toEqual(["HEROKU_GIT_HOST is not one of Heroku's hosts"]);
});

test.each(names)("%s has a heading, and names every button", async (name) => {
  await open(name);
  expect(document.querySelector("h1")).not.toBeNull();
  for (const button of document.querySelectorAll("button"))
    expect(button.textContent.trim() || button.getAttribute("aria-label"), button.outerHTML).toBeTruthy();
});

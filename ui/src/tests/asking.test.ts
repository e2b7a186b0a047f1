import { mount, unmount } from "svelte";
import { describe, expect, onTestFinished, test } from "vitest";

import type { Secret } from "../backend";
import type { PageRequest } from "../bindings";
import Window from "../components/Window.svelte";
import { fake } from "../fake";
import { names, states, type StateName } from "../fake/states";
import { choose, click, get, open, settle, type } from "./window";

const buttons: [StateName, string, PageRequest][] = [
  ["signed-out", "log-in", { command: "log_in" }],
  ["signed-out-denied", "notice-log_in", { command: "log_in" }],
  ["waiting", "copy-address", { command: "copy_login_address" }],
  ["waiting", "open-again", { command: "open_login_page" }],
  ["waiting", "cancel", { command: "cancel" }],
  ["signed-in-keychain", "copy-token", { command: "copy_token" }],
  ["signed-in-keychain", "regenerate", { command: "regenerate" }],
  ["signed-in-keychain", "log-out", { command: "log_out" }],
  ["signed-in-keychain", "test-git", { command: "test_git" }],
  ["signed-in-keychain", "move", { command: "propose_move", to: "netrc" }],
  ["signed-in-keychain", "show-access", { command: "show_access" }],
  ["signed-in-keychain", "show-history", { command: "show_history" }],
  ["signed-out", "show-history", { command: "show_history" }],
  ["keychain-locked", "unlock", { command: "unlock_keychain" }],
  ["keychain-locked-netrc-in-use", "fix-unlock_keychain", { command: "unlock_keychain" }],
  ["history", "close-page", { command: "close_page" }],
  ["signed-in-keychain", "log-in-by-oauth", { command: "log_in_by_oauth" }],
  ["signed-in-keychain", "refresh", { command: "refresh" }],
  ["signed-in-keychain", "copy-report", { command: "copy_report" }],
  ["signed-in-keychain", "open-keychain", { command: "open_place", place: "keychain" }],
  ["signed-in-keychain", "open-netrc", { command: "open_place", place: "netrc" }],
  ["signed-in-keychain", "autostart", { command: "set_autostart", on: true }],
  ["signed-in-netrc", "move", { command: "move_token", to: "keychain" }],
  ["signed-in-netrc", "fix-move_token", { command: "move_token", to: "keychain" }],
  ["moved", "notice-move_token", { command: "move_token", to: "netrc" }],
  ["moved", "notice-dismiss", { command: "dismiss" }],
  ["fixed", "notice-undo", { command: "undo", at: "2026-11-24T11:58:00Z" }],
  ["update-offered", "notice-install_update", { command: "install_update" }],
  ["many-accounts", "add-account", { command: "log_in" }],
  ["changes-not-watched", "fix-refresh", { command: "refresh" }],
  ["interrupted", "fix-finish_action", { command: "finish_action" }],
  ["regenerate-question", "answer-yes", { command: "answer", yes: true }],
  ["regenerate-question", "answer-no", { command: "answer", yes: false }],
  ["access", "close-page", { command: "close_page" }],
  ["access-failed", "notice-dismiss", { command: "close_page" }],
  ["access", "access-remove_key", { command: "remove_key", fingerprint: "00:11" }],
  ["access", "access-new_token", { command: "new_token", id: "2" }],
  ["access-team", "access-new_token", { command: "new_token", id: "3", team: "shop" }],
  ["access-team", "access-revoke", { command: "revoke", id: "3", team: "shop" }],
  ["access", "scan", { command: "scan" }],
  ["scan", "notice-propose_regenerate", { command: "propose_regenerate" }],
  ["scan", "notice-show_access", { command: "show_access" }],
  ["access", "add-key", { command: "add_key", file: "id_ed25519.pub" }],
];

describe("each button sends its request", () => {
  test.each(buttons)("%s: %s", async (state, button, request) => {
    const backend = await open(state);
    await click(button);
    expect(backend.requests).toEqual([request]);
  });
});

test("a double click sends one request", async () => {
  const backend = await open("signed-in-keychain");
  get("copy-token").click();
  get("copy-token").click();
  await settle();
  expect(backend.requests).toEqual([{ command: "copy_token" }]);
  await click("copy-token");
  expect(backend.requests).toHaveLength(2);
});

test("an overview that came with the page is drawn before anything is asked", async () => {
  const backend = fake("signed-in-keychain");
  let asked = 0;
  backend.first = states["signed-in-keychain"];
  backend.overview = async () => {
    asked += 1;
    return states.expired;
  };
  const window = mount(Window, { target: document.body, props: { backend } });
  onTestFinished(() => unmount(window));
  get("screen-signedIn");
  expect(asked).toBe(0);
  // What changed before the window listened is not missed.
  await settle();
  expect(asked).toBe(1);
  get("problem-token-expired");
});

test("a change before the window listens is shown", async () => {
  const backend = fake("signed-out");
  let startListening = () => {};
  const listening = new Promise<void>((resolve) => (startListening = resolve));
  backend.onOverview = async () => {
    await listening;
    return () => {};
  };
  const window = mount(Window, { target: document.body, props: { backend } });
  onTestFinished(() => unmount(window));
  await settle();
  get("screen-signedOut");
  backend.push(states["signed-in-keychain"]);
  await settle();
  get("screen-signedOut");
  startListening();
  await settle();
  get("screen-signedIn");
});

test("the list of accounts can switch to an account and forget it", async () => {
  const backend = await open("many-accounts");
  const [, ops] = document.querySelectorAll<HTMLElement>("[data-testid=use-account]");
  ops!.click();
  document.querySelectorAll<HTMLElement>("[data-testid=forget-account]")[1]!.click();
  expect(backend.requests).toEqual([
    { command: "use_account", account: "ops@example.com" },
    { command: "forget_account", account: "ops@example.com" },
  ]);
});

test("the account in use cannot be switched to", async () => {
  const backend = await open("many-accounts");
  document.querySelector<HTMLElement>("[data-testid=use-account]")!.click();
  expect(backend.requests).toEqual([]);
});

test("while an action runs, only requests that do not affect it can be sent", async () => {
  const backend = await open("other-program");
  const sent = new Set<string>();
  backend.ask = async ({ command }) => void sent.add(command);
  for (const button of document.querySelectorAll("button")) button.click();
  await settle();
  expect([...sent].sort()).toEqual([
    "copy_report",
    "copy_token",
    "open_place",
    "refresh",
    "set_autostart",
    "show_access",
    "show_history",
    "test_git",
  ]);
});

test("a typed secret is sent once and forgotten", async () => {
  const backend = await open("signed-out");
  await click("way-password");
  await type("email", " dana@example.com ");
  await type("password", "fake-password");
  await click("form-log-in");
  const secret: Secret = {
    command: "log_in_by_password",
    email: "dana@example.com",
    password: "fake-password",
  };
  expect(backend.secrets).toEqual([secret]);
  expect((get("password") as HTMLInputElement).value).toBe("");
});

test("single sign-on opens the organization's login page, then sends the pasted token", async () => {
  const backend = await open("signed-out");
  await click("way-sso");
  await type("organization", " example ");
  await click("open-sso");
  expect(backend.requests).toEqual([{ command: "open_sso_page", organization: "example" }]);
  await type("token", "HRKU-fake");
  await click("form-log-in");
  expect(backend.secrets).toEqual([{ command: "log_in_by_token", token: "HRKU-fake" }]);
});

describe("a token for another program", () => {
  async function make(state: StateName) {
    const backend = await open(state);
    await click("new-authorization-title");
    await type("description", " Shop CI ");
    await choose("rights", "write");
    await choose("lifetime", "none");
    await click("authorize");
    return backend.requests;
  }

  test("is asked for with its rights and its end", async () => {
    expect(await make("access")).toEqual([{ command: "authorize", description: "Shop CI", rights: "write" }]);
    expect((get("description") as HTMLInputElement).value).toBe("");
  });

  test("can be a team's", async () => {
    expect(await make("access-team")).toEqual([
      { command: "authorize", description: "Shop CI", rights: "write", team: "shop" },
    ]);
  });

  test("reads for thirty days unless something else is chosen", async () => {
    const backend = await open("access");
    await type("description", "Shop CI");
    await click("authorize");
    expect(backend.requests).toEqual([
      { command: "authorize", description: "Shop CI", rights: "read", days: 30 },
    ]);
  });
});

test("the page about access can show a team, and the account again", async () => {
  const backend = await open("access");
  await choose("access-of", "shop");
  expect(backend.requests).toEqual([{ command: "show_access", team: "shop" }]);
  backend.push(states["access-team"]);
  await settle();
  await choose("access-of", "");
  expect(backend.requests.at(-1)).toEqual({ command: "show_access" });
});

test("the two-factor code is sent", async () => {
  const backend = await open("second-factor");
  await type("code", "123456");
  await click("answer-yes");
  expect(backend.secrets).toEqual([{ command: "second_factor", code: "123456" }]);
});

test("an unreachable backend is reported with its error", async () => {
  const backend = await open("signed-in-keychain");
  backend.ask = async () => Promise.reject(new Error("the pipe is closed"));
  await click("copy-token");
  expect(get("notice").textContent).toContain("Herokey is not responding");
  expect(get("notice").textContent).toContain("the pipe is closed");
  await click("notice-dismiss");
  expect(document.querySelector("[data-testid=notice]")).toBeNull();
});

test("of two problems with the same code, the fixed one disappears", async () => {
  const backend = await open("two-disallowed-hosts");
  const shown = () =>
    [...document.querySelectorAll("[data-testid=problem-host-not-allowed] .title")].map((one) =>
      one.textContent.trim(),
    );
  expect(shown()).toEqual(["HEROKU_HOST is not a Heroku host", "HEROKU_GIT_HOST is not a Heroku host"]);
  const { problems } = states["two-disallowed-hosts"];
  backend.push({ ...states["two-disallowed-hosts"], problems: problems.slice(1) });
  await settle();
  expect(shown()).toEqual(["HEROKU_GIT_HOST is not a Heroku host"]);
});

describe("what needs the user comes first", () => {
  const order = (earlier: string, later: string) => {
    const position = get(earlier).compareDocumentPosition(get(later));
    return (position & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
  };

  test("problems stand above the tools", async () => {
    await open("notice-and-problems");
    expect(order("notice", "problem-netrc-plain-token")).toBe(true);
    expect(order("problem-git-helper-missing", "tool-heroku")).toBe(true);
  });

  test("information stands below the tools", async () => {
    await open("signed-in-netrc-kept");
    expect(order("tool-heroku", "problem-netrc-plain-token")).toBe(true);
  });

  test("a locked keychain has one button, and no card", async () => {
    await open("keychain-locked");
    expect(document.querySelector("h1")!.textContent).toBe("Your keychain is locked");
    const buttons = [...document.querySelectorAll("main button:not([hidden])")];
    expect(buttons.map((button) => button.textContent.trim())).toEqual(["Unlock"]);
    expect(document.querySelector("[data-testid^=problem-]")).toBeNull();
  });

  test.each([
    ["interrupted", "fix-finish_action", "removes it from .netrc"],
    ["fixed", "notice-undo", "Line 12 of ~/.zshrc sets HEROKU_API_KEY again"],
    ["offline", "notice-log_out", "revokes the token at Heroku"],
    ["moved", "notice-move_token", "in plain text"],
  ] as [StateName, string, string][])("%s says what %s will do", async (state, button, words) => {
    await open(state);
    expect(get(button).closest("[data-tone]")!.textContent).toContain(words);
  });
});

test.each(names)("%s has a heading and names every button", async (name) => {
  await open(name);
  expect(document.querySelector("h1")).not.toBeNull();
  for (const button of document.querySelectorAll("button"))
    expect(button.textContent.trim() || button.getAttribute("aria-label"), button.outerHTML).toBeTruthy();
});

// Every state of the window that is worth a look, by name.
import type { Access, Overview } from "../bindings";
import {
  account,
  attentive,
  byKey,
  curl,
  git,
  helper,
  heroku,
  inKeychain,
  inNetrc,
  logInAgain,
  netrcTools,
  noKeychain,
  notice,
  override,
  plain,
  row,
  show,
  signedIn,
  signedInNetrc,
  signedOut,
  toKeychain,
  waiting,
} from "./parts";

const access: Access = {
  loading: false,
  failure: null,
  rows: [
    {
      title: "Herokey login from atlas",
      detail: "Made 2026-10-30 · expires in 23 days · global",
      mark: "this machine's",
      button: { label: "Revoke", request: { command: "revoke", id: "1" } },
    },
    {
      title: "CI of the shop",
      detail: "Made 2024-01-12 · does not expire · read-protected, write-protected",
      mark: null,
      button: { label: "Revoke", request: { command: "revoke", id: "2" } },
    },
  ],
  keys: [
    {
      title: "dana@atlas",
      detail: "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
      mark: null,
      button: { label: "Remove", request: { command: "remove_key", fingerprint: "00:11" } },
    },
  ],
  addable: [{ label: "Add ~/.ssh/id_ed25519.pub", request: { command: "add_key", file: "id_ed25519.pub" } }],
};

const dana = row("dana@example.com", "Keychain", true);
const longEmail = "maximiliane.von-und-zu-hohenlohe-langenburg+heroku-deployments@engineering.example.com";

export const states: Record<string, Overview> = {
  starting: show({ kind: "starting" }),
  "signed-out": show(signedOut),
  "signed-out-no-keychain": show({
    kind: "signedOut",
    note: "No keychain runs here, so the token will go to .netrc, in plain text.",
  }),
  "signed-out-other-accounts": show(signedOut, { accounts: [row("ops@example.com"), row(longEmail)] }),
  "signed-out-denied": show(signedOut, {
    notice: notice("The login was denied in the browser.", {
      code: "login-denied",
      body: "Nothing was changed.",
      buttons: [{ label: "Log in again", request: { command: "log_in" } }],
      tone: "bad",
    }),
  }),
  "waiting-no-address": show({ ...waiting, address: null, endsAt: null }),
  waiting: show(waiting),
  "waiting-no-browser": show({ ...waiting, browserOpened: false }),
  "logging-in": show(signedOut, {
    busy: { title: "Logging in…", ours: true, steps: ["Heroku gave a token", "Token stored and read back"] },
  }),
  "second-factor": show(signedOut, { question: { kind: "secondFactor", again: false } }),
  "second-factor-again": show(signedOut, { question: { kind: "secondFactor", again: true } }),

  "signed-in-keychain": show(signedIn),
  "signed-in-netrc": show(signedInNetrc, { problems: [plain] }),
  "signed-in-both": show(
    {
      ...signedIn,
      account: attentive,
      netrc: inNetrc,
      arrow: toKeychain,
      tools: [heroku, netrcTools[1]!, netrcTools[2]!],
    },
    { problems: [plain] },
  ),
  "signed-in-overridden": show(
    { ...signedIn, account: attentive, tools: [byKey, { ...git, chip: "…9f02" }, curl] },
    { problems: [override] },
  ),
  "first-start-netrc": show(
    { ...signedInNetrc, account: { ...attentive, status: "Signed in · needs your attention" } },
    { problems: [plain, helper] },
  ),
  "three-problems": show(
    { ...signedInNetrc, tools: [byKey, netrcTools[1]!, netrcTools[2]!] },
    { problems: [override, plain, helper] },
  ),
  "many-accounts": show(signedIn, {
    accounts: [dana, row("ops@example.com"), row("shop@example.com", "a file of `heroku accounts`")],
  }),
  "long-email": show(
    {
      ...signedIn,
      account: { ...account, email: longEmail, initial: "M", status: "Signed in · expiry unknown" },
    },
    { accounts: [row(longEmail, "Keychain, .netrc", true), dana] },
  ),
  copied: show(signedIn, {
    notice: notice("Token copied.", { clearsAt: new Date(Date.now() + 23_500).toISOString() }),
  }),

  moving: show(
    { ...signedInNetrc, keychain: inKeychain, arrow: { ...toKeychain, label: "On its way", moving: true } },
    {
      busy: {
        title: "Moving the token to the keychain…",
        ours: true,
        steps: ["Saved in the keychain and read back", "The Heroku CLI finds it", "git asks Herokey"],
      },
    },
  ),
  moved: show(signedIn, {
    notice: notice("Your token has moved to the keychain.", {
      body: "`curl -n` finds no credential now.",
      buttons: [{ label: "Move back", request: { command: "move_token", to: "netrc" } }],
    }),
  }),
  "move-question": show(signedIn, {
    notice: notice("Move the token to .netrc?", {
      body: "~/.netrc is plain text: every program you run can read it.",
      detail: "Save it in ~/.netrc and read it back. Remove it from the keychain",
      buttons: [
        { label: "Move it", request: { command: "move_token", to: "netrc" } },
        { label: "Leave it", request: { command: "dismiss" } },
      ],
      tone: "attention",
    }),
  }),
  regenerating: show(signedIn, {
    busy: {
      title: "Regenerating the token…",
      ours: true,
      steps: ["New token made", "Stored and read back: the keychain"],
    },
  }),
  "regenerate-question": show(signedIn, {
    question: {
      kind: "confirm",
      title: "Regenerate the account's default token?",
      body: "It is the API key of the dashboard: scripts and other machines may use it.",
      yes: "Regenerate",
    },
  }),
  "logging-out": show(signedIn, { busy: { title: "Logging out…", ours: true, steps: [] } }),
  "other-program": show(signedIn, {
    busy: { title: "Herokey in a terminal is logging in…", ours: false, steps: [] },
  }),

  expiring: show(
    { ...signedIn, account: { ...attentive, status: "Signed in · expires in 3 days" } },
    {
      problems: [
        logInAgain(
          "token-expiring",
          "Your token expires in 3 days",
          "Log in again to go on without a break.",
          "attention",
        ),
      ],
    },
  ),
  expired: show(
    { ...signedIn, account: { ...attentive, status: "Signed in · expired 2 hours ago" } },
    {
      problems: [
        logInAgain(
          "token-expired",
          "Your token has expired",
          "heroku, git and curl are refused until you log in again.",
          "bad",
        ),
      ],
    },
  ),
  refused: show(
    { ...signedIn, account: { ...attentive, status: "Refused by Heroku · log in again" } },
    {
      problems: [
        logInAgain(
          "token-refused",
          "Heroku does not accept the token",
          "It was revoked, has expired, or the password was changed.",
          "bad",
        ),
      ],
    },
  ),
  offline: show(signedIn, {
    notice: notice("Heroku could not be reached.", {
      code: "heroku-unreachable",
      body: "The token may still be valid at Heroku, and its copies are still on this machine. Try again later, or remove the local copies now: `herokey logout --local-only`.",
      detail: "api.heroku.com: connection refused (os error 111)",
      buttons: [
        { label: "Try again", request: { command: "log_out" } },
        { label: "Remove local copies", request: { command: "remove_local_copies" } },
      ],
      tone: "bad",
    }),
  }),
  "keychain-locked": show(
    {
      ...signedIn,
      account: { ...attentive, status: "Signed in · needs your attention" },
      keychain: { ...noKeychain, empty: "locked", tone: "bad" },
      arrow: null,
      tools: [
        { ...heroku, chip: null, reason: "The keychain is locked.", tone: "attention" },
        { ...git, chip: null, tone: "attention" },
        curl,
      ],
    },
    {
      problems: [
        {
          code: "keychain-locked",
          title: "The keychain is locked.",
          body: "What is in it is still there.",
          fix: "Unlock it (log in to your desktop, or open Passwords and Keys), then try again.",
          does: "",
          button: null,
          tone: "bad",
        },
      ],
    },
  ),
  "keychain-missing": show(
    { ...signedInNetrc, keychain: { ...noKeychain, empty: "none on this machine" }, arrow: null },
    {
      problems: [
        {
          ...plain,
          fix: "Start a keychain that the Heroku CLI can read, then run `herokey move keychain`.",
          does: "",
          button: null,
        },
      ],
    },
  ),
  "half-done": show(
    { ...signedIn, account: attentive, netrc: inNetrc, tools: [heroku, netrcTools[1]!, netrcTools[2]!] },
    {
      problems: [
        {
          code: "unfinished-action",
          title: "An action was interrupted",
          body: "It began at 2026-11-24T09:14:03Z; the last step done: Saved in the keychain and read back.",
          fix: "Start Herokey: it finishes the action.",
          does: "Goes on with what was begun: moving the token.",
          button: { label: "Finish it", request: { command: "finish_action" } },
          tone: "bad",
        },
      ],
    },
  ),
  access: show(signedIn, { access }),
  "access-loading": show(signedIn, { access: { ...access, loading: true } }),
  "access-failed": show(signedIn, {
    access: {
      ...access,
      failure: notice("Heroku could not be reached.", {
        code: "heroku-unreachable",
        body: "Check the network, then try again.",
        buttons: [{ label: "Try again", request: { command: "show_access" } }],
        tone: "bad",
      }),
    },
  }),
};

/** States that a click leads to: where it starts, and the buttons, by their test ids. */
export const opened: Record<string, [string, ...string[]]> = {
  "other-ways": ["signed-out", "other-ways-title", "way-password"],
  "more-menu": ["signed-in-keychain", "more"],
  "accounts-menu": ["many-accounts", "accounts"],
  shortcuts: ["signed-in-keychain", "show-shortcuts"],
  "tool-reason": ["signed-in-overridden", "tool-reason"],
};

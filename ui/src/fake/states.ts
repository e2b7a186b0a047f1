// Every state of the window that is worth a look, by name.
import type { Access, Busy, HistoryRow, Overview } from "../bindings";
import {
  account,
  notice,
  row,
  show,
  signedIn,
  signedInBoth,
  signedInNetrc,
  signedOut,
  toKeychain,
  waiting,
} from "./parts";
import { plain, plainAsWanted } from "./problems";
import { wrong } from "./wrong";

const done: HistoryRow[] = [
  {
    at: "2026-11-24T11:58:00Z",
    title: "Your token has moved to the keychain.",
    detail: "dana@example.com · by the window",
    tone: "good",
  },
  {
    at: "2026-11-24T11:40:00Z",
    title: "Heroku could not be reached.",
    detail: "dana@example.com · by the tray",
    tone: "bad",
  },
  {
    at: "2026-11-23T08:15:00Z",
    title: "The login was cancelled.",
    detail: "by herokey in a terminal",
    tone: "neutral",
  },
];

const nothing: Access = { loading: false, failure: null, rows: [], keys: [], addable: [] };
const access: Access = {
  ...nothing,
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

function loggingIn(...steps: string[]): Busy {
  return { title: "Logging in…", ours: true, steps };
}

const calm = {
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
      body: "Nothing was changed. Log in again and choose Log in there.",
      detail: "access_denied",
      buttons: [{ label: "Log in again", request: { command: "log_in" } }],
      tone: "bad",
    }),
  }),
  "waiting-no-address": show({ ...waiting, address: null, endsAt: null }),
  waiting: show(waiting),
  "waiting-no-browser": show({ ...waiting, browserOpened: false }),
  "logging-in": show(signedOut, {
    busy: loggingIn("Token stored and read back", "The Heroku CLI finds it"),
  }),
  "second-factor": show(signedOut, { busy: loggingIn(), question: { kind: "secondFactor", again: false } }),
  "second-factor-again": show(signedOut, {
    busy: loggingIn(),
    question: { kind: "secondFactor", again: true },
  }),

  "signed-in-keychain": show(signedIn),
  "signed-in-netrc": show(signedInNetrc, { problems: [plain] }),
  "signed-in-netrc-as-wanted": show(
    {
      ...signedInNetrc,
      account,
      netrc: { ...signedInNetrc.netrc, tone: "neutral" },
      arrow: { ...toKeychain, advised: false },
    },
    { problems: [plainAsWanted] },
  ),
  "signed-in-both": show(signedInBoth, { problems: [plain] }),
  "many-accounts": show(signedIn, {
    accounts: [dana, row("ops@example.com"), row("shop@example.com", "a file of `heroku accounts`")],
  }),
  "long-email": show(
    {
      ...signedIn,
      account: { ...account, email: longEmail, initial: "M", status: "Signed in · expiry unknown" },
    },
    { accounts: [row("dana@example.com"), row(longEmail, "Keychain", true)] },
  ),
  copied: show(signedIn, {
    notice: notice("Token copied.", {
      body: "It leaves the clipboard in 30 seconds.",
      clearsAt: new Date(Date.now() + 23_500).toISOString(),
    }),
  }),

  moving: show(
    { ...signedInBoth, account, arrow: { ...toKeychain, label: "On its way", moving: true } },
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
      body: "curl -n finds no credential now.",
      buttons: [{ label: "Move back", request: { command: "move_token", to: "netrc" } }],
    }),
  }),
  "move-question": show(signedIn, {
    notice: notice("Move the token to .netrc?", {
      body: "~/.netrc is plain text: every program you run can read it. At its next login the Heroku CLI goes back to the keychain, unless `export HEROKU_NETRC_WRITE=true` stands in ~/.zshrc.",
      detail:
        "Save it in ~/.netrc and read it back. Point the Heroku CLI at ~/.netrc. Set git's helper. Remove it from the keychain",
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
    busy: { title: "Regenerating the token…", ours: true, steps: [] },
    question: {
      kind: "confirm",
      title: "Regenerate the account's default token?",
      body: "It is the API key of dana@example.com's dashboard. Whatever else uses it stops working: other machines, scripts, CI, deployment services. This machine gets a token of its own in its place.",
      yes: "Regenerate",
    },
  }),
  mended: show(signedIn, {
    notice: notice("HEROKU_API_KEY is not set in line 12 of ~/.zshrc any more; it is a comment now.", {
      body: "It counts in terminals that are opened from now on.",
      buttons: [{ label: "Undo", request: { command: "undo" } }],
    }),
  }),
  "update-offered": show(signedIn, {
    notice: notice("Herokey 99.0.0 is available", {
      body: "Installing it ends this window and opens the new one. Nothing is installed unless you say so.",
      buttons: [{ label: "Install", request: { command: "install_update" } }],
      tone: "neutral",
    }),
  }),
  "logging-out": show(signedIn, { busy: { title: "Logging out…", ours: true, steps: [] } }),
  "other-program": show(signedIn, {
    busy: { title: "Herokey in a terminal is logging in…", ours: false, steps: [] },
  }),

  access: show(signedIn, { page: { kind: "access", ...access } }),
  "access-loading": show(signedIn, { page: { kind: "access", ...nothing, loading: true } }),
  "access-failed": show(signedIn, {
    page: {
      kind: "access",
      ...nothing,
      failure: notice("Heroku could not be reached.", {
        code: "heroku-unreachable",
        body: "Check the network, then try again.",
        detail: "Connection refused (os error 111)",
        buttons: [{ label: "Try again", request: { command: "show_access" } }],
        tone: "bad",
      }),
    },
  }),

  history: show(signedIn, { page: { kind: "history", rows: done } }),
  "history-long": show(signedIn, {
    page: {
      kind: "history",
      rows: Array.from({ length: 50 }, (_, i) => ({
        ...done[i % done.length]!,
        at: new Date(Date.parse(done[0]!.at) - i * 5_000_000).toISOString(),
      })),
    },
  }),
  "history-empty": show(signedIn, { page: { kind: "history", rows: [] } }),
} satisfies Record<string, Overview>;

export const states = { ...calm, ...wrong };
export type StateName = keyof typeof states;
/** The names of all states. */
export const names = Object.keys(states) as StateName[];

/** Pictures that clicks lead to: the state where it starts, and the buttons, by their test ids. */
const opened = {
  "other-ways": ["signed-out", "other-ways-title", "way-password"],
  "more-menu": ["signed-in-keychain", "more"],
  "accounts-menu": ["many-accounts", "accounts"],
  shortcuts: ["signed-in-keychain", "show-shortcuts"],
  "tool-reason": ["signed-in-overridden", "tool-reason"],
} satisfies Record<string, [StateName, ...string[]]>;

/** Every picture of the gallery: its state, and what is clicked there. */
export const pictures: Record<string, [StateName, ...string[]]> = {
  ...Object.fromEntries(names.map((name) => [name, [name]])),
  ...opened,
};

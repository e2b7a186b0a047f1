// Every distinct state of the window, by name.
import type { Busy, HistoryRow, Overview } from "../bindings";
import {
  account,
  notice,
  others,
  row,
  show,
  signedIn,
  signedInBoth,
  signedInNetrc,
  signedOut,
  toKeychain,
  waiting,
} from "./parts";
import { plain, plainKept } from "./problems";
import { accessStates } from "./access";
import { problemStates } from "./problem-states";

const historyRows: HistoryRow[] = [
  {
    at: "2026-11-24T11:58:00Z",
    title: "Your token has moved to the keychain",
    detail: "dana@example.com · by the window",
    tone: "good",
  },
  {
    at: "2026-11-24T11:40:00Z",
    title: "Heroku could not be reached",
    detail: "dana@example.com · by the tray",
    tone: "bad",
  },
  {
    at: "2026-11-23T08:15:00Z",
    title: "The login was cancelled",
    detail: "by herokey in a terminal",
    tone: "neutral",
  },
];

const dana = row("dana@example.com", "Keychain", true);
const longEmail = "maximiliane.von-und-zu-hohenlohe-langenburg+heroku-deployments@engineering.example.com";

function loggingIn(...steps: string[]): Busy {
  return { title: "Logging in…", ours: true, steps };
}

const ordinaryStates = {
  starting: show({ kind: "starting" }),
  "signed-out": show(signedOut),
  "signed-out-no-keychain": show({
    kind: "signedOut",
    note: "This machine has no keychain, so Herokey will store the token in .netrc, in plain text.",
  }),
  "signed-out-other-accounts": show(signedOut, { accounts: [row("ops@example.com"), row(longEmail)] }),
  "signed-out-denied": show(signedOut, {
    notice: notice("The login was denied in the browser", {
      code: "login-denied",
      body: "Nothing was changed. Log in again and approve the login on Heroku's page.",
      detail: "access_denied",
      buttons: [{ label: "Log in again", request: { command: "log_in" } }],
      tone: "bad",
    }),
  }),
  "waiting-no-address": show({ ...waiting, address: null, endsAt: null }),
  waiting: show(waiting),
  "waiting-no-browser": show({ ...waiting, browserOpened: false }),
  "logging-in": show(signedOut, {
    busy: loggingIn("Stored the token and read it back", "Pointed the Heroku CLI at it"),
  }),
  "second-factor": show(signedOut, { busy: loggingIn(), question: { kind: "secondFactor", again: false } }),
  "second-factor-again": show(signedOut, {
    busy: loggingIn(),
    question: { kind: "secondFactor", again: true },
  }),

  "signed-in-keychain": show(signedIn),
  "signed-in-netrc": show(signedInNetrc, { problems: [plain] }),
  "signed-in-netrc-kept": show(
    {
      ...signedInNetrc,
      account,
      netrc: { ...signedInNetrc.netrc, tone: "neutral" },
      arrow: { ...toKeychain, advised: false },
    },
    { problems: [plainKept] },
  ),
  "signed-in-both": show(signedInBoth, { problems: [plain] }),
  "many-accounts": show(signedIn, {
    accounts: [dana, row("ops@example.com"), row("shop@example.com", "`heroku accounts` file")],
  }),
  "long-email": show(
    {
      ...signedIn,
      account: { ...account, email: longEmail, initial: "M", status: "Signed in · expiry unknown" },
    },
    { accounts: [row("dana@example.com"), row(longEmail, "Keychain", true)] },
  ),
  copied: show(signedIn, {
    notice: notice("Token copied", {
      body: "Herokey clears the clipboard in 30 seconds.",
      clearsAt: new Date(Date.now() + 23_500).toISOString(),
    }),
  }),

  moving: show(
    { ...signedInBoth, account, arrow: { ...toKeychain, label: "Moving the token", moving: true } },
    {
      busy: {
        title: "Moving the token to the keychain…",
        ours: true,
        steps: [
          "Stored the token in the keychain and read it back",
          "Pointed the Heroku CLI at it",
          "Set up git to use Herokey",
        ],
      },
    },
  ),
  moved: show(signedIn, {
    notice: notice("Your token has moved to the keychain", {
      body: "curl -n now finds no token.",
      buttons: [
        {
          label: "Move back",
          request: { command: "move_token", to: "netrc" },
          effect:
            "Stores the token in .netrc, in plain text, and reads it back, then removes it from the keychain.",
        },
      ],
    }),
  }),
  "move-question": show(signedIn, {
    notice: notice("Move the token to .netrc?", {
      body: "~/.netrc is plain text: any program you run can read it. The next `heroku login` uses the keychain again, unless `export HEROKU_NETRC_WRITE=true` is in ~/.zshrc.",
      detail:
        "Store the token in ~/.netrc and read it back. Point the Heroku CLI at ~/.netrc. Set up git to use Herokey. Remove the token from the keychain",
      buttons: [
        { label: "Move it", request: { command: "move_token", to: "netrc" } },
        { label: "Cancel", request: { command: "dismiss" } },
      ],
      tone: "attention",
    }),
  }),
  "move-would-sign-out": show(
    { ...signedInNetrc, others },
    {
      notice: notice("Move the token to the keychain?", {
        body: "curl -n will find no token. curl reads only netrc, which has no record for Heroku. Heroku's extension of VS Code will find no token. It reads only netrc, and asks you to sign in.",
        detail:
          "Store the token in the keychain and read it back. Point the Heroku CLI at the keychain. Set up git to use Herokey. Remove the token from ~/.netrc",
        buttons: [
          { label: "Move it", request: { command: "move_token", to: "keychain" } },
          {
            label: "Keep a copy in .netrc",
            request: { command: "move_token", to: "keychain", keep_copy: true },
          },
          { label: "Cancel", request: { command: "dismiss" } },
        ],
        tone: "attention",
      }),
    },
  ),
  "other-programs": show({ ...signedIn, others }),
  "log-out-question": show(
    { ...signedIn, others },
    {
      notice: notice("Log out?", {
        body: "Heroku revokes the token. Its copies in the keychain, in netrc and in git's configuration are removed. Docker keeps the old token, which Heroku then refuses. ~/.docker/config.json has a login for registry.heroku.com in plain text.",
        buttons: [
          { label: "Log out", request: { command: "log_out" } },
          { label: "Cancel", request: { command: "dismiss" } },
        ],
        tone: "attention",
      }),
    },
  ),
  "new-token-question": show(signedIn, {
    notice: notice("Replace your token with a new one?", {
      body: "This machine gets the new one. The current token stops working everywhere, also on other machines that use it.",
      buttons: [
        { label: "Regenerate", request: { command: "regenerate" } },
        { label: "Cancel", request: { command: "dismiss" } },
      ],
      tone: "attention",
    }),
  }),
  "undo-question": show(signedIn, {
    notice: notice("Undo the last change?", {
      body: "Afterwards: Line 12 of ~/.zshrc sets HEROKU_API_KEY again.",
      buttons: [
        { label: "Undo", request: { command: "undo", at: "2026-11-24T11:58:00Z" } },
        { label: "Cancel", request: { command: "dismiss" } },
      ],
      tone: "attention",
    }),
  }),
  regenerating: show(signedIn, {
    busy: {
      title: "Regenerating the token…",
      ours: true,
      steps: ["Created a new token", "Stored the new token and read it back: the keychain"],
    },
  }),
  "regenerate-question": show(signedIn, {
    busy: { title: "Regenerating the token…", ours: true, steps: [] },
    question: {
      kind: "confirm",
      title: "Regenerate the account's default token?",
      body: "It is the API key in dana@example.com's dashboard. Everything else that uses it stops working: other machines, scripts, CI, deployment services. This machine gets its own token instead.",
      yes: "Regenerate",
    },
  }),
  fixed: show(signedIn, {
    notice: notice("Line 12 of ~/.zshrc no longer sets HEROKU_API_KEY; it is now a comment", {
      body: "This takes effect in new terminals.",
      buttons: [
        {
          label: "Undo",
          request: { command: "undo", at: "2026-11-24T11:58:00Z" },
          effect: "Afterwards: Line 12 of ~/.zshrc sets HEROKU_API_KEY again.",
        },
      ],
    }),
  }),
  "update-offered": show(signedIn, {
    notice: notice("Herokey 99.0.0 is available", {
      body: "Installing it closes this window and opens the new version. Herokey installs nothing without asking.",
      buttons: [{ label: "Install", request: { command: "install_update" } }],
      tone: "neutral",
    }),
  }),
  "logging-out": show(signedIn, { busy: { title: "Logging out…", ours: true, steps: [] } }),
  "other-program": show(signedIn, {
    busy: { title: "Herokey in a terminal is logging in…", ours: false, steps: [] },
  }),

  history: show(signedIn, { page: { kind: "history", rows: historyRows } }),
  "history-long": show(signedIn, {
    page: {
      kind: "history",
      rows: Array.from({ length: 50 }, (_, i) => ({
        ...historyRows[i % historyRows.length]!,
        at: new Date(Date.parse(historyRows[0]!.at) - i * 5_000_000).toISOString(),
      })),
    },
  }),
  "history-empty": show(signedIn, { page: { kind: "history", rows: [] } }),
} satisfies Record<string, Overview>;

export const states = { ...ordinaryStates, ...accessStates, ...problemStates };
export type StateName = keyof typeof states;
/** The names of all states. */
export const names = Object.keys(states) as StateName[];

/** Pictures that need clicks: the initial state, then the test ids of the buttons to click. */
const clicked = {
  "other-ways": ["signed-out", "other-ways-title", "way-password"],
  "more-menu": ["signed-in-keychain", "more"],
  "accounts-menu": ["many-accounts", "accounts"],
  shortcuts: ["signed-in-keychain", "show-shortcuts"],
  "tool-reason": ["signed-in-overridden", "tool-reason"],
  "new-authorization": ["access", "new-authorization-title"],
} satisfies Record<string, [StateName, ...string[]]>;

/** Every picture of the gallery: its state, then the buttons to click. */
export const pictures: Record<string, [StateName, ...string[]]> = {
  ...Object.fromEntries(names.map((name) => [name, [name]])),
  ...clicked,
};

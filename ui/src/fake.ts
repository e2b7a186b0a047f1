// Made-up states of the window, to look at in any browser: `npm run dev`, then /gallery.html.
import type { Backend } from "./backend";
import type { Arrow, Overview, Place, ProblemCard, Screen, ToolRow } from "./bindings";

const inKeychain: Place = {
  title: "Keychain",
  subtitle: "heroku-cli · encrypted",
  chip: "…x7Qe",
  empty: "",
  tone: "good",
};
const inNetrc: Place = {
  title: ".netrc",
  subtitle: "~/.netrc · plain text",
  chip: "…x7Qe",
  empty: "",
  tone: "attention",
};
const noKeychain: Place = {
  ...inKeychain,
  subtitle: "heroku-cli",
  chip: null,
  empty: "empty",
  tone: "neutral",
};
const noNetrc: Place = { ...inNetrc, subtitle: "~/.netrc", chip: null, empty: "empty", tone: "neutral" };

const tools: ToolRow[] = [
  {
    tool: "heroku",
    source: "Keychain",
    chip: "…x7Qe",
    reason: "login.json names dana@example.com, and the keychain has a token for it.",
    tone: "good",
  },
  {
    tool: "git push",
    source: "Herokey helper",
    chip: "…x7Qe",
    reason: "Git asks Herokey's helper first for git.heroku.com.",
    tone: "good",
  },
  {
    tool: "curl -n",
    source: "nothing",
    chip: null,
    reason: "~/.netrc has no entry for api.heroku.com, and curl reads nothing else.",
    tone: "neutral",
  },
];

const override: ProblemCard = {
  code: "env-api-key-overrides",
  title: "HEROKU_API_KEY wins over it",
  body: "Set in ~/.zshrc, line 12. The heroku command uses it in place of your token.",
  fix: "herokey doctor --fix env-api-key-overrides",
  does: "Puts `# ` before ~/.zshrc:12, which sets HEROKU_API_KEY, and changes nothing else there. It counts in new terminals.",
  button: {
    label: "Make it a comment",
    request: {
      command: "fix",
      fix: { kind: "comment-out", path: "/home/me/.zshrc", line: 12, variable: "HEROKU_API_KEY" },
    },
  },
  tone: "attention",
};
const helper: ProblemCard = {
  code: "git-helper-missing",
  title: "Git does not ask Herokey",
  body: "A push would ask for a password once the token has left ~/.netrc.",
  fix: "herokey git install",
  does: "Writes three helper lines for git.heroku.com into git's global configuration.",
  button: { label: "Set git up", request: { command: "install_git_helper" } },
  tone: "attention",
};
const plain: ProblemCard = {
  code: "netrc-plain-token",
  title: "The token is in plain text",
  body: "Every program you run can read ~/.netrc.",
  fix: "herokey move keychain",
  does: "Saves the token in the keychain, points heroku and git at it, then removes it from ~/.netrc.",
  button: { label: "Move to keychain", request: { command: "move_token", to: "keychain" } },
  tone: "attention",
};

const account = {
  email: "dana@example.com",
  initial: "D",
  status: "Signed in · expires in 23 days",
  tone: "good",
} as const;
const toNetrc: Arrow = {
  to: "netrc",
  label: "Move the token to .netrc…",
  request: { command: "propose_move", to: "netrc" },
  moving: false,
  advised: false,
};
const toKeychain: Arrow = {
  to: "keychain",
  label: "Move the token to the keychain",
  request: { command: "move_token", to: "keychain" },
  moving: false,
  advised: true,
};
const signedIn: Screen = {
  kind: "signedIn",
  account,
  keychain: inKeychain,
  netrc: noNetrc,
  arrow: toNetrc,
  tools,
};
const attention: Screen = {
  kind: "signedIn",
  account: { ...account, status: "Signed in · needs your attention", tone: "attention" },
  keychain: noKeychain,
  netrc: inNetrc,
  arrow: toKeychain,
  tools: [
    { ...tools[0]!, source: "HEROKU_API_KEY", chip: "…9f02", reason: override.body, tone: "attention" },
    { ...tools[1]!, source: ".netrc", reason: "~/.netrc has an entry for git.heroku.com." },
    { ...tools[2]!, source: ".netrc", chip: "…x7Qe", reason: "~/.netrc has an entry.", tone: "good" },
  ],
};
const signedOut: Screen = {
  kind: "signedOut",
  note: "Log in once: heroku, git and Herokey will all use the token in your keychain.",
};
const waiting: Screen = {
  kind: "waiting",
  address: "https://cli-auth.heroku.com/auth/browser/00000000-fake-0000-0000-000000000000",
  endsAt: new Date(Date.now() + 492_000).toISOString(),
  browserOpened: true,
};

const show = (screen: Screen, more: Partial<Overview> = {}): Overview => ({
  screen,
  busy: null,
  notice: null,
  problems: [],
  question: null,
  access: null,
  autostart: false,
  ...more,
});

/** Every state worth a look, by name. */
export const states: Record<string, Overview> = {
  starting: show({ kind: "starting" }),
  "signed-out": show(signedOut),
  "signed-out-busy": show(signedOut, {
    busy: { title: "Logging in…", ours: true, steps: ["Heroku says who you are", "Saved in the keychain"] },
  }),
  "waiting-no-address": show({ ...waiting, address: null, endsAt: null, browserOpened: false }),
  waiting: show(waiting),
  "waiting-no-browser": show({ ...waiting, browserOpened: false }),
  "signed-in": show(signedIn),
  "signed-in-copied": show(signedIn, {
    notice: {
      code: null,
      title: "Token copied",
      body: "The clipboard is cleared in 30 seconds.",
      detail: "",
      buttons: [],
      tone: "good",
    },
  }),
  "signed-in-problems": show(attention, { problems: [override, helper, plain] }),
  "signed-in-one-problem": show(attention, { problems: [override] }),
  "logging-out": show(signedIn, {
    busy: {
      title: "Logging out…",
      ours: true,
      steps: ["The token is revoked at Heroku", "Removed from the keychain", "login.json removed"],
    },
  }),
  moving: show(
    { ...attention, keychain: inKeychain, arrow: { ...toKeychain, label: "On its way", moving: true } },
    {
      busy: {
        title: "Moving the token to the keychain…",
        ours: true,
        steps: ["Saved in the keychain and read back", "The Heroku CLI finds it", "git asks Herokey"],
      },
    },
  ),
  moved: show(signedIn, {
    notice: {
      code: null,
      title: "Your token has moved to the keychain.",
      body: "curl -n finds no credential now.",
      detail: "",
      buttons: [{ label: "Move back", request: { command: "move_token", to: "netrc" } }],
      tone: "good",
    },
  }),
  "move-question": show(signedIn, {
    notice: {
      code: null,
      title: "Move the token to .netrc?",
      body: "~/.netrc is plain text: every program you run can read it.",
      detail: "Save it in ~/.netrc and read it back. Remove it from the keychain",
      buttons: [
        { label: "Move it", request: { command: "move_token", to: "netrc" } },
        { label: "Leave it", request: { command: "dismiss" } },
      ],
      tone: "attention",
    },
  }),
  access: show(signedIn, {
    access: {
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
      addable: [
        { label: "Add ~/.ssh/id_ed25519.pub", request: { command: "add_key", file: "id_ed25519.pub" } },
      ],
    },
  }),
  "second-factor": show(signedOut, { question: { kind: "secondFactor", again: true } }),
  confirm: show(signedIn, {
    question: {
      kind: "confirm",
      title: "Regenerate the account's default token?",
      body: "It is the API key of the dashboard: scripts and other machines may use it.",
      yes: "Regenerate",
    },
  }),
  "other-program": show(signedIn, {
    busy: { title: "Herokey in a terminal is logging in", ours: false, steps: [] },
  }),
  "notice-error": show(signedIn, {
    notice: {
      code: "heroku-unreachable",
      title: "Heroku could not be reached",
      body: "The token is still valid there, and everything here is as it was. Try again, or remove the copies on this machine only.",
      detail: "api.heroku.com: connection refused (os error 111)",
      buttons: [
        { label: "Try again", request: { command: "log_out" } },
        { label: "Remove local copies", request: { command: "remove_local_copies" } },
      ],
      tone: "bad",
    },
  }),
  "signed-out-denied": show(signedOut, {
    notice: {
      code: "login-denied",
      title: "The login was denied in the browser",
      body: "No token was made, and nothing here has changed.",
      detail: "",
      buttons: [],
      tone: "attention",
    },
  }),
  "keychain-locked": show(
    {
      ...signedIn,
      account: { ...account, status: "Keychain locked", tone: "bad" },
      keychain: { ...inKeychain, chip: null, empty: "locked", tone: "bad" },
      tools: [
        { ...tools[0]!, chip: null, reason: "The keychain is locked.", tone: "bad" },
        { ...tools[1]!, chip: null, reason: "The helper reads the keychain, which is locked.", tone: "bad" },
        tools[2]!,
      ],
    },
    {
      problems: [
        {
          code: "keychain-locked",
          title: "The keychain is locked",
          body: "Your token is in it and safe, but neither heroku nor Herokey can read it now.",
          fix: "Unlock it in your desktop's password app, then look again.",
          does: "",
          button: { label: "Look again", request: { command: "look_again" } },
          tone: "bad",
        },
      ],
    },
  ),
  "long-email": show({
    ...signedIn,
    account: {
      ...account,
      email: "maximiliane.von-und-zu-hohenlohe-langenburg+heroku-deployments@engineering.example.com",
      status: "Signed in · expiry unknown, Heroku could not be reached since yesterday evening",
    },
  }),
};

/** Every request so far, as JSON. */
export const asked: string[] = [];

/** A backend that starts in one of the states and follows the simplest requests. */
export function fake(name: string): Backend {
  let current = states[name] ?? show({ kind: "starting" });
  let tell: (overview: Overview) => void = () => {};
  return {
    overview: async () => current,
    onOverview: async (callback) => {
      tell = callback;
      return () => (tell = () => {});
    },
    hand: async ({ command }) => console.info("handed", command),
    ask: async (request) => {
      const { command } = request;
      asked.push(JSON.stringify(request));
      if (command === "log_in") current = states.waiting!;
      if (command === "cancel_log_in" || command === "log_out") current = states["signed-out"]!;
      if (command === "dismiss") current = { ...current, notice: null };
      tell(current);
    },
  };
}

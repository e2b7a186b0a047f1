// What the states of the gallery are made of. The sentences are core's own.
import type {
  AccountCard,
  AccountRow,
  Arrow,
  Notice,
  Overview,
  Place,
  ProblemCard,
  Screen,
  ToolRow,
} from "../bindings";

export const inKeychain: Place = {
  title: "Keychain",
  subtitle: "heroku-cli · encrypted",
  chip: "…x7Qe",
  empty: "",
  tone: "good",
};
export const noKeychain: Place = { ...inKeychain, chip: null, empty: "empty", tone: "neutral" };
export const inNetrc: Place = {
  title: ".netrc",
  subtitle: "~/.netrc · plain text",
  chip: "…x7Qe",
  empty: "",
  tone: "attention",
};
export const noNetrc: Place = {
  ...inNetrc,
  subtitle: "~/.netrc",
  chip: null,
  empty: "empty",
  tone: "neutral",
};

export const heroku: ToolRow = {
  tool: "heroku",
  source: "Keychain",
  chip: "…x7Qe",
  reason: "login.json names this account, and the keychain has its token.",
  tone: "good",
};
export const git: ToolRow = {
  tool: "git push",
  source: "Herokey helper",
  chip: "…x7Qe",
  reason: "Herokey answers with what heroku uses.",
  tone: "good",
};
export const curl: ToolRow = {
  tool: "curl -n",
  source: "nothing",
  chip: null,
  reason: "curl reads netrc and nothing else, and there is no record of Heroku in it.",
  tone: "neutral",
};
export const netrcTools: ToolRow[] = [
  { ...heroku, source: ".netrc", reason: "~/.netrc has a record of api.heroku.com." },
  {
    ...git,
    source: ".netrc",
    reason: "~/.netrc has a record of git.heroku.com. git asks netrc before any helper.",
  },
  {
    ...curl,
    source: ".netrc",
    chip: "…x7Qe",
    reason: "~/.netrc has a record of api.heroku.com. curl reads netrc and nothing else.",
    tone: "good",
  },
];
export const byKey: ToolRow = {
  ...heroku,
  source: "HEROKU_API_KEY",
  chip: "…9f02",
  reason: "HEROKU_API_KEY, set in ~/.zshrc:12, wins over every stored token.",
  tone: "attention",
};

export const account: AccountCard = {
  email: "dana@example.com",
  initial: "D",
  status: "Signed in · expires in 23 days",
  tone: "good",
};
export const attentive: AccountCard = { ...account, tone: "attention" };

export function row(email: string, detail = "Keychain", current = false): AccountRow {
  return {
    email,
    detail,
    current,
    switch: { command: "use_account", account: email },
    forget: {
      label: `Remove ${email} from this machine`,
      request: { command: "forget_account", account: email },
    },
  };
}

export const toNetrc: Arrow = {
  to: "netrc",
  label: "Move the token to .netrc…",
  request: { command: "propose_move", to: "netrc" },
  moving: false,
  advised: false,
};
export const toKeychain: Arrow = {
  to: "keychain",
  label: "Move the token to the keychain",
  request: { command: "move_token", to: "keychain" },
  moving: false,
  advised: true,
};

export const override: ProblemCard = {
  code: "env-api-key-overrides",
  title: "HEROKU_API_KEY wins over your token",
  body: "Set in ~/.zshrc:12. The heroku command uses it in place of your token, and refuses to log in.",
  fix: "herokey doctor --fix env-api-key-overrides",
  does: "Puts `# ` before ~/.zshrc:12, which sets HEROKU_API_KEY, and changes nothing else there. It counts in new terminals.",
  button: {
    label: "Make it a comment",
    request: {
      command: "fix",
      fix: { kind: "comment-out", path: "/home/dana/.zshrc", line: 12, variable: "HEROKU_API_KEY" },
    },
  },
  tone: "bad",
};
export const helper: ProblemCard = {
  code: "git-helper-missing",
  title: "git does not ask Herokey",
  body: "`git push heroku` asks the Heroku CLI, which takes about a second, or you.",
  fix: "herokey git install",
  does: "Writes three helper lines for git.heroku.com into git's global configuration: an empty one, so that helpers for every host are not asked, Herokey's, and last the Heroku CLI's own.",
  button: { label: "Set the helper", request: { command: "install_git_helper" } },
  tone: "attention",
};
export const plain: ProblemCard = {
  code: "netrc-plain-token",
  title: "Your token is in plain text",
  body: "Every program you run can read it in ~/.netrc.",
  fix: "herokey move keychain",
  does: "Saves the token in the keychain, points heroku and git at it, then removes Heroku's records from ~/.netrc. `curl -n` finds none then.",
  button: { label: "Move to keychain", request: { command: "move_token", to: "keychain" } },
  tone: "attention",
};

/** A problem that a new login mends. */
export function logInAgain(
  code: string,
  title: string,
  body: string,
  tone: ProblemCard["tone"],
): ProblemCard {
  return {
    code,
    title,
    body,
    fix: "herokey login",
    does: "Opens the browser, and puts the new token where the Heroku CLI looks.",
    button: { label: "Log in again", request: { command: "log_in" } },
    tone,
  };
}

export const signedIn: Extract<Screen, { kind: "signedIn" }> = {
  kind: "signedIn",
  account,
  keychain: inKeychain,
  netrc: noNetrc,
  arrow: toNetrc,
  tools: [heroku, git, curl],
};
export const signedInNetrc: typeof signedIn = {
  ...signedIn,
  account: attentive,
  keychain: noKeychain,
  netrc: inNetrc,
  arrow: toKeychain,
  tools: netrcTools,
};
export const signedOut: Screen = {
  kind: "signedOut",
  note: "Log in once. heroku, git and Herokey will all use the token in your keychain.",
};
export const waiting: Extract<Screen, { kind: "waiting" }> = {
  kind: "waiting",
  address: "https://cli-auth.heroku.com/auth/browser/00000000-fake-0000-0000-000000000000",
  endsAt: new Date(Date.now() + 492_000).toISOString(),
  browserOpened: true,
};

export function notice(title: string, more: Partial<Notice> = {}): Notice {
  return { code: null, title, body: "", detail: "", buttons: [], tone: "good", ...more };
}

export function show(screen: Screen, more: Partial<Overview> = {}): Overview {
  const accounts = screen.kind === "signedIn" ? [row(screen.account.email, "Keychain", true)] : [];
  const rest = {
    busy: null,
    notice: null,
    accounts,
    problems: [],
    question: null,
    access: null,
    autostart: false,
  };
  return { screen, ...rest, ...more };
}

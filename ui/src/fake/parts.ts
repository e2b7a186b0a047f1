// The parts that the gallery's states are made of. Their sentences come from core.
import type { AccountCard, AccountRow, Arrow, Notice, Overview, Place, Screen, ToolRow } from "../bindings";

type SignedIn = Extract<Screen, { kind: "signedIn" }>;

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
  source: "keychain",
  chip: "…x7Qe",
  reason: "login.json names this account, and the keychain has its token.",
  tone: "good",
};
export const git: ToolRow = {
  tool: "git push",
  source: "helper:herokey",
  chip: "…x7Qe",
  reason: "Herokey gives git the token that heroku uses.",
  tone: "good",
};
export const curl: ToolRow = {
  tool: "curl -n",
  source: "none",
  chip: null,
  reason: "curl reads only netrc, which has no record for Heroku.",
  tone: "neutral",
};
export const netrcTools: ToolRow[] = [
  { ...heroku, source: "netrc", reason: "~/.netrc has a record for api.heroku.com." },
  {
    ...git,
    source: "netrc",
    reason: "~/.netrc has a record for git.heroku.com. git reads netrc before it asks a helper.",
  },
  {
    ...curl,
    source: "netrc",
    chip: "…x7Qe",
    reason: "~/.netrc has a record for api.heroku.com. curl reads only netrc.",
    tone: "good",
  },
];
/** Programs besides heroku, git and curl, for a token in netrc. */
export const others: ToolRow[] = [
  {
    tool: "The MCP server `heroku` of Cursor",
    source: "config",
    chip: "…9f02",
    reason: "~/.cursor/mcp.json:7 has the key in plain text.",
    tone: "attention",
  },
  {
    tool: "Heroku's extension of VS Code",
    source: "netrc",
    chip: "…x7Qe",
    reason:
      "~/.netrc has a record for Heroku. It reads neither the keychain nor HEROKU_API_KEY. A session that was started in the editor comes first.",
    tone: "good",
  },
  {
    tool: "Heroku's provider for Terraform",
    source: "netrc",
    chip: "…x7Qe",
    reason: "~/.netrc has a record for Heroku. It does not read the keychain.",
    tone: "good",
  },
  {
    tool: "Docker",
    source: "none",
    chip: null,
    reason: "Docker has no login for registry.heroku.com. `herokey docker install` gives it one.",
    tone: "neutral",
  },
];
export const herokuOverridden: ToolRow = {
  ...heroku,
  source: "env",
  chip: "…9f02",
  reason: "HEROKU_API_KEY, set in ~/.zshrc:12, overrides every stored token.",
  tone: "attention",
};

export const account: AccountCard = {
  email: "dana@example.com",
  initial: "D",
  status: "Signed in · expires in 23 days",
  tone: "good",
};
export const accountWithProblem: AccountCard = { ...account, tone: "attention" };

export function row(email: string, detail = "Keychain", current = false): AccountRow {
  return {
    email,
    detail,
    current,
    switch: { command: "use_account", account: email },
    forget: { command: "forget_account", account: email },
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

export const signedIn: SignedIn = {
  kind: "signedIn",
  account,
  keychain: inKeychain,
  netrc: noNetrc,
  arrow: toNetrc,
  tools: [heroku, git, curl],
  others: [],
};
export const signedInNetrc: SignedIn = {
  ...signedIn,
  account: accountWithProblem,
  keychain: noKeychain,
  netrc: inNetrc,
  arrow: toKeychain,
  tools: netrcTools,
};
/** The keychain holds the token, and netrc a second copy. */
export const signedInBoth: SignedIn = {
  ...signedIn,
  account: accountWithProblem,
  netrc: inNetrc,
  arrow: toKeychain,
  tools: [heroku, ...netrcTools.slice(1)],
};
export const signedOut: Screen = {
  kind: "signedOut",
  note: "Log in once. heroku, git and Herokey will all use the token in your keychain.",
};
export const locked: Screen = {
  kind: "locked",
  code: "keychain-locked",
  title: "Your keychain is locked",
  note: "heroku looks in it for the token of dana@example.com. Your desktop asks for the keychain's password, and nothing else changes.",
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
  const accounts = screen.kind === "signedIn" ? [row(screen.account.email, storesOf(screen), true)] : [];
  const rest = {
    busy: null,
    notice: null,
    accounts,
    problems: [],
    question: null,
    page: null,
    autostart: false,
  };
  return { screen, ...rest, ...more };
}

function storesOf({ keychain, netrc }: SignedIn): string {
  return [keychain, netrc]
    .filter(({ chip }) => chip !== null)
    .map(({ title }) => title)
    .join(", ");
}

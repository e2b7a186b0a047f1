// Generated from the Rust types by src-tauri/app/tests/bindings.rs. Do not edit.

/**
 * The page.
 */
export type Access = { 
/**
 * Heroku is being asked.
 */
loading: boolean, 
/**
 * Why there is nothing to show.
 */
failure: Notice | null, 
/**
 * What can act as the account.
 */
rows: Array<AccessRow>, 
/**
 * Its SSH keys.
 */
keys: Array<AccessRow>, 
/**
 * Keys on this machine that can be added.
 */
addable: Array<Button>, };

/**
 * One line of the page.
 */
export type AccessRow = { 
/**
 * What it is called.
 */
title: string, 
/**
 * "Made 2026-01-01 · expires in 23 days · global".
 */
detail: string, 
/**
 * "this machine's", "the dashboard's API key".
 */
mark: string | null, 
/**
 * Takes it away.
 */
button: Button, };

/**
 * Who is logged in.
 */
export type AccountCard = { 
/**
 * The account's email, or what stands for it where it is not known.
 */
email: string, 
/**
 * Its first letter, in upper case.
 */
initial: string, 
/**
 * "Signed in · expiry unknown".
 */
status: string, 
/**
 * The dot before `status`.
 */
tone: Tone, };

/**
 * An account with a token on this machine.
 */
export type AccountRow = { 
/**
 * The account's email.
 */
email: string, 
/**
 * Where its token is: "Keychain", ".netrc", "a file of `heroku accounts`".
 */
detail: string, 
/**
 * The one in use.
 */
current: boolean, 
/**
 * Switches to it; of the one in use, nothing to ask for.
 */
switch: PageRequest, 
/**
 * Removes its token from this machine; `None` where that is not Herokey's to do.
 */
forget: PageRequest | null, };

/**
 * The actions that the page can ask for. None carries a secret.
 */
export type Act = { "command": "log_in" } | { "command": "log_in_by_oauth" } | { "command": "log_out" } | { "command": "remove_local_copies" } | { "command": "forget_account", 
/**
 * The account's email.
 */
account: string, } | { "command": "regenerate" } | { "command": "set_git_helper" } | { "command": "move_token", 
/**
 * The store to move it to.
 */
to: Store, } | { "command": "link", 
/**
 * The account's email.
 */
account: string, } | { "command": "fix", 
/**
 * The fix.
 */
fix: Fix, } | { "command": "undo" } | { "command": "use_account", 
/**
 * The account's email.
 */
account: string, } | { "command": "revoke", 
/**
 * Its id.
 */
id: string, } | { "command": "add_key", 
/**
 * The name of a public key's file in `~/.ssh`.
 */
file: string, } | { "command": "remove_key", 
/**
 * Its fingerprint.
 */
fingerprint: string, } | { "command": "finish_action" };

/**
 * The arrow between the two places.
 */
export type Arrow = { 
/**
 * Where it points.
 */
to: Store, 
/**
 * What clicking it does, in words.
 */
label: string, 
/**
 * What clicking it asks for.
 */
request: PageRequest, 
/**
 * The token is on its way.
 */
moving: boolean, 
/**
 * It is advised: the token is better off there.
 */
advised: boolean, };

/**
 * What needs no journal and can be done while an action runs.
 */
export type Aside = { "command": "copy_token" } | { "command": "copy_report" } | { "command": "copy_login_address" } | { "command": "open_login_page" } | { "command": "open_sso_page", 
/**
 * The organization.
 */
organization: string, } | { "command": "open_place", 
/**
 * The store.
 */
place: Store, } | { "command": "set_autostart", 
/**
 * True to start it.
 */
on: boolean, } | { "command": "keep_in_netrc" } | { "command": "test_git" } | { "command": "propose_move", 
/**
 * The store to move it to.
 */
to: Store, } | { "command": "show_access" } | { "command": "show_history" };

/**
 * An action under way.
 */
export type Busy = { 
/**
 * "Logging out…", or "Herokey in a terminal is logging in".
 */
title: string, 
/**
 * True: it is this program's own, and its progress is `steps`.
 */
ours: boolean, 
/**
 * What has been done so far.
 */
steps: Array<string>, };

/**
 * A label, and what a click on it asks for.
 */
export type Button = { 
/**
 * The button's text.
 */
label: string, 
/**
 * What it asks for.
 */
request: PageRequest, };

/**
 * A change that fixes a problem: it changes one file in one step, or removes keychain entries.
 */
export type Fix = { "kind": "comment-out", 
/**
 * The file.
 */
path: string, 
/**
 * The line's number, counted from 1.
 */
line: number, 
/**
 * The variable that the line sets.
 */
variable: string, } | { "kind": "private-netrc" } | { "kind": "one-netrc-record", 
/**
 * The host.
 */
host: string, } | { "kind": "readable-netrc-record", 
/**
 * The host.
 */
host: string, } | { "kind": "matching-netrc-hosts" } | { "kind": "no-netrc-records", 
/**
 * The hosts.
 */
hosts: Array<string>, } | { "kind": "one-keychain-entry", 
/**
 * The account's email.
 */
account: string, } | { "kind": "accounts-token", 
/**
 * The file.
 */
path: string, 
/**
 * The account's email.
 */
account: string, } | { "kind": "no-docker-login", 
/**
 * The file.
 */
path: string, };

/**
 * One action and its outcome.
 */
export type HistoryRow = { 
/**
 * When, RFC 3339 in UTC.
 */
at: string, 
/**
 * What was done, or what went wrong.
 */
title: string, 
/**
 * Whose token it was and which program did it.
 */
detail: string, 
/**
 * Good where it was done, neutral where it was cancelled, attention where something of it is left.
 */
tone: Tone, };

/**
 * What the user can do about a problem.
 */
export type NextStep = { "kind": "command", "text": string } | { "kind": "words", "text": string };

/**
 * What an action came to.
 */
export type Notice = { 
/**
 * Stable code of an error; `None` for a success.
 */
code: string | null, 
/**
 * What happened.
 */
title: string, 
/**
 * What it means for the token, and what to do next.
 */
body: string, 
/**
 * Technical detail that helps whoever is asked for help; empty where there is none.
 */
detail: string, 
/**
 * What can be done about it here.
 */
buttons: Array<Button>, 
/**
 * The token was copied: when it will be gone from the clipboard, RFC 3339 in UTC.
 */
clearsAt?: string, 
/**
 * Its colour.
 */
tone: Tone, };

/**
 * Everything the window shows. Sentences are ready to be read; no token is in it, only masks.
 */
export type Overview = { 
/**
 * The one thing the window is about at the moment.
 */
screen: Screen, 
/**
 * An action under way, by this program or another one on this machine.
 */
busy: Busy | null, 
/**
 * What the last action came to, until it is dismissed or another one begins.
 */
notice: Notice | null, 
/**
 * The accounts with a token here, by email.
 */
accounts: Array<AccountRow>, 
/**
 * What is wrong on this machine, worst first.
 */
problems: Array<ProblemCard>, 
/**
 * What the action under way asks.
 */
question: Question | null, 
/**
 * The page that is open in front of the account.
 */
page: Page | null, 
/**
 * Herokey starts at login.
 */
autostart: boolean, };

/**
 * What opens in the account's place.
 */
export type Page = { "kind": "access" } & Access | { "kind": "history", 
/**
 * One line for each action, the newest first.
 */
rows: Array<HistoryRow>, };

/**
 * What the window's page can ask for. In JSON, `command` names the request.
 */
export type PageRequest = Act | Aside | WindowRequest;

/**
 * One of the two places where a token can live.
 */
export type Place = { 
/**
 * "Keychain" or ".netrc".
 */
title: string, 
/**
 * "heroku-cli · encrypted", "~/.netrc · plain text".
 */
subtitle: string, 
/**
 * The masked token; `None` where there is none.
 */
chip: string | null, 
/**
 * What stands in place of a chip: "empty", "locked", "not on this machine".
 */
empty: string, 
/**
 * Attention for plain text, bad for a place that cannot be read.
 */
tone: Tone, };

/**
 * Something wrong, and what to do about it.
 */
export type ProblemCard = { 
/**
 * Stable code, as in `herokey status --json`.
 */
code: string, 
/**
 * What is wrong, in a few words.
 */
title: string, 
/**
 * What it means.
 */
body: string, 
/**
 * What to do about it; shown if there is no button.
 */
nextStep: NextStep, 
/**
 * What the button will change, to the line; empty if there is none.
 */
effect: string, 
/**
 * Applies the remedy.
 */
button: Button | null, 
/**
 * The other way to settle it: to say that it is meant to be so.
 */
keepAsIs?: Button, 
/**
 * Its colour.
 */
tone: Tone, };

/**
 * What an action asks; it waits for the answer.
 */
export type Question = { "kind": "confirm", 
/**
 * The question.
 */
title: string, 
/**
 * What yes means.
 */
body: string, 
/**
 * What yes is called.
 */
yes: string, } | { "kind": "secondFactor", 
/**
 * The last one was not accepted.
 */
again: boolean, };

/**
 * The screens of the window.
 */
export type Screen = { "kind": "starting" } | { "kind": "signedOut", 
/**
 * What else a person should know before logging in: where the token will go, and why there.
 */
note: string, } | { "kind": "waiting", 
/**
 * The address to open by hand; `None` while it is being asked for.
 */
address: string | null, 
/**
 * When waiting ends, RFC 3339 in UTC.
 */
endsAt: string | null, 
/**
 * False: no browser could be started here.
 */
browserOpened: boolean, } | { "kind": "signedIn", 
/**
 * Who.
 */
account: AccountCard, 
/**
 * The keychain's card.
 */
keychain: Place, 
/**
 * netrc's card.
 */
netrc: Place, 
/**
 * The arrow between the two; `None` where the token cannot be moved.
 */
arrow: Arrow | null, 
/**
 * One row each for heroku, git push and curl -n.
 */
tools: Array<ToolRow>, };

/**
 * Where a reader gets its credential from, as `herokey status --json` names it.
 */
export type Source = "env" | "keychain" | "netrc" | "helper:herokey" | "helper:heroku" | "helper:other" | "none";

/**
 * The two places that the Heroku CLI reads a token from.
 */
export type Store = "keychain" | "netrc";

/**
 * How serious something looks: the colour and the icon.
 */
export type Tone = "good" | "neutral" | "attention" | "bad";

/**
 * What one tool will use.
 */
export type ToolRow = { 
/**
 * "heroku", "git push", "curl -n".
 */
tool: string, 
/**
 * Where the tool takes its credential from.
 */
source: Source, 
/**
 * The masked token, where it is known.
 */
chip: string | null, 
/**
 * Why, in one sentence.
 */
reason: string, 
/**
 * Good where it is the token of the account shown.
 */
tone: Tone, };

/**
 * What answers or changes what the window shows.
 */
export type WindowRequest = { "command": "answer", 
/**
 * True to continue.
 */
yes: boolean, } | { "command": "cancel" } | { "command": "close_page" } | { "command": "dismiss" } | { "command": "refresh" } | { "command": "install_update" };

/** Whether the page may send a request while an action runs. */
export const allowedDuringAction: Record<PageRequest["command"], boolean> = {
  log_in: false,
  log_in_by_oauth: false,
  log_out: false,
  remove_local_copies: false,
  forget_account: false,
  regenerate: false,
  set_git_helper: false,
  move_token: false,
  link: false,
  fix: false,
  undo: false,
  use_account: false,
  revoke: false,
  add_key: false,
  remove_key: false,
  finish_action: false,
  copy_token: true,
  copy_report: true,
  copy_login_address: true,
  open_login_page: true,
  open_sso_page: true,
  open_place: true,
  set_autostart: true,
  keep_in_netrc: true,
  test_git: true,
  propose_move: false,
  show_access: true,
  show_history: true,
  answer: true,
  cancel: true,
  close_page: true,
  dismiss: true,
  refresh: true,
  install_update: false,
};

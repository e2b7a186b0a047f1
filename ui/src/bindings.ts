// Generated from the Rust types by src-tauri/app/tests/bindings.rs. Do not edit.

/**
 * The page.
 */
export type Access = { 
/**
 * The team that the page is about; `None` for the account.
 */
team: string | null, 
/**
 * The teams that it can show instead.
 */
teams: Array<string>, 
/**
 * True while Heroku is being asked.
 */
loading: boolean, 
/**
 * True if Heroku has answered, perhaps a moment ago.
 */
loaded: boolean, 
/**
 * Why there is nothing to show.
 */
failure: Notice | null, 
/**
 * Authorizations, and the sessions of an account.
 */
rows: Array<AccessRow>, 
/**
 * The account's SSH keys.
 */
keys: Array<AccessRow>, 
/**
 * Buttons that add a key of this machine.
 */
addable: Array<Button>, };

/**
 * One row of the page.
 */
export type AccessRow = { 
/**
 * Its name.
 */
title: string, 
/**
 * "Created 2026-01-01 · expires in 23 days · rights: read apps".
 */
detail: string, 
/**
 * "this machine's", "the dashboard's API key".
 */
mark: string | null, 
/**
 * What can be done with it.
 */
buttons: Array<Button>, };

/**
 * Who is logged in.
 */
export type AccountCard = { 
/**
 * The account's email, or a substitute if it is not known.
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
 * The colour of the dot before `status`.
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
 * Where its token is stored and used: "Keychain", ".netrc", "a file of `heroku accounts`", "used in ~/app".
 */
detail: string, 
/**
 * True for the account in use.
 */
current: boolean, 
/**
 * Switches to it.
 */
switch: PageRequest, 
/**
 * Removes its token from this machine; `None` if the token is in another program's files.
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
to: Store, 
/**
 * Leave a copy in netrc.
 */
keep_copy?: boolean, } | { "command": "link", 
/**
 * The account's email.
 */
account: string, } | { "command": "fix", 
/**
 * The fix.
 */
fix: Fix, } | { "command": "undo", 
/**
 * When it was made.
 */
at: string, } | { "command": "use_account", 
/**
 * The account's email.
 */
account: string, } | { "command": "authorize", 
/**
 * Its description in the list.
 */
description: string, 
/**
 * What its token may do.
 */
rights: Rights, 
/**
 * How many days Heroku accepts its token; no end if there are none.
 */
days?: number, 
/**
 * The team that it acts for, instead of the account.
 */
team?: string, } | { "command": "new_token", 
/**
 * Its id.
 */
id: string, 
/**
 * The team that it acts for, instead of the account.
 */
team?: string, } | { "command": "revoke", 
/**
 * Its id.
 */
id: string, 
/**
 * The team that it acts for, instead of the account.
 */
team?: string, } | { "command": "add_key", 
/**
 * The name of a public key's file in `~/.ssh`.
 */
file: string, } | { "command": "remove_key", 
/**
 * Its fingerprint.
 */
fingerprint: string, } | { "command": "finish_action" };

/**
 * The arrow between the two stores.
 */
export type Arrow = { 
/**
 * The store it points to.
 */
to: Store, 
/**
 * What a click on it does, in words.
 */
label: string, 
/**
 * What a click on it asks for.
 */
request: PageRequest, 
/**
 * True while the token is being moved.
 */
moving: boolean, 
/**
 * True if the move is recommended.
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
on: boolean, } | { "command": "unlock_keychain" } | { "command": "keep_in_netrc" } | { "command": "test_git" } | { "command": "propose_move", 
/**
 * The store to move it to.
 */
to: Store, } | { "command": "propose_regenerate" } | { "command": "propose_log_out" } | { "command": "propose_undo" } | { "command": "show_access", 
/**
 * Show who can act for this team instead.
 */
team?: string, } | { "command": "scan" } | { "command": "show_history" };

/**
 * A running action.
 */
export type Busy = { 
/**
 * "Logging out…", or "The tray is logging in…".
 */
title: string, 
/**
 * True if this program runs it.
 */
ours: boolean, 
/**
 * The completed steps.
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
request: PageRequest, 
/**
 * What it will do, in full sentences; empty if the label or the text around it says so.
 */
effect?: string, };

/**
 * A change that fixes a problem: it changes one file in one step, or removes keychain entries or a variable.
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
variable: string, } | { "kind": "remove-variable", 
/**
 * The variable.
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
hosts: Array<string>, } | { "kind": "no-hidden-tokens", 
/**
 * The file.
 */
path: string, } | { "kind": "one-keychain-entry", 
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
account: string, } | { "kind": "no-git-tokens", 
/**
 * The file.
 */
path: string, } | { "kind": "lend-to-mcp-server", 
/**
 * The file.
 */
path: string, 
/**
 * The names that lead to the server's entry.
 */
entry: Array<string>, } | { "kind": "docker-helper", 
/**
 * The file.
 */
path: string, } | { "kind": "no-docker-login", 
/**
 * The file.
 */
path: string, } | { "kind": "autostart", 
/**
 * The entry.
 */
path: string, };

/**
 * A copy of a token.
 */
export type FoundToken = { 
/**
 * `~/.bash_history:12`.
 */
spot: string, 
/**
 * "…a1b2 (the token of me@example.com in the keychain)".
 */
what: string, };

/**
 * One action and its outcome.
 */
export type HistoryRow = { 
/**
 * When it ended, RFC 3339 in UTC.
 */
at: string, 
/**
 * What it did, or what went wrong.
 */
title: string, 
/**
 * The account, and the program that did it.
 */
detail: string, 
/**
 * Good if it was done, neutral if it was cancelled, attention if something is left to do.
 */
tone: Tone, };

/**
 * What the user can do about a problem.
 */
export type NextStep = { "kind": "command", "text": string } | { "kind": "words", "text": string };

/**
 * How an action ended, or what Herokey proposes.
 */
export type Notice = { 
/**
 * The stable code of an error; `None` for a success.
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
 * Technical details for whoever is asked for help; may be empty.
 */
detail: string, 
/**
 * What can be done about it.
 */
buttons: Array<Button>, 
/**
 * When the copied token will be cleared from the clipboard, RFC 3339 in UTC.
 */
clearsAt?: string, 
/**
 * Its colour.
 */
tone: Tone, };

/**
 * Everything the window shows, in sentences ready to read. It contains masks, never tokens.
 */
export type Overview = { 
/**
 * The screen.
 */
screen: Screen, 
/**
 * The running action, of this program or of another one on this machine.
 */
busy: Busy | null, 
/**
 * How the last action ended, until it is dismissed or another one starts.
 */
notice: Notice | null, 
/**
 * The accounts with a token on this machine, by email.
 */
accounts: Array<AccountRow>, 
/**
 * The problems of this machine, worst first.
 */
problems: Array<ProblemCard>, 
/**
 * What the running action asks.
 */
question: Question | null, 
/**
 * The page that is open in place of the account.
 */
page: Page | null, 
/**
 * True if Herokey starts at login.
 */
autostart: boolean, };

/**
 * A page that opens in place of the account.
 */
export type Page = { "kind": "access" } & Access | { "kind": "scan" } & Scan | { "kind": "history", 
/**
 * One row for each action, newest first.
 */
rows: Array<HistoryRow>, };

/**
 * What the window's page can ask for. In JSON, `command` names the request.
 */
export type PageRequest = Act | Aside | WindowRequest;

/**
 * One of the two stores.
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
 * The masked token; `None` if there is none.
 */
chip: string | null, 
/**
 * What is shown if there is no chip: "empty", "locked", "not on this machine".
 */
empty: string, 
/**
 * Attention for plain text, bad for a store that cannot be read.
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
 * A question of the running action, which waits for the answer.
 */
export type Question = { "kind": "confirm", 
/**
 * The question.
 */
title: string, 
/**
 * What a yes means.
 */
body: string, 
/**
 * The label of the yes button.
 */
yes: string, } | { "kind": "secondFactor", 
/**
 * True if Heroku did not accept the last code.
 */
again: boolean, };

/**
 * The rights that a program with a face offers for an authorization (INTEROP.md, "Authorizations").
 */
export type Rights = "read" | "write" | "everything";

/**
 * The page.
 */
export type Scan = { 
/**
 * True while files are being searched.
 */
searching: boolean, 
/**
 * How the search ended, and what to do about what it found.
 */
end: Notice | null, 
/**
 * The copies.
 */
rows: Array<FoundToken>, 
/**
 * "and 12 more", or empty.
 */
more: string, };

/**
 * The screens of the window.
 */
export type Screen = { "kind": "starting" } | { "kind": "signedOut", 
/**
 * Where a login will store the token, and why there.
 */
note: string, } | { "kind": "locked", 
/**
 * The stable code of the problem, which has no card then.
 */
code: string, 
/**
 * "Your keychain is locked".
 */
title: string, 
/**
 * What that means for the token, and what unlocking does.
 */
note: string, } | { "kind": "waiting", 
/**
 * The address to open by hand; `None` until Heroku has sent it.
 */
address: string | null, 
/**
 * When waiting ends, RFC 3339 in UTC.
 */
endsAt: string | null, 
/**
 * False if no browser could be started.
 */
browserOpened: boolean, } | { "kind": "signedIn", 
/**
 * The account.
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
 * The arrow between the two; `None` if the token cannot be moved.
 */
arrow: Arrow | null, 
/**
 * One row each for heroku, git push and curl -n.
 */
tools: Array<ToolRow>, 
/**
 * One row for each other program that is found on this machine, those that need attention first.
 */
others: Array<ToolRow>, };

/**
 * Where a reader gets its credential from, as `herokey status --json` names it.
 */
export type Source = "env" | "keychain" | "netrc" | "helper:herokey" | "helper:heroku" | "helper:other" | "git-config" | "config" | "none";

/**
 * A store that the Heroku CLI reads tokens from.
 */
export type Store = "keychain" | "netrc";

/**
 * How serious something looks: its colour and icon.
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
 * The masked token, if it is known.
 */
chip: string | null, 
/**
 * Why, in one sentence.
 */
reason: string, 
/**
 * Good if it is the token of the account shown.
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
  authorize: false,
  new_token: false,
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
  unlock_keychain: true,
  keep_in_netrc: true,
  test_git: true,
  propose_move: false,
  propose_regenerate: false,
  propose_log_out: false,
  propose_undo: false,
  show_access: true,
  scan: true,
  show_history: true,
  answer: true,
  cancel: true,
  close_page: true,
  dismiss: true,
  refresh: true,
  install_update: false,
};

import type { Rights, Source } from "./bindings";

/** Every text that the window itself shows. Sentences about this machine come with the overview. */
export const texts = {
  starting: "Checking your credentials…",

  signedOut: {
    title: "Not logged in to Heroku",
    logIn: "Log in with browser",
    otherAccounts: "Or continue with a token already on this machine",
  },

  locked: {
    unlock: "Unlock",
  },

  waiting: {
    title: "Finish in your browser",
    preparing: "Opening your browser…",
    opened: "Sign in to Heroku in the browser. This window updates by itself.",
    notOpened: "Herokey could not open a browser. Open this address in any browser, on any device.",
    noAddress: "Asking Heroku for a login page.",
    copy: "Copy",
    copyLabel: "Copy the address of the login page",
    open: "Open again",
    tryOpen: "Open in browser",
    cancel: "Cancel",
    timeLeft: (time: string) => `${time} left`,
    until: (time: string) => `Times out at ${time}`,
  },

  signedIn: {
    places: "Where your token is stored",
    tools: "What each tool uses",
    others: (count: number) => (count === 1 ? "1 more program" : `${count} more programs`),
    problems: "What needs your attention",
    information: "Good to know",
    testGit: "Test git",
    testGitHint: "Asks git which token a push would use; changes nothing",
    copyToken: "Copy token",
    copyTokenHint: "Copies the token in use; Herokey clears the clipboard after 30 seconds",
    regenerate: "Regenerate…",
    regenerateHint: "Replaces the token with a new one and revokes the old one",
    logOut: "Log out",
    open: { keychain: "Open your password manager", netrc: "Open .netrc in your editor" },
    token: (chip: string) => `Token ending in ${chip.replace(/^…/, "")}`,
  },

  /** Where a tool takes its credential from. */
  sources: {
    env: "HEROKU_API_KEY",
    keychain: "Keychain",
    netrc: ".netrc",
    "helper:herokey": "Herokey helper",
    "helper:heroku": "Heroku CLI helper",
    "helper:other": "Another helper",
    "git-config": "git's configuration",
    config: "Its own settings",
    none: "Nothing",
  } satisfies Record<Source, string>,

  accounts: {
    menu: "Switch, add or remove accounts",
    current: "in use",
    add: "Log in with another account…",
    addHint: "Opens the browser; the token you have now stays on this machine",
    remove: "Remove from this machine",
  },

  more: {
    label: "More",
    shortcuts: "Keyboard shortcuts",
    autostart: "Start at login",
    autostartHint: "Shows the tray icon, but no window, when you log in to your desktop",
    show_access: "Access and SSH keys",
    show_history: "History",
    log_in: "Log in again",
    log_in_by_oauth: "Use short-lived tokens",
    refresh: "Refresh",
    copy_report: "Copy for a bug report",
    hints: {
      show_access: "Who can act as you: authorizations, sessions and SSH keys",
      show_history: "What Herokey did on this machine, which of its programs did it, and how it ended",
      log_in: "Opens the browser and replaces this token with a new one",
      log_in_by_oauth: "Tokens last eight hours and renew themselves, so a stolen one soon stops working",
      refresh: "Reads everything on this machine again",
      copy_report: "What Herokey found on this machine, without tokens or email addresses",
    },
  },

  otherWays: {
    title: "Other ways to log in",
    password: "Email and password",
    token: "Paste a token",
    sso: "Single sign-on",
    email: "Email",
    passwordLabel: "Password",
    tokenLabel: "Token",
    organization: "Organization",
    openSso: "Open login page",
    logIn: "Log in",
    hints: {
      password: "Herokey sends the password to Heroku and does not store it.",
      token: "Herokey asks Heroku which account the token belongs to, then stores it.",
      sso: "After you log in, the page shows a token. Paste it here.",
    },
  },

  question: {
    code: "Two-factor code",
    codeHint: "Enter the code that your authenticator app or security key shows now.",
    codeAgain: "Heroku did not accept that code. Try the next one.",
    codeLabel: "Code",
    no: "Cancel",
    yes: "Continue",
  },

  access: {
    title: "Access and SSH keys",
    loading: "Asking Heroku…",
    rows: "Who can act as you",
    noRows: "Only the token in use.",
    keys: "SSH keys",
    noKeys: "This account has no SSH keys.",
    of: "Tokens of",
    account: "Your account",
    team: (name: string) => `The team ${name}`,
    teamRows: (name: string) => `Who can act for the team ${name}`,
    noTeamRows: "This team has no tokens of its own.",
    scan: "Find copies of tokens…",
    scanHint: "Searches shell histories, settings and other usual places on this machine",
  },

  newAuthorization: {
    title: "New token for another program",
    description: "What is it for?",
    rightsLabel: "What may it do?",
    rights: {
      read: "Read everything about your apps",
      write: "Read and change your apps",
      everything: "Everything, as you can",
    } satisfies Record<Rights, string>,
    lifetimeLabel: "How long does it work?",
    lifetimes: {
      1: "1 day",
      7: "7 days",
      30: "30 days",
      90: "90 days",
      365: "1 year",
      none: "Until it is revoked",
    },
    hint: "Herokey copies the token, then clears the clipboard after 30 seconds. Heroku does not show it again.",
    make: "Make and copy token",
  },

  scan: {
    title: "Copies of tokens",
    searching: "Searching…",
    places:
      "Herokey searches shell histories, start-up files and the settings of editors and assistants. `herokey scan FOLDER` searches any folder and its git history.",
  },

  history: {
    title: "History",
    nothing: "Herokey has done nothing on this machine yet.",
    outcomes: { good: "Done", neutral: "Cancelled", attention: "Partly done", bad: "Failed" },
    kept: "Herokey keeps the last fifty entries, on this machine only and without tokens.",
  },

  page: {
    back: "Back",
  },

  tones: {
    good: "OK",
    neutral: "Note",
    attention: "Warning",
    bad: "Error",
  },

  shortcuts: {
    title: "Keyboard shortcuts",
    close: "Close",
    actions: {
      copyToken: "Copy the token",
      move: "Move the token",
      regenerate: "Regenerate the token",
      logIn: "Log in with the browser",
      logOut: "Log out",
      accounts: "Switch accounts",
      access: "Access and SSH keys",
      history: "History",
      refresh: "Refresh",
      help: "Show this list",
      back: "Dismiss, go back or cancel",
    },
    keys: { Control: "Ctrl", Shift: "Shift", Meta: "⌘", Escape: "Esc" } as Record<string, string>,
  },

  notice: {
    clears: (time: string) => `Herokey clears the clipboard in ${time}.`,
    detail: "Technical details",
    dismiss: "Dismiss",
  },

  unreachable: {
    title: "Herokey is not responding",
    body: "Herokey may not have done what you asked. Close this window, open it again and check.",
  },
};

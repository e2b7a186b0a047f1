/** Every text that the window itself shows. Sentences about this machine come with the overview. */
export const texts = {
  starting: "Looking around this machine…",

  signedOut: {
    title: "Not logged in to Heroku",
    logIn: "Log in with browser",
    others: "Or go on with a token that is here",
  },

  waiting: {
    title: "Finish in your browser",
    preparing: "Opening your browser…",
    opened: "Heroku asks there who you are. This window goes on by itself.",
    notOpened: "No browser could be started here. Open this address in any browser, on any device.",
    noAddress: "Asking Heroku for a login page.",
    copy: "Copy",
    copyLabel: "Copy the address of the login page",
    open: "Open again",
    tryOpen: "Try to open it",
    cancel: "Cancel",
    timeLeft: (time: string) => `${time} left`,
    until: (time: string) => `Waits until ${time}`,
  },

  signedIn: {
    places: "Where your token lives",
    tools: "What each tool uses",
    problems: "What needs attention",
    testGit: "Test git",
    testGitHint: "Asks git itself which password a push would use; nothing is changed",
    copyToken: "Copy token",
    copyTokenHint: "Copies the token in use; the clipboard is cleared after 30 seconds",
    regenerate: "Regenerate…",
    regenerateHint: "Puts a new token in the place of this one, and revokes this one",
    logOut: "Log out",
    open: { keychain: "Look at it in your password manager", netrc: "Open it in your editor" },
    token: (chip: string) => `Token ending in ${chip.replace(/^…/, "")}`,
  },

  accounts: {
    menu: "Switch accounts, add or remove one",
    current: "in use",
    add: "Log in as another account…",
    addHint: "Opens the browser; the token that is here stays",
    remove: "Remove from this machine",
  },

  more: {
    label: "More",
    shortcuts: "Keyboard shortcuts",
    autostart: "Start at login",
    autostartHint: "The tray alone starts when you log in to your desktop",
    show_access: "Access and SSH keys",
    show_history: "What Herokey did",
    log_in: "Log in again",
    log_in_by_oauth: "Use short-lived tokens",
    look_again: "Look around again",
    copy_report: "Copy for a bug report",
    hints: {
      show_access: "What can act as you: authorizations, sessions, SSH keys",
      show_history: "The last things that were done here, by which program, and how they ended",
      log_in: "Opens the browser and puts a new token in place of this one",
      log_in_by_oauth: "Tokens of eight hours that renew themselves: a stolen one is dead by tonight",
      look_again: "Reads everything on this machine once more",
      copy_report: "What Herokey found here, without any token or email",
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
    openSso: "Open its login page",
    logIn: "Log in",
    hints: {
      password: "The password goes to Heroku and is not kept.",
      token: "Heroku is asked whose it is before it is stored.",
      sso: "The page shows a token at the end. Paste it here.",
    },
  },

  question: {
    code: "Your second factor",
    codeHint: "Heroku asks for the code that your app or key shows now.",
    codeAgain: "Heroku did not accept that code. Try the next one.",
    codeLabel: "Code",
    no: "Cancel",
    goOn: "Go on",
  },

  access: {
    title: "Access and SSH keys",
    loading: "Asking Heroku…",
    rows: "What can act as you",
    noRows: "Nothing but the token in use.",
    keys: "SSH keys",
    noKeys: "The account has no SSH key.",
  },

  history: {
    title: "What Herokey did",
    nothing: "Nothing yet on this machine.",
    outcomes: { good: "Done", neutral: "Cancelled", attention: "Partly done", bad: "Failed" },
    kept: "The last fifty are kept, on this machine alone, without any token.",
  },

  page: {
    back: "Back",
  },

  tones: {
    good: "As it should be",
    neutral: "For information",
    attention: "Needs attention",
    bad: "Broken",
  },

  shortcuts: {
    title: "Keyboard shortcuts",
    close: "Close",
    acts: {
      copyToken: "Copy the token",
      move: "Move the token",
      regenerate: "Regenerate the token",
      logIn: "Log in with the browser",
      logOut: "Log out",
      accounts: "Switch accounts",
      access: "Access and SSH keys",
      history: "What Herokey did",
      lookAgain: "Look around again",
      help: "This list",
      back: "Dismiss, go back, cancel",
    },
    keys: { Control: "Ctrl", Shift: "Shift", Meta: "⌘", Escape: "Esc" } as Record<string, string>,
  },

  notice: {
    clears: (time: string) => `It leaves the clipboard in ${time}.`,
    detail: "Technical detail",
    dismiss: "Dismiss",
  },

  unreachable: {
    title: "Herokey does not answer",
    body: "What you asked for may not have been done. Close the window, open it again and look.",
  },
};

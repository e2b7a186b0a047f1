// Every text that the window itself says. Sentences about the machine come ready-made with the overview.

export const texts = {
  starting: "Looking around this machine…",

  signedOut: {
    title: "Not logged in to Heroku",
    logIn: "Log in with browser",
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
    timeLeft: (minutes: number, seconds: number) => `${minutes} min ${seconds} s left`,
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
    token: (chip: string) => `Token ending in ${chip.replace(/^…/, "")}`,
  },

  more: {
    label: "More",
    show_access: "Access and SSH keys",
    log_in: "Log in again",
    log_in_by_oauth: "Use short-lived tokens",
    look_again: "Look around again",
    copy_report: "Copy for a bug report",
    hints: {
      show_access: "What can act as you: authorizations, sessions, SSH keys",
      log_in: "Opens the browser; you can choose another account there",
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
    back: "Back",
    loading: "Asking Heroku…",
    rows: "What can act as you",
    noRows: "Nothing but the token in use.",
    keys: "SSH keys",
    noKeys: "The account has no SSH key.",
  },

  tones: {
    good: "As it should be",
    neutral: "For information",
    attention: "Needs attention",
    bad: "Broken",
  },

  notice: {
    detail: "Technical detail",
    dismiss: "Dismiss",
  },

  unreachable: {
    title: "Herokey does not answer",
    body: "What you asked for may not have been done. Close the window, open it again and look.",
  },
};

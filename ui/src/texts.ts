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
    logInAgain: "Log in again",
    logInAgainHint: "Opens the browser; you can choose another account there",
    logOut: "Log out",
    lookAgain: "Look around this machine again",
    token: (chip: string) => `Token ending in ${chip.replace(/^…/, "")}`,
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

// The problems in the gallery's states. Their sentences come from core.
import type { ProblemCard, Tone } from "../bindings";

export const override: ProblemCard = {
  code: "env-api-key-overrides",
  title: "HEROKU_API_KEY overrides your token",
  body: "It is set in ~/.zshrc:12. The heroku command uses it instead of your token, and refuses to log in.",
  nextStep: { kind: "command", text: "herokey doctor --fix env-api-key-overrides" },
  effect:
    "Puts `# ` before ~/.zshrc:12, which sets HEROKU_API_KEY, and changes nothing else there. This takes effect in new terminals.",
  button: {
    label: "Comment it out",
    request: {
      command: "fix",
      fix: { kind: "comment-out", path: "/home/dana/.zshrc", line: 12, variable: "HEROKU_API_KEY" },
    },
  },
  tone: "bad",
};
export const helper: ProblemCard = {
  code: "git-helper-missing",
  title: "git is not using Herokey",
  body: "`git push heroku` asks the Heroku CLI, which takes about a second, or prompts you.",
  nextStep: { kind: "command", text: "herokey git install" },
  effect:
    "Adds three helper lines for git.heroku.com to git's global configuration: an empty one, so that git skips the helpers for every host, then Herokey's and the Heroku CLI's.",
  button: { label: "Set up the helper", request: { command: "set_git_helper" } },
  tone: "attention",
};
export const plain: ProblemCard = {
  code: "netrc-plain-token",
  title: "Your token is in plain text",
  body: "Any program you run can read it in ~/.netrc.",
  nextStep: { kind: "command", text: "herokey move keychain" },
  effect:
    "Saves the token in the keychain, points heroku and git at it, then removes Heroku's records from ~/.netrc. After that, curl -n will find no token there.",
  button: { label: "Move to keychain", request: { command: "move_token", to: "keychain" } },
  keepAsIs: { label: "Keep it there", request: { command: "keep_in_netrc" } },
  tone: "attention",
};

/** The user chose to keep the token there. */
export const plainKept: ProblemCard = {
  ...plain,
  body: "You chose to keep the token in ~/.netrc, where any program you run can read it.",
  keepAsIs: undefined,
  tone: "neutral",
};

/** The token cannot move, because the Heroku CLI does not use the keychain. */
export const plainWithoutKeychain: ProblemCard = {
  ...plain,
  nextStep: {
    kind: "words",
    text: "Start a keychain that the Heroku CLI can read, then run `herokey move keychain`.",
  },
  effect: "",
  button: null,
};

export const expiring = logInAgain(
  "token-expiring",
  "Your token expires in 3 days",
  "Log in again to avoid an interruption.",
  "attention",
);
export const expired = logInAgain(
  "token-expired",
  "Your token has expired",
  "Heroku refuses heroku, git and curl until you log in again.",
  "bad",
);
export const refused = logInAgain(
  "token-refused",
  "Heroku does not accept the token",
  "It was revoked, it expired, or the password was changed.",
  "bad",
);
export const unfinished: ProblemCard = {
  code: "unfinished-action",
  title: "An action was interrupted",
  body: "Herokey was interrupted while moving the token (started 2026-11-24T09:14:03Z, last completed step: Stored the token in the keychain and read it back).",
  nextStep: { kind: "words", text: "Start Herokey, which finishes the action." },
  effect:
    "Stores the token in the keychain and reads it back, points heroku and git at it, then removes it from .netrc.",
  button: { label: "Finish it", request: { command: "finish_action" } },
  tone: "bad",
};
export const unwatched: ProblemCard = {
  code: "changes-not-watched",
  title: "Herokey does not notice changes by other programs",
  body: "What you see here may be out of date; heroku, git and curl are not affected. Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances, or refresh.",
  nextStep: {
    kind: "words",
    text: "Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances, or refresh.",
  },
  effect: "",
  button: { label: "Refresh", request: { command: "refresh" } },
  tone: "attention",
};

export const locked: ProblemCard = {
  ...unreadable(
    "keychain-locked",
    "The keychain is locked",
    "Its tokens are still there.",
    "Unlock it (log in to your desktop, or open Passwords and Keys), then try again.",
  ),
  button: { label: "Unlock keychain…", request: { command: "unlock_keychain" } },
};
export const denied = unreadable(
  "keychain-denied",
  "Access to the keychain was denied.",
  "Nothing in it was changed.",
  "Allow it when the system asks, then try again.",
);
export const timedOut = unreadable(
  "keychain-timeout",
  "The keychain did not answer in time.",
  "Herokey does not know which tokens it holds.",
  "Check whether a keychain prompt is waiting in another window, then try again.",
);
export const noReadableNetrc = unreadable(
  "netrc-unreadable",
  "Could not read ~/.netrc.",
  "The file was not changed. Permission denied (os error 13)",
  'Fix the problem shown under "Technical details", then try again.',
);

/** A variable that names a host other than Heroku's. */
export function disallowedHost(name: string, line: number): ProblemCard {
  return {
    code: "host-not-allowed",
    title: `${name} is not a Heroku host`,
    body: "Its value is `heroku.example.com`. Until you correct it, Herokey sends no token anywhere and changes nothing.",
    nextStep: { kind: "command", text: "herokey doctor --fix host-not-allowed" },
    effect: `Puts \`# \` before ~/.zshrc:${line}, which sets ${name}, and changes nothing else there. This takes effect in new terminals.`,
    button: {
      label: "Comment it out",
      request: {
        command: "fix",
        fix: { kind: "comment-out", path: "/home/dana/.zshrc", line, variable: name },
      },
    },
    tone: "bad",
  };
}

function logInAgain(code: string, title: string, body: string, tone: Tone): ProblemCard {
  return {
    code,
    title,
    body,
    nextStep: { kind: "command", text: "herokey login" },
    effect: "Opens the browser, then stores the new token where the Heroku CLI looks for it.",
    button: { label: "Log in again", request: { command: "log_in" } },
    tone,
  };
}

function unreadable(code: string, title: string, body: string, fix: string): ProblemCard {
  return { code, title, body, nextStep: { kind: "words", text: fix }, effect: "", button: null, tone: "bad" };
}

// What is wrong in the states of the gallery. The sentences are core's own.
import type { ProblemCard, Tone } from "../bindings";

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
  wanted: { label: "Leave it there", request: { command: "leave_in_netrc" } },
  tone: "attention",
};

/** As the person wants it. */
export const plainAsWanted: ProblemCard = {
  ...plain,
  body: "You want it there. Every program you run can read it in ~/.netrc.",
  wanted: undefined,
  tone: "neutral",
};

/** Where the Heroku CLI does not look into the keychain. */
export const plainForNow: ProblemCard = {
  ...plain,
  fix: "Start a keychain that the Heroku CLI can read, then run `herokey move keychain`.",
  does: "",
  button: null,
};

export const expiring = logInAgain(
  "token-expiring",
  "Your token expires in 3 days",
  "Log in again to go on without a break.",
  "attention",
);
export const expired = logInAgain(
  "token-expired",
  "Your token has expired",
  "heroku, git and curl are refused until you log in again.",
  "bad",
);
export const refused = logInAgain(
  "token-refused",
  "Heroku does not accept the token",
  "It was revoked, has expired, or the password was changed.",
  "bad",
);
export const unfinished: ProblemCard = {
  code: "unfinished-action",
  title: "An action was interrupted",
  body: "It began at 2026-11-24T09:14:03Z; the last step done: Saved in the keychain and read back.",
  fix: "Start Herokey: it finishes the action.",
  does: "Goes on with what was begun: moving the token.",
  button: { label: "Finish it", request: { command: "finish_action" } },
  tone: "bad",
};
export const unwatched: ProblemCard = {
  code: "changes-not-watched",
  title: "Changes by other programs are not noticed.",
  body: "What is shown here may be old; what heroku, git and curl use is not concerned. Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances, or look again by hand.",
  fix: "Raise fs.inotify.max_user_watches and fs.inotify.max_user_instances, or look again by hand.",
  does: "",
  button: { label: "Look again", request: { command: "look_again" } },
  tone: "attention",
};

export const locked = unreadable(
  "keychain-locked",
  "The keychain is locked.",
  "What is in it is still there.",
  "Unlock it (log in to your desktop, or open Passwords and Keys), then try again.",
);
export const denied = unreadable(
  "keychain-denied",
  "Access to the keychain was denied.",
  "Nothing in it was changed.",
  "Allow it when the system asks, then try again.",
);
export const silent = unreadable(
  "keychain-timeout",
  "The keychain did not answer in time.",
  "Nothing is known about what is in it.",
  "Look whether it waits for you in another window, then try again.",
);
export const noReadableNetrc = unreadable(
  "netrc-unreadable",
  "Could not read ~/.netrc.",
  "The file is as it was. Permission denied (os error 13)",
  "Mend what the detail says, then try again.",
);

/** A variable that names another host than one of Heroku's. */
export function strangeHost(name: string, line: number): ProblemCard {
  return {
    code: "host-not-allowed",
    title: `${name} is not one of Heroku's hosts`,
    body: "Its value is `heroku.example.com`. No token is sent there; Herokey uses heroku.com.",
    fix: "herokey doctor --fix host-not-allowed",
    does: `Puts \`# \` before ~/.zshrc:${line}, which sets ${name}, and changes nothing else there. It counts in new terminals.`,
    button: {
      label: "Make it a comment",
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
    fix: "herokey login",
    does: "Opens the browser, and puts the new token where the Heroku CLI looks.",
    button: { label: "Log in again", request: { command: "log_in" } },
    tone,
  };
}

function unreadable(code: string, title: string, body: string, fix: string): ProblemCard {
  return { code, title, body, fix, does: "", button: null, tone: "bad" };
}

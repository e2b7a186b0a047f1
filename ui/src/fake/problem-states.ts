// The states with a problem.
import type { Button, Overview, Place } from "../bindings";
import {
  accountWithProblem,
  herokuOverridden,
  locked as lockedScreen,
  row,
  curl,
  git,
  noKeychain,
  noNetrc,
  notice,
  show,
  signedIn,
  signedInBoth,
  signedInNetrc,
} from "./parts";
import {
  denied,
  expired,
  expiring,
  helper,
  locked,
  noReadableNetrc,
  override,
  plain,
  plainWithoutKeychain,
  refused,
  timedOut,
  disallowedHost,
  unfinished,
  unwatched,
} from "./problems";

const accountNeedsAttention = { ...accountWithProblem, status: "Signed in · needs your attention" };

const logOutAgain: Button = {
  label: "Try again",
  request: { command: "log_out" },
  effect: "Logs out again: revokes the token at Heroku, then removes its copies from this machine.",
};
const stillValid = notice("The token …x7Qe in the keychain could not be revoked and still works", {
  code: "partly-done",
  body: "Heroku lists no authorization for it, and ending its session had no effect. Its copies are still on this machine. Revoke it on https://dashboard.heroku.com/account/applications, or find it with `herokey authorizations` and revoke it with `herokey revoke ID`. Then log out again. To remove only the local copies, run `herokey logout --local-only`.",
  buttons: [logOutAgain, { label: "Remove local copies", request: { command: "remove_local_copies" } }],
  tone: "bad",
});

export const problemStates = {
  "signed-in-overridden": show(
    { ...signedIn, account: accountWithProblem, tools: [herokuOverridden, { ...git, chip: "…9f02" }, curl] },
    { problems: [override] },
  ),
  "first-start-netrc": show(
    { ...signedInNetrc, account: accountNeedsAttention },
    { problems: [plain, helper] },
  ),
  "three-problems": show(
    { ...signedInNetrc, account: { ...accountWithProblem, status: "Signed in · expired 2 hours ago" } },
    { problems: [expired, plain, helper] },
  ),
  "two-disallowed-hosts": show(
    { ...signedIn, account: accountWithProblem },
    { problems: [disallowedHost("HEROKU_HOST", 12), disallowedHost("HEROKU_GIT_HOST", 13)] },
  ),
  expiring: show(
    { ...signedIn, account: { ...accountWithProblem, status: "Signed in · expires in 3 days" } },
    { problems: [expiring] },
  ),
  expired: show(
    { ...signedIn, account: { ...accountWithProblem, status: "Signed in · expired 2 hours ago" } },
    { problems: [expired] },
  ),
  refused: show(
    { ...signedIn, account: { ...accountWithProblem, status: "Refused by Heroku · log in again" } },
    { problems: [refused] },
  ),
  offline: show(signedIn, {
    notice: notice("Heroku could not be reached", {
      code: "heroku-unreachable",
      body: "The token may still be valid at Heroku, and its copies are still on this machine. Try again later, or remove the local copies now with `herokey logout --local-only`.",
      detail: "Connection refused (os error 111)",
      buttons: [logOutAgain, { label: "Remove local copies", request: { command: "remove_local_copies" } }],
      tone: "bad",
    }),
  }),
  "token-still-valid": show(signedIn, {
    notice: stillValid,
  }),
  "notice-and-problems": show(
    { ...signedInNetrc, others: [] },
    { notice: stillValid, problems: [plain, helper] },
  ),
  "keychain-locked": show(lockedScreen),
  "keychain-not-unlocked": show(lockedScreen, {
    accounts: [row("ops@example.com", "a file of `heroku accounts`")],
    notice: notice("The keychain is locked", {
      code: "keychain-locked",
      body: "Its tokens are still there. Unlock it (log in to your desktop, or open Passwords and Keys), then try again.",
      tone: "bad",
    }),
  }),
  "keychain-locked-netrc-in-use": show(withoutKeychain("locked"), { problems: [locked] }),
  "keychain-denied": show(withoutKeychain("access denied"), { problems: [denied, plainWithoutKeychain] }),
  "keychain-timeout": show(withoutKeychain("no answer"), { problems: [timedOut, plainWithoutKeychain] }),
  "keychain-missing": show(withoutKeychain("none on this machine", "neutral"), {
    problems: [plainWithoutKeychain],
  }),
  "netrc-unreadable": show(
    { ...signedIn, account: accountWithProblem, netrc: { ...noNetrc, empty: "cannot be read", tone: "bad" } },
    { problems: [noReadableNetrc] },
  ),
  interrupted: show(signedInBoth, { problems: [unfinished, plain] }),
  "changes-not-watched": show(signedIn, { problems: [unwatched] }),
} satisfies Record<string, Overview>;

/** Only netrc is readable. */
function withoutKeychain(empty: string, tone: Place["tone"] = "bad") {
  return { ...signedInNetrc, keychain: { ...noKeychain, empty, tone }, arrow: null };
}

// The states in which something is wrong.
import type { Overview, Place } from "../bindings";
import {
  attentive,
  byKey,
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
  plainForNow,
  refused,
  silent,
  strangeHost,
  unfinished,
  unwatched,
} from "./problems";

const needsAttention = { ...attentive, status: "Signed in · needs your attention" };

export const wrong = {
  "signed-in-overridden": show(
    { ...signedIn, account: attentive, tools: [byKey, { ...git, chip: "…9f02" }, curl] },
    { problems: [override] },
  ),
  "first-start-netrc": show({ ...signedInNetrc, account: needsAttention }, { problems: [plain, helper] }),
  "three-problems": show(
    { ...signedInNetrc, account: { ...attentive, status: "Signed in · expired 2 hours ago" } },
    { problems: [expired, plain, helper] },
  ),
  "two-strange-hosts": show(
    { ...signedIn, account: attentive },
    { problems: [strangeHost("HEROKU_HOST", 12), strangeHost("HEROKU_GIT_HOST", 13)] },
  ),
  expiring: show(
    { ...signedIn, account: { ...attentive, status: "Signed in · expires in 3 days" } },
    { problems: [expiring] },
  ),
  expired: show(
    { ...signedIn, account: { ...attentive, status: "Signed in · expired 2 hours ago" } },
    { problems: [expired] },
  ),
  refused: show(
    { ...signedIn, account: { ...attentive, status: "Refused by Heroku · log in again" } },
    { problems: [refused] },
  ),
  offline: show(signedIn, {
    notice: notice("Heroku could not be reached.", {
      code: "heroku-unreachable",
      body: "The token may still be valid at Heroku, and its copies are still on this machine. Try again later, or remove the local copies now: `herokey logout --local-only`.",
      detail: "Connection refused (os error 111)",
      buttons: [
        { label: "Try again", request: { command: "log_out" } },
        { label: "Remove local copies", request: { command: "remove_local_copies" } },
      ],
      tone: "bad",
    }),
  }),
  "keychain-locked": show(
    { kind: "signedOut", note: "Your keychain is locked; it will ask to be unlocked." },
    { problems: [locked] },
  ),
  "keychain-denied": show(withoutKeychain("access denied"), { problems: [denied, plainForNow] }),
  "keychain-silent": show(withoutKeychain("no answer"), { problems: [silent, plainForNow] }),
  "keychain-missing": show(withoutKeychain("none on this machine", "neutral"), { problems: [plainForNow] }),
  "netrc-unreadable": show(
    { ...signedIn, account: attentive, netrc: { ...noNetrc, empty: "cannot be read", tone: "bad" } },
    { problems: [noReadableNetrc] },
  ),
  "half-done": show(signedInBoth, { problems: [unfinished, plain] }),
  "changes-not-watched": show(signedIn, { problems: [unwatched] }),
} satisfies Record<string, Overview>;

/** Only netrc can be read. */
function withoutKeychain(empty: string, tone: Place["tone"] = "bad") {
  return { ...signedInNetrc, keychain: { ...noKeychain, empty, tone }, arrow: null };
}

import { createContext } from "svelte";

import type { Secret } from "./backend";
import type { Request } from "./bindings";

/** Lets any component send a request. */
export const [getAsk, setAsk] = createContext<(request: Request) => void>();

/** Lets a form send a typed secret. */
export const [getSendSecret, setSendSecret] = createContext<(secret: Secret) => void>();

/** True while an action runs. Only one runs at a time on this machine. */
export const [getBusy, setBusy] = createContext<() => boolean>();

/** Requests that touch nothing an action works on. */
const asides: Request["command"][] = [
  "answer",
  "cancel_log_in",
  "close_page",
  "copy_login_address",
  "copy_report",
  "copy_token",
  "dismiss",
  "look_again",
  "open_login_page",
  "open_place",
  "open_sso_page",
  "set_autostart",
  "show_access",
  "show_history",
  "test_git",
];

/** True if the request is allowed while an action runs. */
export function isAside(request: Request): boolean {
  return asides.includes(request.command);
}

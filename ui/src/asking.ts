import { createContext } from "svelte";

import type { Secret } from "./backend";
import type { Request } from "./bindings";

/** How any component, however deep, asks for something. */
export const [getAsk, setAsk] = createContext<(request: Request) => void>();

/** How a form hands over what was typed into it. */
export const [getHand, setHand] = createContext<(secret: Secret) => void>();

/** Whether an action is under way: one runs at a time on this machine. */
export const [getBusy, setBusy] = createContext<() => boolean>();

/** What changes nothing that an action works on. */
const beside: Request["command"][] = [
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

/** True: it can be asked for while an action is under way. */
export function isAside(request: Request): boolean {
  return beside.includes(request.command);
}

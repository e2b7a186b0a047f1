import { createContext } from "svelte";

import type { Secret } from "./backend";
import { allowedDuringAction, type PageRequest } from "./bindings";

/** Lets any component send a request. */
export const [getAsk, setAsk] = createContext<(request: PageRequest) => void>();

/** Lets a form send a typed secret. */
export const [getSendSecret, setSendSecret] = createContext<(secret: Secret) => void>();

/** True while an action runs. Only one runs at a time on this machine. */
export const [getBusy, setBusy] = createContext<() => boolean>();

/** True if the request is allowed while an action runs. */
export function isAllowedDuringAction(request: PageRequest): boolean {
  return allowedDuringAction[request.command];
}

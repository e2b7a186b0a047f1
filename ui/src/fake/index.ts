// A backend with made-up states, to view the window in any browser (`npm run dev`, then /gallery.html) and to test its
// components.
import type { Backend, Secret } from "../backend";
import type { Overview, PageRequest } from "../bindings";
import { states, type StateName } from "./states";

export interface Fake extends Backend {
  /** Every request so far. */
  requests: PageRequest[];
  /** Every secret sent so far. */
  secrets: Secret[];
  /** Sends the window an overview. */
  push(overview: Overview): void;
}

/** A backend that starts in one of the states and carries out the simplest requests. */
export function fake(name: StateName): Fake {
  let current: Overview = states[name];
  let listener: (overview: Overview) => void = () => {};
  const backend: Fake = {
    first: undefined,
    requests: [],
    secrets: [],
    push(overview) {
      current = overview;
      listener(overview);
    },
    overview: async () => current,
    onOverview: async (callback) => {
      listener = callback;
      return () => (listener = () => {});
    },
    sendSecret: async (secret) => void backend.secrets.push(secret),
    ask: async (request) => {
      backend.requests.push(request);
      const next = after(request, current);
      if (next) backend.push(next);
    },
  };
  return backend;
}

function after({ command }: PageRequest, current: Overview): Overview | undefined {
  switch (command) {
    case "log_in":
      return states.waiting;
    case "cancel":
    case "log_out":
      return states["signed-out"];
    case "show_access":
      return states.access;
    case "scan":
      return states.scan;
    case "show_history":
      return states.history;
    case "close_page":
      return { ...current, page: null };
    case "dismiss":
      return { ...current, notice: null };
    default:
      return undefined;
  }
}

// A backend without a machine, for looking at the window in any browser (`npm run dev`, then /gallery.html) and for
// the tests of its components.
import type { Backend, Secret } from "../backend";
import type { Overview, Request } from "../bindings";
import { states, type StateName } from "./states";

export interface Fake extends Backend {
  /** Everything asked for so far. */
  asked: Request[];
  /** Everything handed over so far. */
  handed: Secret[];
  /** Brings the window an overview. */
  tell(overview: Overview): void;
}

/** A backend that starts in one of the states and follows the simplest requests. */
export function fake(name: StateName): Fake {
  let current: Overview = states[name];
  let listener: (overview: Overview) => void = () => {};
  const backend: Fake = {
    asked: [],
    handed: [],
    tell(overview) {
      current = overview;
      listener(overview);
    },
    overview: async () => current,
    onOverview: async (callback) => {
      listener = callback;
      return () => (listener = () => {});
    },
    hand: async (secret) => void backend.handed.push(secret),
    ask: async (request) => {
      backend.asked.push(request);
      const next = after(request, current);
      if (next) backend.tell(next);
    },
  };
  return backend;
}

function after({ command }: Request, current: Overview): Overview | undefined {
  switch (command) {
    case "log_in":
      return states.waiting;
    case "cancel_log_in":
    case "log_out":
      return states["signed-out"];
    case "show_access":
      return states.access;
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

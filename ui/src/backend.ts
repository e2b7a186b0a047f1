// The connection to the Rust side. No other file imports @tauri-apps/api.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { Overview, PageRequest } from "./bindings";

/** A secret that was typed into a form, by the command that takes it. */
export type Secret =
  | { command: "log_in_by_password"; email: string; password: string }
  | { command: "log_in_by_token"; token: string }
  | { command: "second_factor"; code: string };

/** What the window needs from the Rust side. */
export interface Backend {
  /** The overview at the page's creation, which needs no answer to wait for; none if the first look took too long. */
  first: Overview | undefined;
  /** Returns the current overview. */
  overview(): Promise<Overview>;
  /** Calls back with every new overview. Resolves once no overview can be missed, with a function that stops it. */
  onOverview(callback: (overview: Overview) => void): Promise<() => void>;
  /** Sends a request. Its outcome arrives as an overview; the promise rejects only if the request was not delivered. */
  ask(request: PageRequest): Promise<void>;
  /** Sends what was typed into a form. None of it ever comes back. */
  sendSecret(secret: Secret): Promise<void>;
}

declare global {
  interface Window {
    /** What the Rust side hands to the page before its scripts run (`first_overview` in `src-tauri/src/window.rs`). */
    firstOverview?: Overview;
  }
}

/** The real backend. */
export const tauri: Backend = {
  first: window.firstOverview,
  overview: () => invoke<Overview>("overview"),
  onOverview: (callback) => listen<Overview>("overview", (event) => callback(event.payload)),
  ask: (request) => invoke<void>("ask", { request }),
  sendSecret: ({ command, ...args }) => invoke<void>(command, args),
};

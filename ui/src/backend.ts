// The way to the Rust side. No other file imports @tauri-apps/api.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

import type { Overview, Request } from "./bindings";

/** What a form hands over, by the command that takes it. */
export type Secret =
  | { command: "log_in_by_password"; email: string; password: string }
  | { command: "log_in_by_token"; token: string }
  | { command: "second_factor"; code: string };

/** What the window needs of the Rust side. */
export interface Backend {
  /** What there is to show now. */
  overview(): Promise<Overview>;
  /** Calls back with every later overview. Resolves once none can be missed, with the way to stop. */
  onOverview(callback: (overview: Overview) => void): Promise<() => void>;
  /** Asks for something. What it comes to arrives as an overview; rejects only if it could not be asked. */
  ask(request: Request): Promise<void>;
  /** Hands over what was typed into a form. Nothing of it ever comes back. */
  hand(secret: Secret): Promise<void>;
}

/** The real one. */
export const tauri: Backend = {
  overview: () => invoke<Overview>("overview"),
  onOverview: (callback) => listen<Overview>("overview", (event) => callback(event.payload)),
  ask: ({ command, ...args }) => invoke<void>(command, args),
  hand: ({ command, ...args }) => invoke<void>(command, args),
};

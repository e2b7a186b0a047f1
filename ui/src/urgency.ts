import type { Tone } from "./bindings";

/** True for what needs the user: errors and warnings. The rest is good to know. */
export function isUrgent({ tone }: { tone: Tone }): boolean {
  return tone === "attention" || tone === "bad";
}

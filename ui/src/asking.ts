import { createContext } from "svelte";

import type { Secret } from "./backend";
import type { Request } from "./bindings";

/** How any component, however deep, asks for something. */
export const [getAsk, setAsk] = createContext<(request: Request) => void>();

/** How a form hands over what was typed into it. */
export const [getHand, setHand] = createContext<(secret: Secret) => void>();

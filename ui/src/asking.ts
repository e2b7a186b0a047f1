import { createContext } from "svelte";

import type { Request } from "./bindings";

/** How any component, however deep, asks for something. */
export const [getAsk, setAsk] = createContext<(request: Request) => void>();

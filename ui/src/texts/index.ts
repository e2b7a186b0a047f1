import { de } from "./de";
import { en, type Texts } from "./en";

const catalogues: Record<string, Texts> = { de, en };
const system = navigator.language.split("-")[0] ?? "";

/** The system's language where there is a catalogue for it, English elsewhere. */
export const language = system in catalogues ? system : "en";

/** Every text that the window itself says. Sentences about the machine come with the overview, in English. */
export const texts: Texts = catalogues[language] ?? en;

import { beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  // The catalogue is chosen when it is first read.
  vi.resetModules();
  vi.stubGlobal("navigator", { ...navigator, language: "de-AT", platform: navigator.platform });
  return () => vi.unstubAllGlobals();
});

/** The language that the element of a text is in. */
function languageOf(text: string): string | undefined {
  const texts = document.evaluate(
    `//*[text()[contains(., "${text}")]]`,
    document.body,
    null,
    XPathResult.ANY_TYPE,
  );
  return (texts.iterateNext() as Element | null)?.closest<HTMLElement>("[lang]")?.lang;
}

test("core's sentences are English in a German window, and the window's own are not", async () => {
  const { open, click } = await import("./window");
  const backend = await open("moved");
  expect(languageOf("Your token has moved to the keychain.")).toBe("en");
  backend.ask = async () => Promise.reject(new Error("the pipe is closed"));
  await click("copy-token");
  expect(languageOf("Herokey antwortet nicht")).toBe("de");
  expect(languageOf("the pipe is closed")).toBe("en");
});

test("a question is in core's English, that of the second factor in the window's language", async () => {
  const { get, open, settle } = await import("./window");
  const { states } = await import("../fake/states");
  const backend = await open("regenerate-question");
  const language = (of: Element | null) => of?.querySelector<HTMLElement>("[lang]")?.lang;
  const both = () => [get("question").querySelector("h2"), get("answer-yes")].map(language);
  expect(both()).toEqual(["en", "en"]);
  backend.tell(states["second-factor"]);
  await settle();
  expect(both()).toEqual(["de", "de"]);
});

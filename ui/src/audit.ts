// What is wrong with what the page shows now; nothing where it is as it should be. Part of the gallery only.
import axe from "axe-core";

/** Every violation of a rule of axe-core, and every text that is cut off or stands beyond the window's edge. */
export async function audit(): Promise<string[]> {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const rules = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)}`),
  );
  return [...rules, ...cutOff()];
}

function cutOff(): string[] {
  const texts = [...document.querySelectorAll<HTMLElement>("body *")].filter(
    // What ends in dots shows its whole text on hover.
    (element) => hasText(element) && element.checkVisibility() && !element.closest(".unseen, .clip[title]"),
  );
  return texts.flatMap((element) => {
    const { left, right } = element.getBoundingClientRect();
    const inline = getComputedStyle(element).display === "inline";
    if (left < -1 || right > innerWidth + 1) return [`beyond the edge: ${named(element)}`];
    return !inline && element.scrollWidth > element.clientWidth + 1 ? [`cut off: ${named(element)}`] : [];
  });
}

function hasText(element: HTMLElement): boolean {
  return [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim());
}

function named(element: HTMLElement): string {
  return element.outerHTML.slice(0, 160);
}

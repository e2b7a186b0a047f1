// Audits the page as it is shown now. Part of the gallery only.
import axe from "axe-core";

/** Every axe-core violation, and every text that is cut off or extends beyond the window. */
export async function audit(): Promise<string[]> {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const rules = violations.flatMap(({ id, help, nodes }) =>
    nodes.map((node) => `${id}: ${help}: ${node.html.slice(0, 200)}`),
  );
  return [...rules, ...cutOff()];
}

function cutOff(): string[] {
  const texts = [...document.querySelectorAll<HTMLElement>("body *")].filter(
    // A text that ends in an ellipsis shows all of it in its title.
    (element) =>
      hasText(element) && element.checkVisibility() && !element.closest(".visually-hidden, .clip[title]"),
  );
  return texts.flatMap((element) => {
    const { left, right } = element.getBoundingClientRect();
    const inline = getComputedStyle(element).display === "inline";
    if (left < -1 || right > innerWidth + 1) return [`beyond the edge: ${excerpt(element)}`];
    return !inline && element.scrollWidth > element.clientWidth + 1 ? [`cut off: ${excerpt(element)}`] : [];
  });
}

function hasText(element: HTMLElement): boolean {
  return [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim());
}

function excerpt(element: HTMLElement): string {
  return element.outerHTML.slice(0, 160);
}

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
  const visible = [...document.querySelectorAll<HTMLElement>("body *")].filter(
    (element) => element.checkVisibility() && element.closest(".unseen, svg") === null,
  );
  return visible.flatMap((element) => {
    const { left, right } = element.getBoundingClientRect();
    // One with its whole text on hover may end in dots.
    const tooWide =
      element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline";
    const dotted = element.matches(".clip[title]");
    if (left < -1 || right > innerWidth + 1) return [`beyond the edge: ${named(element)}`];
    return tooWide && !dotted && element.clientWidth > 0 ? [`cut off: ${named(element)}`] : [];
  });
}

function named(element: HTMLElement): string {
  return element.outerHTML.slice(0, 160);
}

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const all = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
  (path) => !path.startsWith("tests/"),
);
const files = all.filter((path) => /\.(ts|svelte)$/.test(path));
const styles = all.filter((path) => /\.(css|svelte)$/.test(path));

test("only backend.ts imports @tauri-apps", () => {
  const importing = files.filter((path) =>
    /from "@tauri-apps|import\("@tauri-apps/.test(readFileSync(`src/${path}`, "utf8")),
  );
  expect(importing).toEqual(["backend.ts"]);
});

test("there are no runtime dependencies", () => {
  expect(JSON.parse(readFileSync("package.json", "utf8"))).not.toHaveProperty("dependencies");
});

test("no style uses left or right", () => {
  const physical = /(^|[\s-])(left|right)\s*[:;]|\bfloat:/m;
  expect(styles.filter((path) => physical.test(styleOf(path)))).toEqual([]);
});

/** A file's CSS, without comments. */
function styleOf(path: string): string {
  const text = readFileSync(`src/${path}`, "utf8");
  const style = path.endsWith(".css") ? text : (/<style>(.*)<\/style>/s.exec(text)?.[1] ?? "");
  return style.replace(/\/\*.*?\*\//gs, "");
}

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const all = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
  (path) => !path.startsWith("tests/"),
);
const files = all.filter((path) => /\.(ts|svelte)$/.test(path));
const styles = all.filter((path) => /\.(css|svelte)$/.test(path));

test("one file may import @tauri-apps", () => {
  const importing = files.filter((path) =>
    /from "@tauri-apps|import\("@tauri-apps/.test(readFileSync(`src/${path}`, "utf8")),
  );
  expect(importing).toEqual(["backend.ts"]);
});

test("nothing is needed at run time but what is built in", () => {
  expect(JSON.parse(readFileSync("package.json", "utf8"))).not.toHaveProperty("dependencies");
});

test("no style knows left from right", () => {
  const physical = /(^|[\s-])(left|right)\s*[:;]|\bfloat:/m;
  expect(styles.filter((path) => physical.test(styleOf(path)))).toEqual([]);
});

/** What a file says to the browser about looks, without comments. */
function styleOf(path: string): string {
  const text = readFileSync(`src/${path}`, "utf8");
  const style = path.endsWith(".css") ? text : (/<style>(.*)<\/style>/s.exec(text)?.[1] ?? "");
  return style.replace(/\/\*.*?\*\//gs, "");
}

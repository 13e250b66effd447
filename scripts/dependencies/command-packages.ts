import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, normalize } from "node:path";
import type { Installed } from "./installed-packages.ts";

/**
 * Which packages each command can load: those that its modules import, also those that it imports only when asked for, and all that
 * these depend on. More than it loads in most runs, never less.
 */
export function packagesOfCommands(root: string, installed: Installed): Map<string, ReadonlySet<string>> {
  const [main, list] = ["src/cli/main.ts", "src/cli/commands.ts"];
  const commands = new Map<string, ReadonlySet<string>>();
  const shared = reach(
    root,
    importsOf(root, main, "static").filter((file) => file !== list),
  );
  for (const [, path, name] of read(root, list).matchAll(/import\("(\.\/([a-z0-9-]+)\.ts)"\)/g)) {
    const reached = reach(root, [normalize(join("src/cli", path!))]);
    commands.set(name!, closure(installed, new Set([...shared, ...reached])));
  }
  return commands;
}

/** The packages that the given modules and packages, and the modules that they import, name. */
function reach(root: string, from: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const open = [...from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next.startsWith("src/")) open.push(...importsOf(root, next, "any"));
    else packages.add(next);
  }
  return packages;
}

function importsOf(root: string, file: string, which: "static" | "any"): string[] {
  const text = read(root, file);
  const names = [...text.matchAll(/^\s*(?:import|export)\s+(?!type\b)(?:[^;"']*?\bfrom\s*)?["']([^"']+)["']/gm)];
  if (which === "any") names.push(...text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g));
  const workers = which === "any" ? [...text.matchAll(/new URL\(`(\.[^`$]+)\$\{extension\}`/g)] : [];
  return [...names.map(([, name]) => name!), ...workers.map(([, name]) => `${name}.ts`)]
    .filter((name) => !isBuiltin(name))
    .map((name) => (name.startsWith(".") ? normalize(join(dirname(file), name)) : packageOf(name)));
}

function closure(installed: Installed, names: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set<string>();
  const open = [...names];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (all.has(next)) continue;
    const facts = installed.packages.get(next);
    if (facts === undefined) throw new Error(`${next} is imported, but is no dependency in package-lock.json`);
    all.add(next);
    open.push(...facts.dependencies);
  }
  return all;
}

/** Gives `@scope/name` for `@scope/name/part`. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

const texts = new Map<string, string>();

function read(root: string, file: string): string {
  const path = join(root, file);
  let text = texts.get(path);
  if (text === undefined) {
    text = readFileSync(path, "utf8");
    texts.set(path, text);
  }
  return text;
}

/**
 * The lint rule of the house: a folder under src/ imports only from folders above it in the list below, only sources and
 * sinks (and cli) import Node's I/O modules, what runs in browsers too uses nothing of Node's, and import cycles between
 * files do not exist.
 */
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, normalize, relative } from "node:path";

const LAYERS = ["model", "wire", "analysis", "tap", "source", "sink", "collector", "cli"];
/** These run in a browser too: no Node modules at all, but in the modules named below (each has a portable twin). */
const PORTABLE = ["model", "wire", "analysis"];
const NODE_ONLY_FILES = /(^|\/)(fast-path|node-[a-z-]+)\.ts$/;
const IO_MODULES = /^node:(fs|net|tls|http|http2|https|dgram|child_process|worker_threads|dns|cluster)(\/|$)/;
/** Node's globals, as they are used outside of comments. */
const NODE_GLOBALS =
  /^(?!\s*(?:\*|\/[/*])).*?(?<![\w.$"'`#])(Buffer|process|setImmediate|require|__dirname|__filename)\s*[.([]/gm;
const IO_LAYERS = ["source", "sink", "collector", "cli"];

const root = join(import.meta.dirname, "..");
const problems: string[] = [];
const graph = new Map<string, string[]>();

for (const file of listSources(join(root, "src"))) checkFile(file);
findCycles();

for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`${problems.length} imports break the rules of the house (ARCHITECTURE.md)`);
  process.exitCode = 1;
}

function checkFile(path: string): void {
  const file = relative(root, path);
  const isTest = /\.test\.ts$/.test(file);
  const layer = file.split("/")[1]!;
  const text = readFileSync(path, "utf8");
  if (!LAYERS.includes(layer)) problems.push(`${file}: ${layer}/ is no folder of the house (${LAYERS.join(", ")})`);
  const isPortable = !isTest && PORTABLE.includes(layer) && !NODE_ONLY_FILES.test(file);
  if (isPortable)
    for (const [, name] of text.matchAll(NODE_GLOBALS))
      problems.push(`${file}: uses ${name}: ${layer}/ runs in a browser too`);
  const imports = [
    ...text.matchAll(
      /^\s*(?:import|export)\b(?:[^;"']*?\bfrom)?\s*["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/gm,
    ),
  ];
  const targets: string[] = [];
  for (const match of imports) {
    const target = match[1] ?? match[2]!;
    if (target.startsWith(".")) {
      const resolved = normalize(join(dirname(file), target));
      if (match[1] !== undefined && !/^\s*(?:import|export) type/.test(match[0])) targets.push(resolved);
      const to = resolved.split("/")[1]!;
      if (isTest) continue;
      if (!resolved.startsWith("src/")) {
        problems.push(`${file}: imports ${resolved}: src/ imports nothing from outside`);
        continue;
      }
      if (to !== layer && LAYERS.indexOf(to) > LAYERS.indexOf(layer))
        problems.push(`${file}: imports ${resolved}: ${layer}/ may not import from ${to}/`);
      if (to !== layer && to === "cli") problems.push(`${file}: nothing imports cli/`);
    } else if (!isTest && isBuiltin(target)) {
      if (isPortable) problems.push(`${file}: imports ${target}: ${layer}/ runs in a browser too`);
      if (IO_MODULES.test(target.replace(/^(?!node:)/, "node:")) && !IO_LAYERS.includes(layer))
        problems.push(`${file}: imports ${target}: only sources and sinks do I/O`);
    }
  }
  if (!isTest) graph.set(file, targets);
}

function findCycles(): void {
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) problems.push(`import cycle: ${[...path.slice(at), file].join(" -> ")}`);
    if (at >= 0 || done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.includes("/gen"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Lint: a folder under src/ imports only from folders above it in the list below, only sources and sinks (and cli) import
 * Node's I/O modules, what runs in browsers too uses nothing of Node's, sinks know nothing of the proxy's inside, and files do
 * not import each other in circles (`import type` counts).
 *
 * usage: node scripts/check-imports.ts [ROOT]
 */
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, normalize, relative, resolve } from "node:path";

const LAYERS = ["model", "wire", "analysis", "tap", "wasm-host", "source", "sink", "collector", "cli"];
/** These run in a browser too: no Node modules at all, but in the modules named below (each has a portable twin). */
const PORTABLE = ["model", "wire", "analysis"];
const NODE_ONLY_FILES = /(^|\/)(fast-path|node-[a-z-]+)\.ts$/;
const IO_MODULES = /^node:(fs|net|tls|http|http2|https|dgram|child_process|worker_threads|dns|cluster)(\/|$)/;
/** Node's globals, as they are used outside of comments. */
const NODE_GLOBALS =
  /^(?!\s*(?:\*|\/[/*])).*?(?<![\w.$"'`#])(Buffer|process|setImmediate|require|__dirname|__filename)\s*[.([]/gm;
const IO_LAYERS = ["source", "sink", "collector", "cli"];

/** Folders whose inside is no business of other layers, and the layers that have what they need of it elsewhere. */
const INSIDES = [{ folder: "src/source/proxy/", closedTo: "sink", instead: "src/source/dial/" }];

/** Circles that may stay: files that are one data structure, cut into pieces that a person can read. */
const CIRCLES: readonly (readonly string[])[] = [
  ["connection-list", "connection-table", "reassembly-context", "tcp-connection", "tcp-stream"].map(
    (name) => `src/analysis/reassembly/${name}.ts`,
  ),
  ["http1-message", "pending-exchange"].map((name) => `src/analysis/http/http1/${name}.ts`),
];

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const problems: string[] = [];
const graph = new Map<string, string[]>();

for (const file of listSources(join(root, "src"))) checkFile(file);
findCircles();

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
      if (match[1] !== undefined) targets.push(resolved);
      const to = resolved.split("/")[1]!;
      if (isTest) continue;
      if (!resolved.startsWith("src/")) {
        problems.push(`${file}: imports ${resolved}: src/ imports nothing from outside`);
        continue;
      }
      if (to !== layer && LAYERS.indexOf(to) > LAYERS.indexOf(layer))
        problems.push(`${file}: imports ${resolved}: ${layer}/ may not import from ${to}/`);
      for (const { folder, closedTo, instead } of INSIDES)
        if (layer === closedTo && resolved.startsWith(folder))
          problems.push(`${file}: imports ${resolved}: ${closedTo}/ finds what it needs in ${instead}`);
      if (to !== layer && to === "cli") problems.push(`${file}: nothing imports cli/`);
    } else if (!isTest && isBuiltin(target)) {
      if (isPortable) problems.push(`${file}: imports ${target}: ${layer}/ runs in a browser too`);
      if (IO_MODULES.test(target.replace(/^(?!node:)/, "node:")) && !IO_LAYERS.includes(layer))
        problems.push(`${file}: imports ${target}: only sources and sinks do I/O`);
    }
  }
  if (!isTest) graph.set(file, targets);
}

/** Tarjan's strongly connected components: files that import each other, over however many others. */
function findCircles(): void {
  const numbers = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (file: string): void => {
    numbers.set(file, numbers.size);
    lowest.set(file, numbers.get(file)!);
    open.push(file);
    for (const target of graph.get(file) ?? []) {
      if (!numbers.has(target)) visit(target);
      if (open.includes(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== numbers.get(file)) return;
    const circle = open.splice(open.indexOf(file)).sort();
    if (circle.length > 1 || graph.get(file)?.includes(file)) circles.push(circle);
  };
  const circles: string[][] = [];
  for (const file of graph.keys()) if (!numbers.has(file)) visit(file);
  for (const circle of circles)
    if (!CIRCLES.some((allowed) => circle.every((file) => allowed.includes(file))))
      problems.push(`import circle: ${circle.join(", ")} import each other (\`import type\` counts)`);
  if (process.argv[2] !== undefined) return;
  for (const allowed of CIRCLES)
    if (!circles.some((circle) => circle.every((file) => allowed.includes(file))))
      problems.push(`no import circle any more: take ${allowed.join(", ")} out of CIRCLES in scripts/check-imports.ts`);
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.includes("/gen"))
    .map((entry) => join(entry.parentPath, entry.name));
}

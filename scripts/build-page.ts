/**
 * Builds the page into dist/page: scripts for browsers of today, split, with the code of src/ that runs there too.
 *
 * usage: node scripts/build-page.ts [--if-older]     with --if-older only when a source is newer than what was built
 */
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const [from, to] = [join(root, "page"), join(root, "dist/page")];
const stamp = join(to, "main.js");

if (!process.argv.includes("--if-older") || newestOf(["page", "src", "package-lock.json"]) > timeOf(stamp)) {
  mkdirSync(to, { recursive: true });
  for (const file of ["index.html", "icon.svg", "app.css"]) copyFileSync(join(from, file), join(to, file));
  copyFileSync(join(root, "node_modules/uplot/dist/uPlot.min.css"), join(to, "uplot.css"));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: "page/main.tsx", "file-worker": "page/worker/file-worker.ts" },
    outdir: to,
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    minify: true,
    metafile: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    chunkNames: "chunk-[hash]",
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  writeFileSync(join(to, "meta.txt"), `${Object.keys(metafile.outputs).join("\n")}\n`);
}

function newestOf(paths: readonly string[]): number {
  return Math.max(...paths.map((path) => newest(join(root, path))));
}

function newest(path: string): number {
  const facts = statSync(path);
  if (!facts.isDirectory()) return facts.mtimeMs;
  let time = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) time = Math.max(time, newest(join(path, entry.name)));
  return time;
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

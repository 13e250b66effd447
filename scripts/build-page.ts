/**
 * Builds the page into dist/page: scripts for browsers of today, split, with the code of src/ that runs there too.
 *
 * usage: node scripts/build-page.ts [--if-older]     with --if-older only when a source is newer than what was built
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { findNewest } from "./find-newest.ts";

const root = join(import.meta.dirname, "..");
const [from, to] = [join(root, "page"), join(root, "dist/page")];
const stamp = join(to, "main.js");
const SOURCES = ["page", "src", "package-lock.json"].map((path) => join(root, path));

if (!process.argv.includes("--if-older") || findNewest(SOURCES) > findNewest([stamp])) {
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
  const made = Object.keys(metafile.outputs).map((path) => basename(path));
  for (const name of readdirSync(to)) if (/^chunk-.*\.js$/.test(name) && !made.includes(name)) rmSync(join(to, name));
  writeFileSync(join(to, "meta.txt"), `${Object.keys(metafile.outputs).join("\n")}\n`);
}

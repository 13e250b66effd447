/**
 * Builds bundle/: the command line in a few dozen files in place of hundreds, which halves its start. Packages stay outside, the
 * threads' files are entries of their own. bin/tapline starts it where it is newer than the sources (or there are none).
 *
 * usage: node scripts/build-bundle.ts [--if-older]     with --if-older only when a source is newer than what was built
 */
import { readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build, type Plugin } from "esbuild";
import { findNewest } from "./find-newest.ts";

const root = join(import.meta.dirname, "..");
const [from, to] = [join(root, "src"), join(root, "bundle")];

if (!process.argv.includes("--if-older") || findNewest([from]) >= findNewest([join(to, "cli/main.js")])) {
  // Whoever starts meanwhile finds a whole one.
  const [next, last] = [`${to}.next-${process.pid}`, `${to}.last-${process.pid}`];
  await build({
    absWorkingDir: root,
    entryPoints: [
      "src/cli/main.ts",
      "src/sink/file/batch/file-worker.ts",
      "src/sink/content/decode-worker.ts",
      "src/sink/flight-recorder/dump-worker.ts",
      "src/source/kubernetes/discovery-process.ts",
      "src/cli/agent/analyzer-thread.ts",
      "src/collector/store/threads/writer-thread.ts",
      "src/collector/store/threads/reader-thread.ts",
    ],
    outbase: "src",
    outdir: next,
    bundle: true,
    splitting: true,
    packages: "external",
    format: "esm",
    target: "node24",
    platform: "node",
    chunkNames: "chunk-[hash]",
    plugins: [keepPlaces()],
    logLevel: "error",
  });
  try {
    renameSync(to, last);
  } catch {}
  renameSync(next, to);
  rmSync(last, { recursive: true, force: true });
}

/** Modules find files from where they stand (`import.meta`): in a chunk they stand where they would without, under bundle/. */
function keepPlaces(): Plugin {
  return {
    name: "keep-places",
    setup({ onLoad }) {
      onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        if (!text.includes("import.meta.")) return undefined;
        const place = JSON.stringify(relative(from, path).replace(/\.ts$/, ".js"));
        const url = `new URL(${place}, import.meta.url.slice(0, import.meta.url.lastIndexOf("/bundle/") + 8))`;
        return {
          contents: text.replaceAll(/import\.meta\.(\w+)/g, (all, name) => {
            if (name === "url") return `${url}.href`;
            if (name !== "dirname") throw new Error(`${path}: ${all} is not known here`);
            return `process.getBuiltinModule("node:url").fileURLToPath(new URL(".", ${url}))`;
          }),
          loader: "ts",
        };
      });
    },
  };
}

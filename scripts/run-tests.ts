/**
 * Runs the test files that match the given globs with node:test, prints the failures and, last, every suite that was
 * skipped and why, so that no suite is skipped silently (also into the file that TAPLINE_SKIPPED names). Compiled code is
 * kept where bin/tapline keeps it, and the command line bundled, for the tests and for all that they start: else half of the
 * time is compiling.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { pathToFileURL } from "node:url";

const files = process.argv
  .slice(2)
  .flatMap((pattern) => globSync(pattern))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${process.argv.slice(2).join(" ")}`);
  process.exit(1);
}
const skipped = new Map<string, number>();
let passed = 0;
let failed = 0;

/** Tests with peers may build and run these for hours. */
const isLong = files.some((file) => file.startsWith("test/peers/"));
/**
 * Many tests wait for other programs: one more than there are cores keeps these busy. The kernel's programs see the whole machine: their
 * tests run one after another, and nothing beside them.
 */
const isAlone = files.some((file) => file.startsWith("test/kernel/"));
const concurrency = isAlone ? 1 : 1 + cpus().length;
const scratch = mkdtempSync(join(tmpdir(), "tapline-run-tests-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
keepCompiledCode();
if (files.some((file) => !isPure(file))) bundle();
const stream = run({ files: joinPure(files), concurrency, timeout: isLong ? 14_400_000 : 600_000 });
stream.on("test:pass", ({ name, skip, details }) => {
  if (skip !== undefined) {
    const reason = typeof skip === "string" ? skip : name;
    skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
  } else if (details.type !== "suite") passed++;
});
stream.on("test:fail", ({ details, todo }) => {
  // A difference that is known, and said to be.
  if (todo !== undefined && todo !== false) return;
  if (details.type !== "suite") failed++;
  process.exitCode = 1;
});
stream.compose(new spec()).pipe(process.stdout);
stream.on("end", () => {
  process.on("exit", () => {
    let count = 0;
    for (const [reason, times] of skipped) {
      count += times;
      const line = `skipped ${times} test${times === 1 ? "" : "s"}: ${reason}`;
      console.log(line);
      if (process.env["TAPLINE_SKIPPED"] !== undefined) appendFileSync(process.env["TAPLINE_SKIPPED"], `${line}\n`);
    }
    console.log(`${passed} passed, ${failed} failed${count > 0 ? `, ${count} skipped` : ""}`);
  });
});

/** Tests of layers that do no I/O and share no state need no process each: one for the files of a layer loads its modules once. */
function joinPure(all: readonly string[]): string[] {
  const joined: string[] = [];
  const layers = new Map<string, string[]>();
  for (const file of all) {
    const layer = file.split("/")[1]!;
    if (isPure(file)) layers.set(layer, [...(layers.get(layer) ?? []), file]);
    else joined.push(file);
  }
  for (const [layer, some] of layers) {
    const path = join(scratch, `${layer}.test.mjs`);
    writeFileSync(path, some.map((file) => `import ${JSON.stringify(pathToFileURL(resolve(file)))};\n`).join(""));
    joined.unshift(path);
  }
  return joined;
}

function isPure(file: string): boolean {
  return /^src\/(model|wire|analysis|tap|wasm-host)\//.test(file);
}

/** Programs that tests start are the bundle, made of the sources as they are now. */
function bundle(): void {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, "build-bundle.ts"), "--if-older"], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
  process.env["TAPLINE_BUNDLE"] = join(import.meta.dirname, "../bundle/cli/main.js");
}

function keepCompiledCode(): void {
  const { NODE_COMPILE_CACHE, XDG_CACHE_HOME } = process.env;
  if (NODE_COMPILE_CACHE !== undefined) return;
  const folder = join(XDG_CACHE_HOME || join(homedir(), ".cache"), "tapline/compiled");
  try {
    mkdirSync(folder, { recursive: true });
    process.env["NODE_COMPILE_CACHE"] = folder;
  } catch {
    // Without such a folder it goes on, and is slower.
  }
}

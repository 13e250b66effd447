/**
 * Puts small faults into random lines of a folder's sources (StrykerJS), one at a time, and tells which of them its tests notice.
 *
 * usage: npm run mutate -- FOLDER [--seed N] [--lines N] [--tests GLOB]… [--jobs N] [--report FILE] [--again FILE]
 *
 * The same seed chooses the same lines, and the first of them where --lines says fewer. Without --tests, those beside the sources judge, and those of
 * judges.ts: in one process (warm-runner.ts), and what they repeat is a tenth of what it is elsewhere (test/support/share-of.ts). The report's JSON is
 * reports/mutation/mutation.json, unless --report names another file. --jobs says how many mutants are judged at a time (2).
 * With --again, those alone are judged that survived in an earlier report.
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { JUDGES, NO_JUDGES, SHARES } from "./judges.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    lines: { type: "string", default: "300" },
    tests: { type: "string", multiple: true },
    jobs: { type: "string", default: "2" },
    again: { type: "string" },
    report: { type: "string", default: "reports/mutation/mutation.json" },
  },
});
const [folder] = positionals;
const [seed, count, jobs] = [Number(values.seed), Number(values.lines), Number(values.jobs)];
if (folder === undefined || positionals.length > 1 || !Number.isSafeInteger(seed) || !(count > 0) || !(jobs >= 1)) {
  console.error(
    "usage: npm run mutate -- FOLDER [--seed N] [--lines N] [--tests GLOB]… [--jobs N] [--report FILE] [--again FILE]",
  );
  process.exit(2);
}
const later = JUDGES[folder] ?? [];
const beside = globSync(`${folder}/**/*.test.ts`).sort();
const testFiles = (values.tests ?? [...beside.filter((file) => !later.includes(file)), ...later])
  .flatMap((pattern) => globSync(pattern).sort())
  .filter((file) => values.tests !== undefined || !NO_JUDGES.includes(file));
const lines = values.again === undefined ? chooseLines(folder, seed, count) : readSurvivors(values.again);
if (testFiles.length === 0 || lines.length === 0) {
  console.error(`${folder}: ${lines.length === 0 ? "no sources" : "no tests (--tests names others)"}`);
  process.exit(2);
}
const scratch = mkdtempSync(join(tmpdir(), "tapline-mutate-"));
const config = join(scratch, "stryker.config.json");
writeFileSync(
  config,
  JSON.stringify({
    testRunner: "warm",
    plugins: [join(import.meta.dirname, "warm-runner.ts")],
    testRunnerNodeArgs: ["--max-old-space-size=2048"],
    // Stryker cannot read TypeScript 7's settings, and types are stripped anyway.
    tsconfigFile: "none.json",
    disableTypeChecks: false,
    mutate: lines,
    ignorePatterns: ["bundle", "dist", "reports", "docs", "bench"],
    reporters: ["clear-text", "json", "progress-append-only"],
    jsonReporter: { fileName: values.report },
    tempDirName: join(scratch, "sandbox"),
    concurrency: jobs,
    // A machine that is busy is no test that noticed: most mutants that compute for ever are found by how often they are met.
    timeoutMS: 30_000,
    timeoutFactor: 2,
    dryRunTimeoutMinutes: 30,
    allowEmpty: true,
    checkers: [],
  }),
);
console.log(`seed ${seed}: ${lines.length} lines of ${folder}, ${testFiles.length} test files`);
const { status } = spawnSync(
  process.execPath,
  [resolve("node_modules/@stryker-mutator/core/bin/stryker.js"), "run", config],
  {
    stdio: "inherit",
    env: {
      // The sources are judged in a copy elsewhere.
      TAPLINE_SHARED: resolve("../shared"),
      ...process.env,
      TAPLINE_JUDGES: testFiles.join("\n"),
      TAPLINE_TEST_SHARE: SHARES[folder] ?? "0.1",
      LATE_JOIN_STEP: "300",
      TAPLINE_TEST_MEMORY: join(scratch, "test-memory.json"),
      // Types are stripped once, and not by each process anew.
      NODE_COMPILE_CACHE: join(scratch, "compile-cache"),
    },
  },
);
rmSync(scratch, { recursive: true, force: true });
process.exitCode = status ?? 1;

/** Random lines of code, as Stryker takes them (`FILE:L-L`): no comments, imports or blank lines. */
function chooseLines(under: string, from: number, howMany: number): string[] {
  const all = globSync(`${under}/**/*.ts`)
    .filter((file) => !file.endsWith(".test.ts"))
    .sort()
    .flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .flatMap((line, i) =>
          /^\s*(?:\/[/*]|\*|import |export (?:\*|type |\{)|[\])};]*$)/.test(line) ? [] : `${file}:${i + 1}-${i + 1}`,
        ),
    );
  const random = createRandom(from);
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, howMany).sort();
}

/** The places of those that no test noticed, as Stryker takes them (columns from 0). Other mutants within these are judged again, too. */
function readSurvivors(report: string): string[] {
  const { files } = JSON.parse(readFileSync(report, "utf8")) as Report;
  return Object.entries(files).flatMap(([file, { mutants }]) =>
    mutants
      .filter(({ status }) => status === "Survived" || status === "NoCoverage")
      .map(({ location: { start, end } }) => `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`),
  );
}

interface Report {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly status: string;
  readonly location: Readonly<Record<"start" | "end", { readonly line: number; readonly column: number }>>;
}

/** Mulberry32: from 0 to below 1. */
function createRandom(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

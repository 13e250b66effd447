import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

const PROGRAM = `
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { giveWay, giveWayAsProcess } from "MODULE";
giveWayAsProcess(13);
giveWayAsProcess(5);
giveWay();
await new Promise((resolve) => new Worker("setInterval(() => {}, 1e6)", { eval: true }).once("online", resolve));
const threads = readdirSync("/proc/self/task").map((one) => getPriority(Number(one)));
const child = execFileSync("sh", ["-c", "cut -d' ' -f19 /proc/self/stat"], { encoding: "utf8" });
console.log(JSON.stringify([threads.length > 3, [...new Set(threads)], Number(child)]));
process.exit();
`;

test("all threads of a process give way, those of later too, and what it starts; never by less than before", {
  skip: process.platform !== "linux",
}, () => {
  const text = execFileSync(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--input-type=module",
      "-e",
      PROGRAM.replace("MODULE", import.meta.resolve("./give-way.ts")),
    ],
    { encoding: "utf8", timeout: 60_000 },
  );
  assert.deepEqual(JSON.parse(text), [true, [13], 13]);
});

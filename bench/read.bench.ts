/**
 * The whole command `tapline read` beside `tshark -Y http -T fields`, on one capture of HTTP/1; and what it takes of memory on captures
 * that ask much of it. CPU time of the processes, start-up included. `npm run bench -- read`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../test/support/needs.ts";
import { CaptureFile } from "./support/capture-file.ts";
import { DEMANDING_CAPTURES } from "./support/demanding-captures.ts";
import { writeHttp1Capture } from "./support/http1-capture.ts";
import { measureProgram } from "./support/measure-program.ts";

const PAIRS = 200_000;
const DEMANDING_BYTES = 128 * 1_000_000;
const TAPLINE = join(import.meta.dirname, "../bin/tapline");

const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
try {
  await compareSpeed();
  await showMemory();
} finally {
  rmSync(folder, { recursive: true });
}

async function compareSpeed(): Promise<void> {
  const path = join(folder, "http1.pcap");
  writeHttp1Capture(path, PAIRS);
  const fields = (...names: string[]) => names.flatMap((name) => ["-e", name]);
  const ours = await measureProgram(TAPLINE, [
    "read",
    path,
    "-q",
    "-T",
    "fields",
    ...fields("request.method", "request.path", "response.code"),
  ]);
  const table = await measureProgram(TAPLINE, ["read", path, "-q"]);
  console.log(
    `tapline read -T fields: ${Math.round(PAIRS / ours.cpuSeconds)} pairs/CPU s, ${ours.peakMegabytes.toFixed(0)} MB`,
  );
  console.log(
    `tapline read (a table): ${Math.round(PAIRS / table.cpuSeconds)} pairs/CPU s, ${table.peakMegabytes.toFixed(0)} MB`,
  );
  if (findProgram("tshark") === undefined) {
    console.log("missing: tshark, to compare with");
    return;
  }
  const theirs = await measureProgram("tshark", [
    "-r",
    path,
    "-Y",
    "http",
    "-T",
    "fields",
    ...fields("http.request.method", "http.request.uri", "http.response.code"),
  ]);
  console.log(
    `tshark -T fields: ${Math.round(PAIRS / theirs.cpuSeconds)} pairs/CPU s, ${theirs.peakMegabytes.toFixed(0)} MB; ratio ${(theirs.cpuSeconds / ours.cpuSeconds).toFixed(1)}`,
  );
}

async function showMemory(): Promise<void> {
  for (const [name, write] of Object.entries(DEMANDING_CAPTURES)) {
    const path = join(folder, "demanding.pcap");
    const file = new CaptureFile(path);
    write(file, DEMANDING_BYTES);
    file.close();
    const { peakMegabytes, cpuSeconds, exitCode } = await measureProgram(TAPLINE, ["read", path, "-q"]);
    console.log(`${name}: ${peakMegabytes.toFixed(0)} MB, ${cpuSeconds.toFixed(1)} CPU s, exit ${exitCode}`);
  }
}

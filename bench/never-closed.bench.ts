/**
 * A capture of 1 GB of connections that never close: copies of captured traffic, one after the other, each with addresses of its own, without
 * FIN and RST. The last copy has as many complete exchanges as the first, at the default limits. `npm run bench -- never-closed`;
 * `CAPTURES` says of what (a pattern), `MEGABYTES` how much, `TOGETHER` how many copies take turns.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CaptureFile } from "./support/capture-file.ts";
import { measureProgram } from "./support/measure-program.ts";
import { CapturedTraffic } from "./support/never-closed-capture.ts";

const { CAPTURES, MEGABYTES, TOGETHER } = process.env;
const AT_ONCE = Number(TOGETHER ?? 1);
const SIZE = Number(MEGABYTES ?? 1000) * 1_000_000;
const TAPLINE = join(import.meta.dirname, "../bin/tapline");

const traffic = new CapturedTraffic(CAPTURES ?? join(import.meta.dirname, "../../shared/corpora/captures/*.pcap"));
const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
try {
  const file = new CaptureFile(join(folder, "never-closed.pcap"));
  let copies = 0;
  for (; file.size < SIZE; copies += AT_ONCE) traffic.writeCopies(file, copies, AT_ONCE);
  file.close();
  const output = join(folder, "exchanges");
  const fields = ["source.address", "quality"].flatMap((name) => ["-e", name]);
  const usage = await measureProgram(
    TAPLINE,
    ["read", join(folder, "never-closed.pcap"), "-T", "fields", ...fields],
    output,
  );
  const complete = new Map<number, number>();
  const all = new Map<number, number>();
  for (const line of readFileSync(output, "utf8").split("\n").slice(0, -1)) {
    const [address = "", quality] = line.split("\t");
    const copy = traffic.copyOf(address);
    all.set(copy, (all.get(copy) ?? 0) + 1);
    if (quality === "complete") complete.set(copy, (complete.get(copy) ?? 0) + 1);
  }
  const [first, last] = [complete.get(0) ?? 0, complete.get(copies - 1) ?? 0];
  const least = Math.min(...Array.from({ length: copies }, (_, copy) => complete.get(copy) ?? 0));
  console.log(
    `${copies} copies: of the first ${first} exchanges are complete, of the last ${last} (${((100 * last) / first).toFixed(1)} %), of any ${least}`,
  );
  console.log(`${usage.cpuSeconds.toFixed(0)} s CPU, ${usage.peakMegabytes.toFixed(0)} MB, exit ${usage.exitCode}`);
  console.log(usage.messages);
} finally {
  rmSync(folder, { recursive: true });
}

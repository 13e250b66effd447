/**
 * The whole command `tapline read` beside `tapline summary` (at most 1.15 of it), `tshark` and `httpry` (C, without reassembly), each at its best flags
 * and writing to /dev/null, on captures of HTTP/1 of several kinds, start-up included and apart; and what it takes of memory on captures that ask much of it. CPU time of the
 * processes, medians of rounds in turns. `npm run bench -- read`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../test/support/needs.ts";
import { costOf } from "./support/asked/command-cost.ts";
import { takeTurns } from "./support/asked/take-turns.ts";
import { CaptureFile } from "./support/capture-file.ts";
import { DEMANDING_CAPTURES } from "./support/demanding-captures.ts";
import { EXCHANGE_CAPTURES, writeExchangeCapture } from "./support/exchange-captures.ts";
import { HTTP1_READERS, type Reader, TAPLINE } from "./support/http1-readers.ts";
import { measureProgram } from "./support/measure-program.ts";
import { median } from "./support/process-usage.ts";

const PAIRS = 110_000;
const DEMANDING_BYTES = 128 * 1_000_000;

const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
try {
  await compareSpeed();
  await showMemory();
} finally {
  rmSync(folder, { recursive: true });
}

/** Seconds of CPU of each reader for each kind of input; last, how the worst kind stands to each other program. */
async function compareSpeed(): Promise<void> {
  const six = join(folder, "six.pcap");
  writeExchangeCapture(six, { body: "text", alike: true, requestsPerConnection: 1 }, 1);
  const readers = [...HTTP1_READERS].filter(({ program }) => program === TAPLINE || findProgram(program) !== undefined);
  for (const { program } of HTTP1_READERS)
    if (program !== TAPLINE && findProgram(program) === undefined) console.log(`missing: ${program}, to compare with`);
  const started = await measureInTurns(readers, six);
  console.log(
    `starting, one exchange: ${readers.map(({ name }, i) => `${name} ${started[i]!.toFixed(3)} s`).join(", ")}`,
  );
  const worst = new Map<string, { ratio: number; kind: string }>();
  for (const [kind, capture] of Object.entries(EXCHANGE_CAPTURES)) {
    const path = join(folder, "kind.pcap");
    const size = writeExchangeCapture(path, capture, PAIRS);
    const used = await measureInTurns(readers, path);
    const costs = readers.map(
      ({ name }, i) =>
        `${name} ${used[i]!.toFixed(2)} s (${(((used[i]! - started[i]!) / PAIRS) * 1e6).toFixed(1)} µs a pair)`,
    );
    console.log(`${kind}, ${(size / 1e6).toFixed(0)} MB: ${costs.join(", ")}`);
    for (const [i, { name, compared }] of readers.entries()) {
      if (compared === undefined) continue;
      const [what, ratio] =
        compared === "its by ours"
          ? [`${name} : tapline`, used[i]! / used[0]!]
          : [`tapline : ${name}`, used[0]! / used[i]!];
      if (ratio > (worst.get(what)?.ratio ?? 0)) worst.set(what, { ratio, kind });
    }
  }
  for (const [what, { ratio, kind }] of worst)
    console.log(`${what} at its worst ${ratio < 1 ? `1/${(1 / ratio).toFixed(1)}` : ratio.toFixed(2)} (${kind})`);
}

/** The median seconds of CPU of each, over rounds in which all take turns. */
async function measureInTurns(readers: readonly Reader[], path: string): Promise<number[]> {
  const used = await takeTurns(readers, ({ program, args }) => costOf(program, args(path)));
  return used.map(median);
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

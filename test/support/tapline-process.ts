import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readBook } from "./printed-balance.ts";
import { type StartedProgram, startProgram } from "./processes.ts";
import { holdPrintedBooks, sizeOfTraceFiles } from "./proxy-books.ts";
import { until } from "./proxy-harness.ts";
import { MAIN } from "./tapline-main.ts";

export interface TaplineProcess {
  readonly pid: number;
  /** The ports of the listeners, by their names. */
  readonly ports: Readonly<Record<string, number>>;
  /** Its output on stdout and stderr so far. */
  readonly output: () => string;
  kill(signal: NodeJS.Signals): void;
  /** Sends `signal` (SIGTERM by default) and waits for the end. Gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Waits for the end without doing anything. */
  readonly ended: Promise<number | null>;
}

/** Starts `tapline` with these arguments, as its own executable does. Its books are held. @param sharesServices see BookedProxy */
export function startTapline(args: readonly string[], sharesServices = false): StartedProgram {
  const started = startProgram(join(import.meta.dirname, "../../bin/tapline"), args);
  holdPrintedBooks(started.child, started.output, sharesServices);
  return started;
}

/**
 * Starts `tapline proxy` with a configuration and waits until it listens.
 * @param descriptors how many files it may have open; default as many as the tests
 * @param stdout a file that it writes its standard output to
 */
export async function startTaplineProxy(
  configPath: string,
  args: readonly string[] = [],
  descriptors?: number,
  stdout?: string,
): Promise<TaplineProcess> {
  const command = [process.execPath, MAIN, "proxy", "-c", configPath, ...args];
  const configuration = readFileSync(configPath, "utf8");
  const before = sizeOfTraceFiles(configuration);
  const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors}; `;
  const started = startProgram("/bin/sh", [
    "-c",
    `${limit}exec "$0" "$@"${stdout === undefined ? "" : ` > ${stdout}`}`,
    ...command,
  ]);
  const { child, output, stop } = started;
  // Services of sinks are no endpoints.
  holdPrintedBooks(child, output, configuration.includes("grpc"));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const failed = ended.then((code) => {
    throw new Error(`tapline proxy ended with ${code}: ${output()}`);
  });
  failed.catch(() => {});
  await Promise.race([failed, until(() => output().includes('"msg":"listening"'), "tapline listens")]);
  const ports: Record<string, number> = {};
  for (const line of output()
    .split("\n")
    .filter((text) => text.includes('"msg":"listening"'))) {
    const { listener, address } = JSON.parse(line) as { listener: string; address: string };
    ports[listener] = Number(/:(\d+)$/.exec(address)?.[1]);
  }
  const stopAndWeigh = async (signal?: NodeJS.Signals) => {
    const isOver = child.exitCode !== null || child.signalCode !== null;
    const code = await stop(signal);
    // By now another may write there.
    if (isOver) return code;
    const written = readBook(output(), "trace-file-bytes");
    if (written === undefined || !configuration.includes("path_prefix") || output().includes("deleted")) return code;
    const size = sizeOfTraceFiles(configuration) - before;
    // Where only the newest files are kept, those that are gone were written too.
    if (/\bkeep: \d/.test(configuration)) assert.ok(size <= written.handled, output());
    else assert.equal(written.handled, size, output());
    return code;
  };
  return { pid: child.pid!, ports, output, ended, stop: stopAndWeigh, kill: (signal) => void child.kill(signal) };
}

import { join } from "node:path";
import { startProgram } from "./processes.ts";
import { until } from "./proxy-harness.ts";

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
  const main = join(import.meta.dirname, "../../src/cli/main.ts");
  const command = [process.execPath, main, "proxy", "-c", configPath, ...args];
  const limit = descriptors === undefined ? "" : `ulimit -n ${descriptors}; `;
  const started = startProgram("/bin/sh", [
    "-c",
    `${limit}exec "$0" "$@"${stdout === undefined ? "" : ` > ${stdout}`}`,
    ...command,
  ]);
  const { child, output, stop } = started;
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
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
  return { pid: child.pid!, ports, output, ended, stop, kill: (signal) => void child.kill(signal) };
}

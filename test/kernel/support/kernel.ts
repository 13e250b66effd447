import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { formatError, Ledger, MemoryBudget } from "../../../src/model/index.ts";
import { KernelAgent } from "../../../src/source/ebpf/kernel-agent.ts";
import { ProcessTable } from "../../../src/source/ebpf/processes/process-table.ts";
import { MAIN } from "../../support/tapline-main.ts";

/** Why the kernel's programs cannot be attached here; false where they can. */
export async function skipWithoutKernel(): Promise<string | false> {
  if (process.platform !== "linux") return "the kernel agent is for Linux";
  if (process.getuid?.() !== 0) return "the kernel agent's tests want root";
  try {
    const agent = await KernelAgent.start({
      observer: { observe() {} },
      ledger: new Ledger(),
      budget: new MemoryBudget(1e6),
      processes: new ProcessTable(),
    });
    agent.close();
    return false;
  } catch (error) {
    return `the kernel's programs cannot be attached: ${formatError(error)}`;
  }
}

/** As much of an exchange's document as the tests look at. */
export interface SeenExchange {
  readonly kind: string;
  readonly protocol: string;
  readonly operation: string;
  readonly quality: string;
  readonly problems: readonly string[];
  readonly durationMs?: number;
  readonly connection: {
    readonly role: string;
    readonly process: { readonly pid: number; readonly command: string };
    readonly opened?: string;
    readonly tls?: { readonly decrypted?: boolean; readonly sni?: string; readonly version?: string };
    readonly local?: { readonly address: string; readonly port: number };
    readonly remote?: { readonly address: string; readonly port: number };
  };
  readonly request?: { readonly method: string; readonly target: string; readonly body: { readonly size: number } };
  readonly response?: {
    readonly status: number;
    readonly body: { readonly size: number; readonly text?: string };
  };
}

export interface Watching {
  readonly exchanges: SeenExchange[];
  readonly errors: () => string;
  /** Waits until so many exchanges have come. */
  until(count: number): Promise<void>;
  /** Ends it. Gives the exit code. */
  stop(): Promise<number | null>;
  readonly child: ChildProcess;
}

/** Starts `tapline agent --show` with the flags, and waits until it watches. */
export async function watch(flags: readonly string[]): Promise<Watching> {
  const watching = start(["agent", "--show", "-o", "ndjson", ...flags]);
  for (let waited = 0; !watching.errors().includes("watching"); waited += 50) {
    if (watching.child.exitCode !== null || waited > 180_000)
      throw new Error(`it does not watch: ${watching.errors()}`);
    await delay(50);
  }
  return watching;
}

/** Runs `tapline run` to its end. */
export async function runWatched(
  flags: readonly string[],
  command: readonly string[],
): Promise<{ code: number | null; exchanges: SeenExchange[]; errors: string }> {
  const { child, exchanges, errors } = start(["run", "-o", "ndjson", ...flags, "--", ...command]);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, exchanges, errors: errors() };
}

function start(args: readonly string[]): Watching {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exchanges: SeenExchange[] = [];
  let text = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    for (const line of lines) exchanges.push(JSON.parse(line) as SeenExchange);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    errors += chunk;
  });
  return {
    child,
    exchanges,
    errors: () => errors,
    async until(count) {
      for (let waited = 0; exchanges.length < count; waited += 50) {
        if (waited > 180_000) {
          child.kill("SIGKILL");
          throw new Error(`${exchanges.length} of ${count} exchanges came: ${errors}`);
        }
        await delay(50);
      }
    },
    async stop() {
      const ended = once(child, "close");
      child.kill("SIGTERM");
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

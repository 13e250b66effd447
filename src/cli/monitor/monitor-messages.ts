import type { BatchWriter } from "../../sink/terminal/batch-writer.ts";
import type { EventLedger } from "./event-ledger.ts";
import type { MonitorFlags } from "./monitor-flags.ts";

/** How many lines of one kind of trouble are printed; further ones are counted. */
const MAX_LINES = 10;

/**
 * What the command says beside the events: under --compat Cilium's texts where Cilium has them, on the stream it has them on;
 * else ours, on stderr. Problems are counted, and told at the end.
 */
export class MonitorMessages {
  readonly #flags: MonitorFlags;
  readonly #writer: BatchWriter;
  readonly #counts = new Map<string, number>();
  #input = "";
  #isLive = false;

  /** @param writer of the events: v1.19 logs between them. */
  constructor(flags: MonitorFlags, writer: BatchWriter) {
    this.#flags = flags;
    this.#writer = writer;
  }

  /** Before the first connection. `readHealth` asks the agent for its health. */
  async start(readHealth: () => Promise<unknown>): Promise<void> {
    this.#isLive = true;
    const { compat, dialect } = this.#flags;
    const stream = compat === true && dialect === "v1.9" ? process.stdout : process.stderr;
    if (compat === true || stream.isTTY) {
      const health = (await readHealth().catch(() => undefined)) as
        | { nodeMonitor?: { cpus?: number; npages?: number; pagesize?: number } }
        | undefined;
      const monitor = health?.nodeMonitor;
      if (monitor !== undefined)
        stream.write(
          `Listening for events on ${monitor.cpus ?? 0} CPUs with ${monitor.npages ?? 0}x${monitor.pagesize ?? 0} of shared memory\n`,
        );
      stream.write("Press Ctrl-C to quit\n");
    }
  }

  readingFrom(name: string): void {
    this.#input = name;
  }

  interrupted(): void {
    const { compat, dialect } = this.#flags;
    if (compat !== true) return;
    const text = "\nReceived an interrupt, disconnecting from monitor...\n\n";
    (dialect === "v1.9" ? process.stdout : process.stderr).write(text);
  }

  connectionClosed(path: string, error: string): void {
    if (this.#flags.compat === true) this.#log("warning", "connection closed", error);
    else
      process.stderr.write(
        `tapline: ${path}: connection closed (${error}); connecting again in ${this.#flags.retry} s\n`,
      );
  }

  cannotConnect(message: string): void {
    this.#log("error", "Cannot open monitor socket", message);
  }

  /** One of several agents is not there. */
  cannotConnectYet(message: string): void {
    process.stderr.write(`tapline: ${message}; trying again in ${this.#flags.retry} s\n`);
  }

  decodingError(error: string): void {
    this.#log("fatal", "decoding error", error);
  }

  inputEnded(name: string, error: string): void {
    process.stderr.write(`tapline: ${name}: the recording ends with: ${error}\n`);
    process.exitCode = 1;
  }

  unknownPayload(type: number): void {
    if (this.#flags.compat !== true) this.#trouble("unknown-payload-type", `payload type ${type} is not known`);
    else this.#log("warning", "Unknown payload type", "<nil>", ` type=${type}`);
  }

  badLine(line: number, message: string): void {
    this.#trouble("bad-line", `${this.#input === "" ? "" : `${this.#input}:`}${line}: this line ${message}`);
  }

  undecoded(message: string): void {
    this.#trouble("undecoded", message);
  }

  /** An event for which the filter went beyond its limits. */
  filterFailed(reason: string): void {
    this.#trouble("filter-over-budget", `the filter could not be evaluated, and did not match: ${reason}`);
  }

  panicked(reason: string): void {
    this.#trouble("panic", `cilium monitor would have stopped here: panic: ${reason}`);
    process.exitCode = 2;
  }

  /** Cilium logs when it dissects its first packet. */
  dissectorStarted(): void {
    if (!this.#isLive) return;
    const text = 'level=info msg="Initializing dissection cache..."';
    if (this.#flags.dialect === "v1.9") process.stderr.write(`${text} subsys=monitor\n`);
    else this.#writer.write(`time=${now()} ${text}\n`);
  }

  /** The last words: the balance of what came in. Exit code 4 when it does not balance. */
  finish(ledger: EventLedger): void {
    const { compat, quiet } = this.#flags;
    if ((compat !== true && quiet !== true) || !ledger.balanced)
      process.stderr.write(`${ledger.format().join("\n")}\n`);
    if (!ledger.balanced) process.exitCode = 4;
    else if (process.exitCode === undefined && this.#counts.has("bad-line")) process.exitCode = 1;
  }

  #trouble(kind: string, message: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= MAX_LINES) process.stderr.write(`tapline: ${message}\n`);
    if (count === MAX_LINES) process.stderr.write(`tapline: further ones of this kind are counted only (${kind})\n`);
  }

  /** v1.9 logs with logrus on stderr, v1.19 with slog's text handler on standard output. */
  #log(level: "warning" | "error" | "fatal", message: string, error: string, more = ""): void {
    if (this.#flags.dialect === "v1.9") {
      const shown = /^[A-Za-z0-9.]+$/.test(error) ? error : JSON.stringify(error);
      process.stderr.write(`time="${now()}" level=${level} msg="${message}" error=${shown}${more}\n`);
      return;
    }
    const shown = /[\s="]/.test(error) ? JSON.stringify(error) : error;
    const name = level === "warning" ? "warn" : level;
    this.#writer.write(`time=${now()} level=${name} msg="${message}" subsys=cilium-dbg error=${shown}${more}\n`);
  }
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

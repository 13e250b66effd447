import type { MonitorFormatter } from "../../wire/cilium/index.ts";
import type { MonitorFlags } from "./monitor-flags.ts";

/** How many lines of one kind of trouble are printed; further ones are counted. */
const MAX_LINES = 10;

/**
 * What the command says beside the events: under --compat Cilium's texts where Cilium has them, on the stream it has them on;
 * else ours, on stderr. Problems are counted, and told at the end.
 */
export class MonitorMessages {
  readonly #flags: MonitorFlags;
  readonly #counts = new Map<string, number>();
  #events = 0;
  #input = "";
  #dissectorStarted = false;
  #isLive = false;

  constructor(flags: MonitorFlags) {
    this.#flags = flags;
  }

  count(): void {
    this.#events++;
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

  panicked(reason: string): void {
    this.#trouble("panic", `cilium monitor would have stopped here: panic: ${reason}`);
    process.exitCode = 2;
  }

  /** Cilium logs when it dissects its first packet. */
  dissectorMayHaveStarted(formatter: MonitorFormatter | undefined): void {
    if (this.#dissectorStarted || this.#flags.compat !== true || !this.#isLive) return;
    if (formatter?.printer.dissector.isStarted !== true) return;
    this.#dissectorStarted = true;
    process.stderr.write('level=info msg="Initializing dissection cache..." subsys=monitor\n');
  }

  /** What was not printed as an event. */
  finish(): void {
    if (this.#counts.size === 0) return;
    const problems = [...this.#counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
    process.stderr.write(`tapline: of ${this.#events} events: ${problems}\n`);
    if (process.exitCode === undefined && this.#counts.has("bad-line")) process.exitCode = 1;
  }

  #trouble(kind: string, message: string): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= MAX_LINES) process.stderr.write(`tapline: ${message}\n`);
    if (count === MAX_LINES) process.stderr.write(`tapline: further ones of this kind are counted only (${kind})\n`);
  }

  #log(level: string, message: string, error: string, more = ""): void {
    const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const shown = /^[A-Za-z0-9.]+$/.test(error) ? error : JSON.stringify(error);
    process.stderr.write(`time="${time}" level=${level} msg="${message}" error=${shown}${more}\n`);
  }
}

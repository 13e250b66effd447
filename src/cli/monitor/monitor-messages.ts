import { EXIT_CODES, TaplineError } from "../../model/index.ts";
import type { BatchWriter } from "../../sink/terminal/batch-writer.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import type { LastWords } from "../last-words.ts";
import type { MonitorFlags } from "./monitor-flags.ts";

/**
 * Messages of the command beside the events: under --compat Cilium's texts where Cilium has them, on the stream it has them on;
 * else ours, on stderr.
 */
export class MonitorMessages {
  readonly #flags: MonitorFlags;
  readonly #writer: BatchWriter;
  readonly #words: LastWords;
  /** The exit code that Cilium's command would have had. */
  #compatCode: number | undefined;
  #input = "";
  readonly #noted = new Set<string>();
  #isLive = false;

  /** @param writer of the events: v1.19 logs between them. */
  constructor(flags: MonitorFlags, writer: BatchWriter, words: LastWords) {
    this.#flags = flags;
    this.#writer = writer;
    this.#words = words;
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

  interrupted(signal: "SIGINT" | "SIGTERM"): void {
    const { compat, dialect } = this.#flags;
    if (compat !== true) {
      this.#words.endWith(signal === "SIGINT" ? "interrupted" : "done");
      return;
    }
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
    this.#compatCode = this.#flags.dialect === "v1.9" ? 1 : 255;
  }

  inputEnded(name: string, error: string): void {
    this.#words.problem(
      new TaplineError("input", `the recording ends with: ${error}`, { place: { file: name } }),
      "bad-ending",
    );
  }

  /** Behind it the recording is read on. */
  damagedMessage(error: string): void {
    this.#words.problem(
      new TaplineError("input", `a message is damaged: ${error}`, { place: { file: this.#input } }),
      "damaged-message",
    );
  }

  unknownPayload(type: number): void {
    if (this.#flags.compat !== true) this.#words.note(`payload type ${type} is not known`, "unknown-payload-type");
    else this.#log("warning", "Unknown payload type", "<nil>", ` type=${type}`);
  }

  badLine(line: number, message: string): void {
    this.#words.problem(`${this.#input === "" ? "" : `${this.#input}:`}${line}: this line ${message}`, "bad-line");
  }

  /** A message could not be decoded: that is told where it would have stood, and by the exit code. */
  notAllDecoded(): void {
    if (this.#flags.compat !== true) this.#words.endWith("failed");
  }

  undecoded(message: string): void {
    this.#words.note(escapeControl(message, "lines"), "undecoded");
  }

  /** An event without a time, where a range of times is asked for. */
  timeUnknown(): void {
    this.#noteOnce(
      "an event has no time, and is in no range of times: recordings that --record makes have times",
      "time-unknown",
    );
  }

  /** Pods, namespaces or labels are asked for, and nothing says which they are. */
  namesUnknown(): void {
    this.#noteOnce(
      "the datapath's messages name no pods, namespaces and labels: --agent-api or --names does, and Hubble's flows",
      "names-unknown",
    );
  }

  #noteOnce(message: string, kind: string): void {
    if (this.#noted.has(kind)) return;
    this.#noted.add(kind);
    this.#words.note(message, kind);
  }

  /** An event for which the filter went beyond its limits. */
  filterFailed(reason: string): void {
    this.#words.note(`the filter could not be evaluated, and did not match: ${reason}`, "filter-over-budget");
  }

  panicked(reason: string): void {
    this.#words.note(`cilium monitor would have stopped here: panic: ${reason}`, "panic");
    this.#compatCode = 2;
  }

  /** Cilium logs when it dissects its first packet. */
  dissectorStarted(): void {
    if (!this.#isLive) return;
    const text = 'level=info msg="Initializing dissection cache..."';
    if (this.#flags.dialect === "v1.9") process.stderr.write(`${text} subsys=monitor\n`);
    else this.#writer.write(`time=${now()} ${text}\n`);
  }

  /** Says the rest, and gives the exit code: under --compat Cilium's, unless the ledger does not balance. */
  finish(): number {
    const code = this.#words.finish();
    return code === EXIT_CODES.dataMissing.code ? code : (this.#compatCode ?? code);
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

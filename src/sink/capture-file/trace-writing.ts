import type { Exchange, Ledger, Submission } from "../../model/index.ts";
import { openInput } from "../../source/capture-file/index.ts";
import { SocketEventMapper, TraceReader, type TraceRecord } from "../../wire/envoy/index.ts";
import type { FormatFamily, TraceRow } from "../../wire/format.ts";
import type { MatchedFile, SecondLook } from "./matched-file.ts";
import { type Output, openOutput } from "./output-file.ts";
import { createTraceTarget } from "./trace-target.ts";

/** `-w` with an Envoy trace's extension: the traces on which an exchange matched, as they are, in another form maybe. */
export class TraceWriting implements MatchedFile {
  readonly name: string;
  readonly takes: readonly FormatFamily[] = ["envoy"];
  readonly #output: Output;
  readonly #target: ReturnType<typeof createTraceTarget>;
  #matched = new Set<bigint>();
  #isClosed = false;

  constructor(path: string, format: TraceRow, ledger: Ledger) {
    this.name = format.name;
    this.#output = openOutput(path);
    this.#target = createTraceTarget(ledger, format);
  }

  /** Remembers the exchange's connection. */
  submit(exchange: Exchange): Submission {
    this.#matched.add(exchange.connection.id);
    return "taken";
  }

  async whenReady(): Promise<void> {}

  async flush(): Promise<void> {}

  async finishInput([path = "-"]: readonly string[], { newLedger }: SecondLook): Promise<void> {
    const matched = this.#matched;
    this.#matched = new Set();
    const ledger = newLedger();
    const seen = new Set<bigint>();
    const mapper = new SocketEventMapper((event) => seen.add(event.connection.id), {
      source: path,
      events: ledger.book("events"),
      payload: ledger.book("payload"),
    });
    const reader = new TraceReader((record) => {
      seen.clear();
      mapper.map(record);
      const id = traceIdOf(record);
      if (id === undefined ? [...seen].some((one) => matched.has(one)) : matched.has(id)) this.#target.write(record);
    });
    const input = await openInput(path);
    try {
      for await (const chunk of input.chunks()) {
        reader.push(chunk);
        await this.#flush();
      }
      reader.end();
      await this.#flush();
    } finally {
      await input.close();
    }
  }

  /** The file is whole. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#output.finish();
  }

  abandon(): void {
    this.#output.abandon();
  }

  async #flush(): Promise<void> {
    for (const chunk of this.#target.take()) await this.#output.write(chunk);
  }
}

function traceIdOf(record: TraceRecord): bigint | undefined {
  if (record.kind === "capture") return record.capture.id ?? 0n;
  const { trace } = record.wrapper;
  return trace.kind === "http-buffered" ? undefined : trace.traceId;
}

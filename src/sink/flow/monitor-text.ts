import type { Filter } from "../../analysis/filter/index.ts";
import { mayHoldSecrets } from "../../analysis/redaction/redact-flow.ts";
import { CLOSED, type Dropped, formatTimestamp, type Submission } from "../../model/index.ts";
import {
  type BorrowedPayload,
  EventSample,
  type FlowEventReader,
  type FlowOrigin,
  formatCompactFlow,
  type HubbleLineOptions,
  INFO,
  JSON_OUTPUT,
  MessageTypeAccessLog,
  MessageTypeDebug,
  MessageTypeTraceSock,
  type MonitorFormatter,
  RecordLost,
  readJsonEvent,
} from "../../wire/cilium/index.ts";
import { escapeControlInJson } from "../../wire/text/escape-control.ts";
import type { BatchWriter } from "../terminal/batch-writer.ts";
import { selects } from "./event-selection.ts";
import { LostEvents } from "./lost-events.ts";
import type { MonitorItem, MonitorJson, MonitorOutput } from "./monitor-output.ts";

export interface MonitorTextOptions {
  readonly formatter: MonitorFormatter;
  readonly writer: BatchWriter;
  readonly compat: boolean;
  /** Takes secrets out of what a proxy has logged; not with `compat`, which prints what Cilium prints. */
  readonly redactText?: ((text: string) => string) | undefined;
  readonly timestamps: boolean;
  /** Several nodes are watched: each line says which. */
  readonly showNode: boolean;
  /** Made for events only where a filter asks for it. */
  readonly flows: FlowEventReader;
  readonly filter: Filter | undefined;
  readonly names: HubbleLineOptions;
  /** Seconds that lost events are summed over; 0 prints each. */
  readonly lostInterval: number;
  /** Called where the Go process would have stopped. */
  readonly onPanic: (reason: string) => void;
  /** Called under `compat` before the text of the first packet that was dissected is written. */
  readonly onDissectorStart: () => void;
  readonly onUnknownPayload: (type: number) => void;
}

const SEPARATOR = /^-{78}\n/;

/** Why an event has no text. */
type Reason = "undecoded" | "filtered" | "not-at-this-verbosity";
const DROPPED: Readonly<Record<Reason, Dropped>> = {
  undecoded: { dropped: "undecoded" },
  filtered: { dropped: "filtered" },
  "not-at-this-verbosity": { dropped: "not-at-this-verbosity" },
};

/** Events as `cilium monitor` prints them: lines, dissections or JSON. */
export class MonitorText implements MonitorOutput {
  readonly #options: MonitorTextOptions;
  readonly #lost: LostEvents | undefined;
  #dissectorStarted = false;
  #isClosed = false;

  constructor(options: MonitorTextOptions) {
    this.#options = options;
    if (!options.compat && options.lostInterval > 0)
      this.#lost = new LostEvents(options.lostInterval * 1000, (events, seconds, cpus) =>
        this.#write(this.#lostSummary(events, seconds, cpus), {}),
      );
  }

  submit(item: MonitorItem): Submission {
    if (this.#isClosed) return CLOSED;
    const { payload, origin } = item;
    const reason = payload === undefined ? this.#writeJson(item) : this.#writePayload(payload, origin);
    if (reason !== undefined) return DROPPED[reason];
    return this.#options.writer.isFull ? "full" : "taken";
  }

  whenReady(): Promise<void> {
    return this.#options.writer.drain();
  }

  flush(): Promise<void> {
    this.#options.writer.flush();
    return this.#options.writer.drain();
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#lost?.flush();
    return this.flush();
  }

  #writePayload(payload: BorrowedPayload, origin: FlowOrigin): Reason | undefined {
    const { formatter, filter, flows, compat, onPanic, onDissectorStart, onUnknownPayload } = this.#options;
    if (payload.type !== EventSample) {
      if (this.#lost !== undefined && !this.#lost.add(payload.lost, payload.cpu)) return undefined;
    } else if (filter !== undefined) {
      const flow = flows.read(payload, origin);
      if (typeof flow !== "string" && !filter.matches("flow", flow)) return "filtered";
    }
    const text = this.#redacted(formatter.formatPayload(payload), payload.bytes[payload.start]);
    if (compat && !this.#dissectorStarted && formatter.printer.dissector.isStarted) {
      this.#dissectorStarted = true;
      onDissectorStart();
    }
    if (text !== "") this.#write(text, origin);
    if (payload.type !== EventSample && payload.type !== RecordLost) onUnknownPayload(payload.type);
    if (compat && formatter.panic !== undefined) onPanic(formatter.panic);
    if (formatter.isUndecoded) return "undecoded";
    return text === "" ? this.#reasonOfSilence(payload) : undefined;
  }

  #writeJson({ json, line, origin }: MonitorJson): Reason | undefined {
    const { formatter, filter, names, writer } = this.#options;
    const flow = readJsonEvent(json, origin);
    if (flow === undefined) return "undecoded";
    if (!selects(flow, formatter.filter, filter)) return "filtered";
    const { redactText = (text: string) => text } = this.#options;
    if (formatter.verbosity === JSON_OUTPUT) writer.write(`${escapeControlInJson(redactText(line.trim()))}\n`);
    else {
      const text = formatCompactFlow(flow, names);
      writer.write(mayHoldSecrets(flow) ? redactText(text) : text);
    }
    return undefined;
  }

  /** Debug messages and socket traces are for -v only; all else without a text was filtered. */
  #reasonOfSilence({ bytes, start }: BorrowedPayload): Reason {
    const { formatter } = this.#options;
    const type = bytes[start];
    const isForDebug = type === MessageTypeDebug || type === MessageTypeTraceSock;
    return formatter.verbosity === INFO && isForDebug ? "not-at-this-verbosity" : "filtered";
  }

  #redacted(text: string, type: number | undefined): string {
    const { compat, redactText } = this.#options;
    return compat || redactText === undefined || type !== MessageTypeAccessLog ? text : redactText(text);
  }

  #write(text: string, origin: FlowOrigin): void {
    const { writer, timestamps, showNode, formatter } = this.#options;
    const time = timestamps ? origin.time : undefined;
    const node = showNode ? origin.node : undefined;
    if (time === undefined && node === undefined) {
      writer.writeBytesOf(text);
      return;
    }
    const stamp = time === undefined ? "" : formatTimestamp(time, 3);
    if (formatter.verbosity === JSON_OUTPUT) {
      const members = `${stamp === "" ? "" : `"time":"${stamp}",`}${node === undefined ? "" : `"node":${JSON.stringify(node)},`}`;
      writer.writeBytesOf(text.startsWith("{") ? `{${members}${text.slice(1)}` : text);
      return;
    }
    const head = [stamp, node === undefined ? "" : `[${node}]`].filter((part) => part !== "").join(" ");
    const separator = SEPARATOR.exec(text)?.[0] ?? "";
    writer.writeBytesOf(`${separator}${head} ${text.slice(separator.length)}`);
  }

  #lostSummary(events: bigint, seconds: number, cpus: readonly number[]): string {
    if (this.#options.formatter.verbosity === JSON_OUTPUT)
      return `{"type":"lost","events":${events},"seconds":${seconds},"cpus":[${cpus.join(",")}]}\n`;
    return `Lost ${events} more events in ${seconds} s (CPU ${cpus.join(", ")})\n`;
  }
}

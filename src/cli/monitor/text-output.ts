import type { Filter } from "../../analysis/filter/index.ts";
import { formatTimestamp } from "../../model/index.ts";
import {
  type BorrowedPayload,
  EventSample,
  type FlowEventReader,
  type FlowOrigin,
  formatCompactFlow,
  type HubbleLineOptions,
  JSON_OUTPUT,
  type MonitorFormatter,
  readJsonEvent,
} from "../../wire/cilium/index.ts";
import type { BatchWriter } from "./batch-writer.ts";
import { selects } from "./event-selection.ts";
import { LostEvents } from "./lost-events.ts";
import type { MonitorOutput } from "./monitor-output.ts";

export interface TextOutputOptions {
  readonly formatter: MonitorFormatter;
  readonly writer: BatchWriter;
  readonly compat: boolean;
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
  readonly onUnknownPayload: (type: number) => void;
}

const SEPARATOR = /^-{78}\n/;

/** Events as `cilium monitor` prints them: lines, dissections or JSON. */
export class TextOutput implements MonitorOutput {
  readonly #options: TextOutputOptions;
  readonly #lost: LostEvents | undefined;

  constructor(options: TextOutputOptions) {
    this.#options = options;
    if (!options.compat && options.lostInterval > 0)
      this.#lost = new LostEvents(options.lostInterval * 1000, (events, seconds, cpus) =>
        this.#write(this.#lostSummary(events, seconds, cpus), {}),
      );
  }

  payload(payload: BorrowedPayload, origin: FlowOrigin): void {
    const { formatter, filter, flows, compat, onPanic, onUnknownPayload } = this.#options;
    if (payload.type !== EventSample) {
      if (payload.type !== 2) onUnknownPayload(payload.type);
      if (this.#lost !== undefined && !this.#lost.add(payload.lost, payload.cpu)) return;
    } else if (filter !== undefined) {
      const flow = flows.read(payload, origin);
      if (typeof flow !== "string" && !filter.matches("flow", flow)) return;
    }
    const text = formatter.formatPayload(payload);
    if (text !== "") this.#write(text, origin);
    if (compat && formatter.panic !== undefined) onPanic(formatter.panic);
  }

  json(value: unknown, line: string, origin: FlowOrigin): void {
    const { formatter, filter, names } = this.#options;
    const flow = readJsonEvent(value, origin);
    if (flow === undefined || !selects(flow, formatter.filter, filter)) return;
    if (formatter.verbosity === JSON_OUTPUT) this.#options.writer.write(`${line}\n`);
    else this.#options.writer.write(formatCompactFlow(flow, names));
  }

  finish(): void {
    this.#lost?.flush();
    this.#options.writer.flush();
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

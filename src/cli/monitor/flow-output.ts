import type { Filter } from "../../analysis/filter/index.ts";
import type { FlowEvent } from "../../model/index.ts";
import {
  type BorrowedPayload,
  type EventFilter,
  type FlowEventReader,
  type FlowOrigin,
  readJsonEvent,
} from "../../wire/cilium/index.ts";
import { selects } from "./event-selection.ts";
import type { MonitorOutput } from "./monitor-output.ts";

/** What takes flows: a table, a file, a count. */
export interface FlowSink {
  flow(flow: FlowEvent): void;
  finish(): void;
}

export interface FlowOutputOptions {
  readonly flows: FlowEventReader;
  readonly events: EventFilter;
  readonly filter: Filter | undefined;
  readonly sink: FlowSink;
  readonly onProblem: (message: string) => void;
}

/** Events as flows, those that are selected. */
export class FlowOutput implements MonitorOutput {
  readonly #options: FlowOutputOptions;

  constructor(options: FlowOutputOptions) {
    this.#options = options;
  }

  payload(payload: BorrowedPayload, origin: FlowOrigin): void {
    const flow = this.#options.flows.read(payload, origin);
    if (typeof flow === "string") this.#options.onProblem(flow);
    else this.#take(flow);
  }

  json(value: unknown, _line: string, origin: FlowOrigin): void {
    const flow = readJsonEvent(value, origin);
    if (flow !== undefined) this.#take(flow);
  }

  finish(): void {
    this.#options.sink.finish();
  }

  #take(flow: FlowEvent): void {
    const { events, filter, sink } = this.#options;
    if (selects(flow, events, filter)) sink.flow(flow);
  }
}

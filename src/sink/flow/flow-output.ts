import type { Filter } from "../../analysis/filter/index.ts";
import type { FlowEvent } from "../../model/index.ts";
import {
  type BorrowedPayload,
  type EventFilter,
  EventSample,
  type FlowEventReader,
  type FlowOrigin,
  RecordLost,
  readJsonEvent,
} from "../../wire/cilium/index.ts";
import { selects } from "./event-selection.ts";
import type { MonitorOutput, Outcome } from "./monitor-output.ts";

/** What takes flows: a table, a file, a count. */
export interface FlowSink {
  /** Whether it has been shown, or why it has no place here. */
  flow(flow: FlowEvent): Outcome;
  finish(): void;
}

export interface FlowOutputOptions {
  readonly flows: FlowEventReader;
  readonly events: EventFilter;
  readonly filter: Filter | undefined;
  readonly sink: FlowSink;
  readonly onProblem: (message: string) => void;
  readonly onUnknownPayload: (type: number) => void;
}

/** Events as flows, those that are selected. */
export class FlowOutput implements MonitorOutput {
  readonly #options: FlowOutputOptions;

  constructor(options: FlowOutputOptions) {
    this.#options = options;
  }

  payload(payload: BorrowedPayload, origin: FlowOrigin): Outcome {
    const { flows, onProblem, onUnknownPayload } = this.#options;
    if (payload.type !== EventSample && payload.type !== RecordLost) onUnknownPayload(payload.type);
    const flow = flows.read(payload, origin);
    if (typeof flow !== "string") return this.#take(flow);
    onProblem(flow);
    return "undecoded";
  }

  json(value: unknown, _line: string, origin: FlowOrigin): Outcome {
    const flow = readJsonEvent(value, origin);
    return flow === undefined ? "undecoded" : this.#take(flow);
  }

  finish(): void {
    this.#options.sink.finish();
  }

  #take(flow: FlowEvent): Outcome {
    const { events, filter, sink } = this.#options;
    return selects(flow, events, filter) ? sink.flow(flow) : "filtered";
  }
}

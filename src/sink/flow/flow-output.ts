import type { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import type { FlowEvent } from "../../model/index.ts";
import {
  type BorrowedPayload,
  EventSample,
  type FlowEventReader,
  type FlowOrigin,
  RecordLost,
  readJsonEvent,
} from "../../wire/cilium/index.ts";
import type { MonitorOutput, Outcome } from "./monitor-output.ts";

export interface FlowOutputOptions {
  readonly flows: FlowEventReader;
  /** Filters them and hands them to the sinks. */
  readonly pipeline: ExchangePipeline;
  readonly onProblem: (message: string) => void;
  readonly onUnknownPayload: (type: number) => void;
}

/** Events as flows. */
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

  finish(deadline: number): Promise<void> {
    return this.#options.pipeline.close(deadline);
  }

  #take(flow: FlowEvent): Outcome {
    return this.#options.pipeline.flow(flow);
  }
}

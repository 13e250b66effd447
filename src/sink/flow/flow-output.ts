import { type FlowPipeline, SHOWN } from "../../analysis/pipeline/flow-pipeline.ts";
import type { FlowEvent, Submission } from "../../model/index.ts";
import { EventSample, type FlowEventReader, RecordLost, readJsonEvent } from "../../wire/cilium/index.ts";
import type { MonitorItem, MonitorOutput } from "./monitor-output.ts";

export interface FlowOutputOptions {
  readonly flows: FlowEventReader;
  /** Filters them and hands them to the sinks. */
  readonly pipeline: FlowPipeline;
  readonly onProblem: (message: string) => void;
  readonly onUnknownPayload: (type: number) => void;
}

/** Events as flows. */
export class FlowOutput implements MonitorOutput {
  readonly #options: FlowOutputOptions;

  constructor(options: FlowOutputOptions) {
    this.#options = options;
  }

  submit(item: MonitorItem): Submission {
    const { pipeline } = this.#options;
    const flow = this.#read(item);
    if (flow === undefined) return UNDECODED;
    const outcome = pipeline.flow(flow);
    if (outcome !== SHOWN) return { dropped: outcome };
    return pipeline.isFull ? "full" : "taken";
  }

  whenReady(): Promise<void> {
    return this.#options.pipeline.whenReady();
  }

  flush(): Promise<void> {
    return this.#options.pipeline.flush();
  }

  close(deadline: number): Promise<void> {
    return this.#options.pipeline.close(deadline);
  }

  #read(item: MonitorItem): FlowEvent | undefined {
    const { flows, onProblem, onUnknownPayload } = this.#options;
    const { payload, origin } = item;
    if (payload === undefined) return readJsonEvent(item.json, origin);
    if (payload.type !== EventSample && payload.type !== RecordLost) onUnknownPayload(payload.type);
    const flow = flows.read(payload, origin);
    if (typeof flow !== "string") return flow;
    onProblem(flow);
    return undefined;
  }
}

const UNDECODED: Submission = { dropped: "undecoded" };

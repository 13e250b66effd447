import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CallAnswer,
  type CallClient,
  createServices,
  type FilterModule,
  type HostServices,
  type LogLevel,
  loadFilter,
  Metrics,
  type OutgoingCall,
  type Pair,
  Plugin,
  type PropertyValue,
  propertiesOf,
  type StreamOutput,
} from "../../../src/wasm-host/index.ts";

/** A request and its response for a filter, as scripts have them. */
export interface Script {
  readonly request?: readonly Pair[] | undefined;
  readonly requestBody?: readonly Uint8Array[];
  readonly response?: readonly Pair[] | undefined;
  readonly responseBody?: readonly Uint8Array[];
  readonly properties?: Readonly<Record<string, PropertyValue | undefined>>;
}

export const TIMES = { "request.time": 1_700_000_000_123_456_789n, "request.duration": 42_500_000n };
export const ADDRESSES = { "destination.address": "10.0.0.9:8080", "source.address": "10.0.0.5:51234" };

/** A filter in the host, with what it did: its calls, which are answered when a test says so, logs and metrics. */
export class FilterRun {
  readonly calls: OutgoingCall[] = [];
  readonly logs: { readonly level: LogLevel; readonly message: string }[] = [];
  readonly metrics = new Metrics();
  readonly clusters = new Set(["trace_analyzer", "trace-sampling-manager"]);
  readonly plugin: Plugin;
  /** The timers that were set, by their period. */
  readonly ticks: { readonly millis: number; readonly run: () => void }[] = [];
  readonly #answers: ((answer: CallAnswer | undefined) => void)[] = [];

  constructor(
    filter: FilterModule,
    configuration: string | object = "",
    services: Partial<HostServices> = {},
    clusters?: readonly string[],
  ) {
    if (clusters !== undefined) this.clusters = new Set(clusters);
    const calls: CallClient = {
      has: (cluster) => this.clusters.has(cluster),
      start: (call, done) => {
        this.calls.push(call);
        this.#answers.push(done);
        return () => {};
      },
    };
    const text = typeof configuration === "string" ? configuration : JSON.stringify(configuration);
    this.plugin = new Plugin(
      filter,
      createServices({
        calls,
        metrics: this.metrics,
        log: (level, message) => this.logs.push({ level, message }),
        timers: {
          every: (millis, run) => {
            const timer = { millis, run };
            this.ticks.push(timer);
            return () => this.ticks.splice(this.ticks.indexOf(timer), 1);
          },
        },
        ...services,
      }),
      { configuration: new TextEncoder().encode(text) },
    );
  }

  get memory(): number {
    return this.plugin.machine.memory.size;
  }

  /** Answers a call, by its place from the first on. */
  answer(at: number, answer: Partial<CallAnswer> | undefined): void {
    this.#answers[at]!(answer && { headers: [[":status", "200"]], body: new Uint8Array(0), trailers: [], ...answer });
  }

  /** Runs an exchange to its end. */
  play(script: Script): void {
    playScript(this, script, IGNORED);
  }

  /** The same. @returns the call that it made, as a document */
  exchange(script: Script): Report | undefined {
    const before = this.calls.length;
    this.play(script);
    const call = this.calls[before];
    return call && readReport(call);
  }

  /** A metric of ours, without its prefix. */
  count(name: string): number {
    return this.metrics.value(`trace_exporter.${name}`);
  }

  errors(): readonly string[] {
    return this.logs.filter(({ level }) => level === "error" || level === "critical").map(({ message }) => message);
  }
}

export interface Report {
  readonly cluster: string;
  readonly headers: readonly Pair[];
  readonly timeout: number;
  // biome-ignore lint/suspicious/noExplicitAny: a document of one of two formats, whose fields the tests name
  readonly json: any;
}

export function readReport({ cluster, headers, timeoutMillis, body }: OutgoingCall): Report {
  return { cluster, headers, timeout: timeoutMillis, json: JSON.parse(new TextDecoder().decode(body)) };
}

function playScript(run: FilterRun, script: Script, output: StreamOutput): void {
  const { request, requestBody = [], response, responseBody = [], properties = {} } = script;
  const stream = run.plugin.openStream({
    output,
    properties: propertiesOf({ ...ADDRESSES, ...TIMES, ...properties }),
  });
  if (request !== undefined) stream.requestHeaders(request, requestBody.length === 0);
  for (const [at, chunk] of requestBody.entries()) stream.requestBody(chunk, at === requestBody.length - 1);
  if (response !== undefined) stream.responseHeaders(response, responseBody.length === 0);
  for (const [at, chunk] of responseBody.entries()) stream.responseBody(chunk, at === responseBody.length - 1);
  stream.close();
}

export const IGNORED: StreamOutput = { headers() {}, body() {}, trailers() {}, reset() {} };

/** The filter that the project ships. */
export function loadOwnFilter(): Promise<FilterModule> {
  return loadFilter(readFileSync(join(import.meta.dirname, "../../../bin/http-trace-filter.wasm")));
}

/** Plain headers of a request. */
export function requestOf(path = "/", authority = "a.b", more: readonly Pair[] = []): Pair[] {
  return [
    [":authority", authority],
    [":path", path],
    [":method", "GET"],
    [":scheme", "http"],
    ["x-request-id", "rid-1"],
    ...more,
  ];
}

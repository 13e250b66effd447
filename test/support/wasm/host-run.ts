import type { CallAnswer, OutgoingCall } from "../../../src/wasm-host/calls.ts";
import type { HostServices } from "../../../src/wasm-host/context.ts";
import { type FilterModule, loadFilter } from "../../../src/wasm-host/filter-module.ts";
import type { HttpStream, StreamOutput } from "../../../src/wasm-host/http-stream.ts";
import type { Machine } from "../../../src/wasm-host/machine.ts";
import { octetsOf } from "../../../src/wasm-host/pairs.ts";
import { Plugin, type PluginOptions } from "../../../src/wasm-host/plugin.ts";
import { createServices } from "../../../src/wasm-host/services.ts";
import type { SharedState } from "../../../src/wasm-host/shared-state.ts";
import { BASICS, buildModule, I32, op, type TestFunction, type TestModule } from "./build-module.ts";

export const PAUSE = op.i32(1);
export const GO = op.i32(0);
const CALLBACKS: Readonly<Record<string, number>> = {
  proxy_on_request_headers: 3,
  proxy_on_request_body: 3,
  proxy_on_request_trailers: 2,
  proxy_on_response_headers: 3,
  proxy_on_response_body: 3,
  proxy_on_response_trailers: 2,
};

/** A callback of a stream, with the action that it ends in. */
export function callback(name: string, ...body: readonly (readonly number[])[]): TestFunction {
  return { name, params: Array(CALLBACKS[name] ?? 1).fill(I32), results: [I32], body };
}

/** One without a result. */
export function event(name: string, params: number, ...body: readonly (readonly number[])[]): TestFunction {
  return { name, params: Array(params).fill(I32), body };
}

export const CONTINUE_STREAM = { name: "proxy_continue_stream", params: [I32], results: [I32] };
export const LOG = { name: "proxy_log", params: [I32, I32, I32], results: [I32] };
export const LOCAL = { name: "proxy_send_local_response", params: Array(8).fill(I32), results: [I32] };
export const TICK = { name: "proxy_set_tick_period_milliseconds", params: [I32], results: [I32] };
export const CALL = { name: "proxy_http_call", params: Array(10).fill(I32), results: [I32] };
export const EFFECTIVE = { name: "proxy_set_effective_context", params: [I32], results: [I32] };
export const SET_BUFFER = { name: "proxy_set_buffer_bytes", params: Array(5).fill(I32), results: [I32] };

/** Another plugin's machine, which this one runs on too (what it does shows there), or the state that is shared with other machines. */
interface Beside {
  readonly machine?: Machine;
  readonly shared?: SharedState;
}

/** A small filter in the host, with what came of it. */
export class HostRun {
  readonly passed: string[] = [];
  readonly logs: string[] = [];
  readonly ticks: { readonly millis: number; readonly run: () => void }[] = [];
  readonly answers: ((answer: CallAnswer | undefined) => void)[] = [];
  readonly calls: OutgoingCall[] = [];
  cancelled = 0;
  readonly plugin: Plugin;
  readonly output: StreamOutput = {
    headers: (side, headers, isEnd) => this.passed.push(`${side} ${headers[0]?.[1]}${isEnd ? " end" : ""}`),
    body: (side, bytes, isEnd) => this.passed.push(`${side} "${octetsOf(bytes)}"${isEnd ? " end" : ""}`),
    trailers: (side, trailers) => this.passed.push(`${side} trailers ${trailers[0]?.join("=")}`),
    reset: (reason) => this.passed.push(`reset ${reason}`),
  };

  private constructor(filter: FilterModule, options: PluginOptions, { machine, shared }: Beside) {
    const services: Partial<HostServices> = {
      log: (_level, message) => this.logs.push(message),
      calls: {
        has: (name) => name === "c",
        start: (call, done) => {
          this.calls.push(call);
          this.answers.push(done);
          return () => this.cancelled++;
        },
      },
      timers: {
        every: (millis, run) => {
          const timer = { millis, run };
          this.ticks.push(timer);
          return () => this.ticks.splice(this.ticks.indexOf(timer), 1);
        },
      },
    };
    this.plugin = new Plugin(
      filter,
      machine?.services ?? createServices({ ...services, ...(shared && { shared }) }),
      options,
      machine,
    );
  }

  static async of(
    { functions = [], ...module }: TestModule,
    options: PluginOptions = {},
    beside: Beside = {},
  ): Promise<HostRun> {
    const filter = await loadFilter(buildModule({ ...module, functions: [...BASICS, ...functions] }));
    return new HostRun(filter, options, beside);
  }

  open(): HttpStream {
    return this.plugin.openStream({ output: this.output });
  }

  take(): string[] {
    return this.passed.splice(0);
  }
}

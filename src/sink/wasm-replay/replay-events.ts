import type { CallObserver } from "../../source/wasm-calls/http-calls.ts";
import type { LogLevel, OutgoingCall } from "../../wasm-host/index.ts";

/** A call of a filter, and what became of it. */
export interface MadeCall {
  readonly call: OutgoingCall;
  readonly status?: number;
  readonly problem?: string;
  readonly millis: number;
}

export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
}

/** Gathers what a filter does between two exchanges: of each kind the first 1000, the rest is counted. */
export class ReplayEvents {
  #calls: MadeCall[] = [];
  #logs: LoggedLine[] = [];
  #untold = 0;

  readonly call: CallObserver = (call, end) => {
    if (this.#calls.length < MOST) this.#calls.push({ call, ...end });
    else this.#untold++;
  };

  readonly log = (level: LogLevel, message: string): void => {
    if (this.#logs.length < MOST) this.#logs.push({ level, message });
    else this.#untold++;
  };

  /** Everything since the last time. */
  take(): { readonly calls: readonly MadeCall[]; readonly logs: readonly LoggedLine[]; readonly untold: number } {
    const taken = { calls: this.#calls, logs: this.#logs, untold: this.#untold };
    this.#calls = [];
    this.#logs = [];
    this.#untold = 0;
    return taken;
  }
}

const MOST = 1000;

import { Status } from "../abi.ts";
import type { Guest } from "../context.ts";
import { InvalidAccess } from "../guest-memory.ts";
import { BUFFER_FUNCTIONS } from "./buffers.ts";
import { CALL_FUNCTIONS } from "./calls.ts";
import { HEADER_FUNCTIONS } from "./headers.ts";
import { METRIC_FUNCTIONS } from "./metrics.ts";
import { SHARED_FUNCTIONS } from "./shared.ts";
import { STREAM_FUNCTIONS } from "./streams.ts";
import { SYSTEM_FUNCTIONS } from "./system.ts";
import { WASI_ERRNO, WASI_FUNCTIONS, WASI_MODULES } from "./wasi.ts";

type Implementation = (guest: Guest, ...args: never[]) => number;

const FUNCTIONS: Readonly<Record<string, Implementation>> = {
  ...BUFFER_FUNCTIONS,
  ...CALL_FUNCTIONS,
  ...HEADER_FUNCTIONS,
  ...METRIC_FUNCTIONS,
  ...SHARED_FUNCTIONS,
  ...STREAM_FUNCTIONS,
  ...SYSTEM_FUNCTIONS,
};

/** The functions that a module may import from `env`. */
export const FUNCTION_NAMES: ReadonlySet<string> = new Set(Object.keys(FUNCTIONS));

/**
 * The functions that a module imports, made for one machine. A pointer outside of its memory becomes a status; nothing is thrown at it.
 * @param guest gives the machine: functions may be called before it is whole
 */
export function linkFunctions(module: WebAssembly.Module, guest: () => Guest): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const isWasi = WASI_MODULES.includes(from);
    const implementation = (isWasi ? WASI_FUNCTIONS : FUNCTIONS)[name]!;
    imports[from] ??= {};
    imports[from][name] = (...args: unknown[]): number => {
      try {
        return implementation(guest(), ...(args as never[]));
      } catch (error) {
        if (!(error instanceof InvalidAccess)) throw error;
        return isWasi ? WASI_ERRNO.FAULT : Status.InvalidMemoryAccess;
      }
    };
  }
  return imports;
}

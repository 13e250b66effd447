import { Session } from "node:inspector";

/**
 * Counts how much the sources do, as a number that is the same on a busy machine: how often each block of them is executed (V8's
 * precise coverage), and how many bytes the built-in functions move or search. It sees only modules that are imported after it was
 * made.
 */
export class WorkCounter {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  count(run: () => void): number {
    this.#takeBlocks();
    const bytes = countBytes(run);
    return this.#takeBlocks() + bytes / BYTES_A_BLOCK;
  }

  stop(): void {
    this.#session.disconnect();
  }

  /** Blocks that were executed since the last call. */
  #takeBlocks(): number {
    const { result } = this.#post<{ result: readonly ScriptCoverage[] }>("Profiler.takePreciseCoverage");
    let blocks = 0;
    for (const { url, functions } of result)
      if (url.includes("/src/")) for (const { ranges } of functions) for (const { count } of ranges) blocks += count;
    return blocks;
  }

  #post<Result>(method: string, parameters: object = {}): Result {
    let answer: Result | undefined;
    this.#session.post(method, parameters, (error, result) => {
      if (error !== null) throw error;
      answer = result as Result;
    });
    return answer!;
  }
}

interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
}

/** The cost of moving a byte beside the execution of a block, roughly. */
const BYTES_A_BLOCK = 16;

/** Bytes that methods of Uint8Array go over while `run` runs. */
function countBytes(run: () => void): number {
  // The methods stand on %TypedArray%.
  const methods = Object.getPrototypeOf(Uint8Array.prototype) as Record<string, (...rest: unknown[]) => unknown>;
  const originals = new Map(COUNTED.map((name) => [name, methods[name]!]));
  let bytes = 0;
  for (const [name, original] of originals)
    methods[name] = function (this: Uint8Array, ...rest: unknown[]) {
      const result = original.apply(this, rest);
      bytes += measureCall(name, this, rest, result);
      return result;
    };
  try {
    run();
  } finally {
    for (const [name, original] of originals) methods[name] = original;
  }
  return bytes;
}

const COUNTED = ["set", "slice", "copyWithin", "indexOf", "fill"] as const;

function measureCall(name: string, array: Uint8Array, rest: readonly unknown[], result: unknown): number {
  if (name === "set") return (rest[0] as Uint8Array).length;
  if (name === "slice") return (result as Uint8Array).length;
  if (name !== "indexOf") return array.length;
  const from = (rest[1] as number | undefined) ?? 0;
  return (result as number) < 0 ? array.length - from : (result as number) - from;
}

import { parentPort, workerData } from "node:worker_threads";
import { TaplineError } from "../../../model/index.ts";
import { SLOTS, type ThreadAnswer, type ThreadData, type ThreadError, type ThreadQuestion } from "./store-thread.ts";

/** Methods of a thread, by name. */
export type ThreadMethods = Readonly<Record<string, (argument: never) => unknown>>;

let asked = 0;

/** The options that the thread was started with. */
export function threadOptions<Options>(): Options {
  return (workerData as ThreadData<Options>).options;
}

/** Throws where the question that is being answered was called off. */
export function lookWhetherWanted(): void {
  if (isCalledOff(asked)) throw new Error("it was called off");
}

/** Answers the questions of `StoreThread` in their order. */
export function answerQuestions(methods: ThreadMethods): void {
  parentPort!.on("message", ({ number, method, argument }: ThreadQuestion) => {
    asked = number;
    if (isCalledOff(number)) return;
    parentPort!.postMessage(answer(methods, { number, method, argument }));
  });
}

function isCalledOff(number: number): boolean {
  const { cancelled } = workerData as ThreadData<unknown>;
  return Atomics.load(new Int32Array(cancelled), number % SLOTS) === number;
}

function answer(methods: ThreadMethods, { number, method, argument }: ThreadQuestion): ThreadAnswer {
  try {
    return { number, result: methods[method]!(argument as never) };
  } catch (error) {
    return { number, error: fromError(error) };
  }
}

function fromError(error: unknown): ThreadError {
  if (!(error instanceof TaplineError))
    return error instanceof Error
      ? { message: error.message, ...(error.stack !== undefined && { stack: error.stack }) }
      : { message: String(error) };
  const { message, code, hint, place } = error;
  return { message, code, ...(hint !== undefined && { hint }), ...(place !== undefined && { place }) };
}

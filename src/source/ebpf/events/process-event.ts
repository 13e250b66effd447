import { FIELD, RECORD } from "./record.ts";

export interface ProcessEvent {
  readonly kind: "found" | "exec" | "mapped" | "exit" | "io-uring";
  readonly pid: number;
  /** The thread's name as the kernel has it. */
  readonly command: string;
}

/** Undefined for a record of another kind. */
export function readProcessEvent(view: DataView, bytes: Uint8Array, at: number): ProcessEvent | undefined {
  const kind = KINDS[view.getUint8(at + FIELD.type)];
  if (kind === undefined) return undefined;
  return { kind, pid: view.getUint32(at + FIELD.pid, true), command: readCommandName(bytes, at + FIELD.started) };
}

const KINDS: Readonly<Record<number, ProcessEvent["kind"]>> = {
  [RECORD.process]: "found",
  [RECORD.exec]: "exec",
  [RECORD.exit]: "exit",
  [RECORD.mapped]: "mapped",
  [RECORD.ioUring]: "io-uring",
};

function readCommandName(bytes: Uint8Array, at: number): string {
  let end = at;
  while (end < at + 16 && bytes[end] !== 0) end++;
  return Buffer.from(bytes.subarray(at, end)).toString("utf8");
}

import type { Retention } from "../retained-files.ts";

/**
 * Requests from the forwarding thread to the writing one: steps on numbered files, and the bytes they append, one after
 * the other in one buffer.
 *
 *     steps   open 7 "a_7.pb" │ append 7 120 │ append 3 64 │ finish 7
 *     bytes                   [ 120 bytes ....][ 64 bytes ]
 */
export interface FileBatch {
  readonly steps: readonly FileStep[];
  /** Longer than what the steps append, where the buffer is a reused one. */
  readonly bytes: ArrayBuffer;
}

export type FileStep =
  /** The first of a file: `path` is the name that it has when it is finished. */
  | { readonly kind: "open"; readonly file: number; readonly path: string }
  | { readonly kind: "append"; readonly file: number; readonly length: number }
  /** `end` is appended before; with `retention`, files that are too many then are deleted. */
  | {
      readonly kind: "finish";
      readonly file: number;
      readonly end: Uint8Array;
      readonly retention?: Retention | undefined;
    };

export interface FileBatchResult {
  /** Bytes that were written. */
  readonly written: number;
  /** How many files got their name. */
  readonly finished: number;
  /** How many finished files were deleted, because no more of them are to be kept. */
  readonly deleted: number;
  /** One for each file of this batch that failed, now or before. */
  readonly failures: readonly FileFailure[];
  /** The batch's buffer, to be used again; absent where it cannot be. */
  readonly bytes?: ArrayBuffer;
}

export interface FileFailure {
  readonly file: number;
  readonly path: string;
  /** The system's code (`ENOSPC`), or `UNKNOWN`. */
  readonly code: string;
  readonly message: string;
  /** Whether it failed in this batch, or in one before. */
  readonly isNew: boolean;
  /** Bytes of this batch that were not written because of it. */
  readonly lostBytes: number;
  /** Bytes that were said to be written, in this batch or before, and are gone with the file. */
  readonly goneBytes: number;
}

/** The name of a file until it is whole. */
export function partialPath(path: string): string {
  return `${path}.partial`;
}

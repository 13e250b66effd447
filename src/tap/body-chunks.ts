/** Memory for the beginnings of bodies: pieces of one size that are used again and again, because new memory costs more than copying. */
export const CHUNK_BYTES = 2048;

/** Chunks that wait to be used again: 512 KiB at most. */
const MAX_SPARE = 256;
const spare: Uint8Array[] = [];

export function takeChunk(): Uint8Array {
  return spare.pop() ?? new Uint8Array(CHUNK_BYTES);
}

/** Nobody may read it any more. */
export function giveChunkBack(chunk: Uint8Array): void {
  if (spare.length < MAX_SPARE) spare.push(chunk);
}

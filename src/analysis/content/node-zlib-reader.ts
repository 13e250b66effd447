/** Makes a stream of Node's zlib; only its handle is used. */
export type CreateZlib = () => object;

/** The result of decompressing. */
export interface Reading {
  readonly bytes: Uint8Array;
  /** Why no more came: the stream or the input is over, the limit was reached, or the input is damaged. */
  readonly end: "over" | "limit" | "failed";
  /** How far the input was read. */
  readonly consumed: number;
  /** The input is over, and the stream is not. */
  readonly isCut: boolean;
}

/**
 * Decompresses what is there, at most `limit` bytes, and keeps what came out before the damage of a damaged input.
 *
 * Node's documented calls have no such mode: `maxOutputLength` throws without output when it is reached, does nothing in streams,
 * and a stream that fails loses what it had decompressed in that call. So the handle under a stream is called directly, which tells
 * after each call how much of input and output it took; and a failing input is given again in smaller pieces, down to the byte.
 */
export function readZlib(create: CreateZlib, bytes: Uint8Array, limit: number): Reading {
  const whole = readPieces(create, bytes, limit, 0, bytes.length);
  if (whole.end !== "failed") return whole;
  const coarse = readPieces(create, bytes, limit, 0, COARSE_PIECE);
  return coarse.end !== "failed" ? coarse : readPieces(create, bytes, limit, coarse.consumed, 1);
}

/** The first `at` bytes as one piece, and the others in pieces of `size`. */
function readPieces(create: CreateZlib, bytes: Uint8Array, limit: number, at: number, size: number): Reading {
  const stream = create() as ZlibInternals;
  const { _handle: handle, _writeState: state } = stream;
  let failed = false;
  handle.onerror = () => {
    failed = true;
  };
  const output: Uint8Array[] = [];
  let total = 0;
  let consumed = 0;
  const finish = (end: Reading["end"]): Reading => {
    if (end === "over" && consumed === bytes.length) handle.writeSync(FINISH, bytes, consumed, 0, scratch, 0, 1);
    handle.close();
    return { bytes: join(output, total), end, consumed, isCut: end === "over" && failed };
  };
  for (let end = at > 0 ? at : Math.min(size, bytes.length); ; end = Math.min(end + size, bytes.length)) {
    for (let hasMore = true; hasMore; ) {
      // One byte beyond the limit tells whether there is more.
      const room = Math.min(OUTPUT_BYTES, limit + 1 - total);
      handle.writeSync(FLUSH, bytes, consumed, end - consumed, scratch, 0, room);
      if (failed) return finish("failed");
      const [roomLeft = 0, inputLeft = 0] = state;
      consumed = end - inputLeft;
      const written = Math.min(room - roomLeft, limit - total);
      if (written > 0) output.push(scratch.slice(0, written));
      total += written;
      if (written < room - roomLeft) return finish("limit");
      hasMore = roomLeft === 0;
    }
    // Input that is not taken although there was room stands behind the end of the stream.
    if (consumed < end || end === bytes.length) return finish("over");
  }
}

/** Calls of `node:zlib`'s internals (lib/zlib.js, processChunkSync). */
interface ZlibInternals {
  readonly _handle: {
    onerror: (message: string, errno: number, code: string) => void;
    writeSync(
      flush: number,
      input: Uint8Array,
      inputOffset: number,
      inputLength: number,
      output: Uint8Array,
      outputOffset: number,
      outputLength: number,
    ): void;
    close(): void;
  };
  /** After each call: how much of the output and of the input is left. */
  readonly _writeState: Uint32Array;
}

function join(pieces: readonly Uint8Array[], total: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const joined = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** BROTLI_OPERATION_PROCESS, ZSTD_e_continue and Z_NO_FLUSH alike: decompressors give all that they can in any case. */
const FLUSH = 0;
/** BROTLI_OPERATION_FINISH and ZSTD_e_end: no more comes, which is an error where more is needed. */
const FINISH = 2;
const COARSE_PIECE = 256;
const OUTPUT_BYTES = 64 * 1024;
const scratch = new Uint8Array(OUTPUT_BYTES);

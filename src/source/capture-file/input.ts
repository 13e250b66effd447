import { closeSync, constants, open as openDescriptor, openSync, readFileSync, readSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, gunzipSync, constants as zlib } from "node:zlib";
import { describeReadError, TaplineError, type Timestamp, timestampFromMillis } from "../../model/index.ts";
import type { FormatFamily } from "../../wire/format.ts";
import { HEAD_BYTES } from "../../wire/head-bytes.ts";

/** Bytes from a file or from stdin, whose beginning can be looked at before they are read. */
export interface Input {
  /** The path; `stdin` for `-`. */
  readonly name: string;
  /** The first bytes: at least `HEAD_BYTES`, or all there are. Packed files (gzip) are unpacked. */
  readonly head: Uint8Array;
  /** Bytes in all, where that is known beforehand: of a file that is not packed. */
  readonly size: number | undefined;
  /** Its family, where whoever sends it says so: then it may be empty. */
  readonly family?: FormatFamily;
  /** When the file was last changed; undefined for stdin. */
  readonly modified: Timestamp | undefined;
  /** All bytes, `head` included, as they come; each chunk is borrowed until the next one is asked for. Call it once. */
  chunks(): AsyncGenerator<Uint8Array>;
  /** Gives the file back; whoever reads sees the end. */
  close(): Promise<void>;
}

/** How much of a file is read at once. */
const CHUNK_BYTES = 512 * 1024;
/** A file that is no larger is read when it is opened: there may be a hundred thousand of them, and each wait costs more than its bytes. */
const SMALL_BYTES = 64 * 1024;

export interface OpenInputOptions {
  /** Read for `-`. Default: the process's. */
  readonly stdin?: Readable;
  /**
   * How many bytes to wait for before looking. A live pipe may be quiet after its first few: by default 4 for one, which tells
   * a capture from all else, then what has come by then.
   */
  readonly headBytes?: number;
  /** Aborted, nothing is waited for any more: the input ends with what has come. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a file, or stdin for `-`.
 * @throws TaplineError (`input`) where it cannot be opened or read, (`usage`) where stdin is a terminal
 */
export async function openInput(path: string, options: OpenInputOptions = {}): Promise<Input> {
  const isStdin = path === "-";
  const name = isStdin ? "stdin" : path;
  if (isStdin && options.stdin === undefined && process.stdin.isTTY)
    throw new TaplineError("usage", "nothing comes through the standard input: it is a terminal", {
      hint: "tcpdump -U -w - | tapline read -",
    });
  const source = isStdin ? readStream(options.stdin ?? process.stdin, name) : await readFile(path, options.signal);
  const wanted = options.headBytes ?? (isPipe(path) ? MAGIC_BYTES : HEAD_BYTES);
  const abort = (): void => void source.close();
  options.signal?.addEventListener("abort", abort, { once: true });
  try {
    const plain = await PeekedInput.open(name, source, wanted);
    return isPacked(plain.head) ? await PeekedInput.open(name, unpack(plain), wanted) : plain;
  } finally {
    options.signal?.removeEventListener("abort", abort);
  }
}

/** Whether what comes is written while it is read: stdin for `-`, a named pipe, a shell's `<(…)`. */
export function isPipe(path: string): boolean {
  return path === "-" || statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}

/** The beginning of a file and its size, as `Input` has them. Undefined where it is none, cannot be read, or can be read once only. */
export function peekFile(path: string): Pick<Input, "head" | "size"> | undefined {
  if (path === "-") return undefined;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return undefined;
    const descriptor = openSync(path, "r");
    try {
      const bytes = new Uint8Array(HEAD_BYTES);
      const head = bytes.subarray(0, readSync(descriptor, bytes));
      if (!isPacked(head)) return { head, size: stat.size };
      return { head: gunzipSync(head, { finishFlush: zlib.Z_SYNC_FLUSH }), size: undefined };
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return undefined;
  }
}

function isPacked(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

const MAGIC_BYTES = 4;

interface Source {
  readonly chunks: AsyncGenerator<Uint8Array>;
  readonly size?: number;
  readonly modified?: Timestamp;
  close(): Promise<void>;
}

class PeekedInput implements Input {
  readonly name: string;
  readonly head: Uint8Array;
  readonly size: number | undefined;
  readonly modified: Timestamp | undefined;
  readonly #source: Source;
  #ended: boolean;

  private constructor(name: string, head: Uint8Array, source: Source, ended: boolean) {
    this.name = name;
    this.head = head;
    this.size = source.size;
    this.modified = source.modified;
    this.#source = source;
    this.#ended = ended;
  }

  static async open(name: string, source: Source, wanted: number): Promise<PeekedInput> {
    let head: Uint8Array = new Uint8Array(0);
    while (head.length < wanted) {
      const { value, done } = await source.chunks.next();
      if (done === true) return new PeekedInput(name, head, source, true);
      // The chunk is borrowed, and the next one may be needed too.
      head = Buffer.concat([head, value]);
    }
    return new PeekedInput(name, head, source, false);
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    if (this.head.length > 0) yield this.head;
    if (!this.#ended) yield* this.#source.chunks;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#source.close();
  }
}

async function readFile(path: string, signal?: AbortSignal): Promise<Source> {
  let handle: FileHandle;
  let facts: Pick<Source, "size" | "modified"> = {};
  try {
    const found = statSync(path);
    if (found.isFIFO()) return readStream(await openPipe(path, signal), path);
    if (found.isFile() && found.size > 0 && found.size <= SMALL_BYTES) return readSmall(path, found.mtimeMs);
    handle = await open(path, "r");
    const stat = await handle.stat();
    if (stat.isDirectory()) {
      await handle.close();
      throw new TaplineError("input", "this is a directory, not a file", { place: { file: path } });
    }
    if (stat.isFile()) facts = { size: stat.size, modified: timestampFromMillis(stat.mtimeMs) };
  } catch (error) {
    throw describeError(error, path);
  }
  return {
    ...facts,
    chunks: readHandle(handle, path),
    close: () => handle.close(),
  };
}

function readSmall(path: string, changed: number): Source {
  const bytes = readFileSync(path);
  return {
    size: bytes.length,
    modified: timestampFromMillis(changed),
    chunks: (async function* () {
      yield bytes;
    })(),
    async close() {},
  };
}

/**
 * As a stream: a read of a file cannot be given up while nothing comes. A named pipe is not open before somebody writes to it: when it is given up, a writer
 * of our own ends the waiting.
 */
async function openPipe(path: string, signal: AbortSignal | undefined): Promise<Socket> {
  let retry: NodeJS.Timeout | undefined;
  const abort = (): void => {
    try {
      closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // The thread that opens it has not come so far.
      retry = setTimeout(abort, NUDGE_MILLIS);
    }
  };
  signal?.addEventListener("abort", abort, { once: true });
  try {
    const fd = await promisify(openDescriptor)(path, "r");
    return new Socket({ fd, readable: true, writable: false });
  } finally {
    clearTimeout(retry);
    signal?.removeEventListener("abort", abort);
  }
}

const NUDGE_MILLIS = 10;

async function* readHandle(handle: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  try {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw describeError(error, path);
  }
}

function readStream(stream: Readable, name: string): Source {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of stream) yield chunk as Uint8Array;
    } catch (error) {
      // It was closed by whoever reads, who is done with it.
      if (!stream.destroyed || stream.errored !== null) throw describeError(error, name);
    }
  };
  return {
    chunks: chunks(),
    async close() {
      stream.destroy();
    },
  };
}

function unpack(packed: PeekedInput): Source {
  const gunzip = createGunzip();
  // The chunks are borrowed, and the stream keeps them for a while.
  const copies = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of packed.chunks()) yield Buffer.from(chunk);
  };
  const stream = Readable.from(copies()).on("error", (error) => gunzip.destroy(error));
  stream.pipe(gunzip);
  const { chunks, close } = readStream(gunzip, packed.name);
  return {
    ...(packed.modified !== undefined && { modified: packed.modified }),
    chunks,
    async close() {
      stream.destroy();
      await close();
      await packed.close();
    },
  };
}

function describeError(error: unknown, file: string): TaplineError {
  if (error instanceof TaplineError) return error;
  const { code } = error as NodeJS.ErrnoException;
  const text = UNPACKING[code ?? ""] ?? describeReadError(error);
  return new TaplineError("input", text, { place: { file }, cause: error });
}

const UNPACKING: Readonly<Record<string, string>> = {
  Z_BUF_ERROR: "the packed file ends in the middle",
  Z_DATA_ERROR: "the packed file is corrupt",
};

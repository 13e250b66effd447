import { createReadStream, fstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { TaplineError, type Timestamp, timestampFromMillis } from "../../model/index.ts";

/** An input that is read from its beginning to its end. */
export interface ByteSource {
  /** As messages name it. */
  readonly name: string;
  /** Bytes in all, where that is known beforehand. */
  readonly size: number | undefined;
  /** When the file was last changed; absent for a pipe. */
  readonly modified?: Timestamp;
  /** The bytes in order; each chunk holds until the next is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** How much is read at once. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Opens a file, or the standard input for `-`.
 * @throws TaplineError `input` when it cannot be opened
 */
export async function openByteSource(path: string): Promise<ByteSource> {
  if (path === "-") return { name: "(standard input)", size: undefined, chunks: () => readStandardInput() };
  try {
    const handle = await open(path, "r");
    const stat = await handle.stat();
    if (stat.isDirectory()) {
      await handle.close();
      throw new TaplineError("input", "this is a directory", { place: { file: path } });
    }
    return {
      name: path,
      size: stat.isFile() ? stat.size : undefined,
      ...(stat.isFile() ? { modified: timestampFromMillis(stat.mtimeMs) } : {}),
      async *chunks() {
        const buffer = new Uint8Array(CHUNK_BYTES);
        try {
          for (;;) {
            const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
            if (bytesRead === 0) return;
            yield buffer.subarray(0, bytesRead);
          }
        } catch (error) {
          throw readFailure(path, error);
        } finally {
          await handle.close();
        }
      },
    };
  } catch (error) {
    throw readFailure(path, error);
  }
}

async function* readStandardInput(): AsyncIterable<Uint8Array> {
  const stream = fstatSync(0).isFile()
    ? createReadStream("", { fd: 0, autoClose: false, highWaterMark: CHUNK_BYTES })
    : process.stdin;
  for await (const chunk of stream) yield chunk as Uint8Array;
}

function readFailure(path: string, error: unknown): unknown {
  if (error instanceof TaplineError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return new TaplineError("input", `cannot be read (${REASONS[code] ?? code})`, {
    place: { file: path },
    cause: error,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  EISDIR: "it is a directory",
  EIO: "the device failed",
};

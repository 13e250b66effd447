import { finished, type Writable } from "node:stream";

/**
 * Writes to a stream and resolves when it takes more: the one way to wait for a reader that is slow. Whoever cannot wait
 * where it writes awaits `whenWritable` before it writes again.
 * @returns whether the system has all of it: the bytes may be used again then
 */
export async function writeToStream(stream: NodeJS.WritableStream, bytes: Uint8Array | string): Promise<boolean> {
  stream.write(bytes);
  await whenWritable(stream);
  return (stream as Writable).writableLength === 0;
}

/**
 * Resolves when the stream takes more: at once where it does, and also where it never will again (it was closed or
 * destroyed, or has failed; its `error` event says so to whoever listens). What the stream says is asked for, not what an
 * earlier `write` returned: it may have emptied since, and its `drain` is over then.
 */
export function whenWritable(stream: NodeJS.WritableStream): Promise<void> {
  const writable = stream as Writable;
  if (!isBlocked(writable)) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      writable.off("drain", settle);
      stopWatching();
      WAITING.set(writable, (WAITING.get(writable) ?? 1) - 1);
      resolve();
    };
    WAITING.set(writable, (WAITING.get(writable) ?? 0) + 1);
    writable.on("drain", settle);
    const stopWatching = finished(writable, { readable: false }, settle);
  });
}

/** Whether somebody but those who wait here, and as many others as named, listens for the stream's errors: whoever waits tells none. */
export function tellsErrors(stream: NodeJS.WritableStream, others: number): boolean {
  return stream.listenerCount("error") - (WAITING.get(stream as Writable) ?? 0) > others;
}

/** How many wait for a stream, each with a listener of its own. */
const WAITING = new WeakMap<Writable, number>();

function isBlocked(stream: Writable): boolean {
  return stream.writableNeedDrain === true && !stream.destroyed && !stream.writableEnded;
}

/** The most that one read gives, in bytes. */
export const READ_SIZE = 64 * 1024;

/**
 * All sockets read into this one buffer. libuv asks for the buffer right before `read(2)` and hands it out right after, all
 * within one call, and the relay copies what it keeps: so the buffer is free again before the next socket reads. 10 000 idle
 * connections hold 64 KiB in all, and what was just read is still in the processor's cache when it is written.
 *
 * Windows posts the buffer before data is there: a socket needs its own.
 */
const SHARED = Buffer.allocUnsafeSlow(READ_SIZE);

/** @param limit the most that one read may give, in bytes */
export function takeReadBuffer(limit = READ_SIZE): Buffer {
  const size = Math.max(1, Math.min(limit, READ_SIZE));
  return process.platform === "win32" ? Buffer.allocUnsafeSlow(size) : SHARED.subarray(0, size);
}

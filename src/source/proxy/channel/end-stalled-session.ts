import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** How long bytes may wait although the kernel takes everything, in milliseconds. */
const PATIENCE_MILLIS = 1000;

/**
 * Ends a TLS session that completes no write any more, as one that the peer has reset. Where a reset meets a record that TLS sends by
 * itself (the last flight of a handshake), Node reads a clean end, tells of no error and keeps every later write for ever, as if that
 * record were still under way (TLSWrap::EncOut, Node 20 to 24). To be called once its peer has ended.
 *
 * @param waiting how many bytes wait, and how often some were taken
 */
export function endStalledSession(
  socket: Socket,
  waiting: () => { readonly bytes: number; readonly taken: number },
): void {
  if (!(socket instanceof TLSSocket)) return;
  const before = waiting();
  const timer = setTimeout(() => {
    const now = waiting();
    if (socket.destroyed || now.bytes === 0) return;
    if (now.taken !== before.taken || !isKernelIdle(socket)) endStalledSession(socket, waiting);
    else socket.destroy(Object.assign(new Error("the peer reset the TLS session"), { code: "ECONNRESET" }));
  }, PATIENCE_MILLIS);
  socket.once("close", () => clearTimeout(timer));
}

/** A slow receiver leaves bytes with libuv; where Node does not show how many, nothing is concluded. */
function isKernelIdle(socket: TLSSocket): boolean {
  const { _handle: session } = socket as unknown as { _handle: { _parent?: { writeQueueSize?: number } } | null };
  return session?._parent?.writeQueueSize === 0;
}

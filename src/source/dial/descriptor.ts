import type { Socket } from "node:net";

/** The file descriptor of a connected socket, or -1 where the platform or the runtime does not show it. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd?: number } | null })._handle?.fd ?? -1;
}

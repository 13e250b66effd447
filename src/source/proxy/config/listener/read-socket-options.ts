import {
  type DocumentNode,
  MessageReader,
  noteWithoutEffect,
  reportRefusal,
} from "../../../../wire/config-document/index.ts";
import { SOCKET_OPTION } from "../fields/listener-fields.ts";

/**
 * Options that only tune a socket, by level and name (Linux): keepalive, buffers, delays, priorities. Others choose devices, marks
 * or addresses, and so where bytes go.
 */
const HARMLESS: Readonly<Record<number, readonly number[]>> = {
  // SOL_SOCKET: SO_REUSEADDR, SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_PRIORITY, SO_LINGER, SO_REUSEPORT, SO_BUSY_POLL, SO_INCOMING_CPU
  1: [2, 7, 8, 9, 12, 13, 15, 46, 49],
  // IPPROTO_IP: IP_TOS
  0: [1],
  // IPPROTO_IPV6: IPV6_TCLASS
  41: [67],
  // IPPROTO_TCP: all but TCP_REPAIR (19) and TCP_ULP (31)
  6: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 16, 17, 18, 23, 24, 25, 30, 36, 37],
};

/** Accepts `socket_options` that only tune, and says that they have no effect: Node cannot set them. Reports the others. */
export function checkSocketOptions(nodes: readonly DocumentNode[], owner: string): void {
  for (const node of nodes) {
    const message = new MessageReader(node, SOCKET_OPTION);
    const level = Number(message.integer("level", { least: 0n, most: 0x7fffffffn }) ?? 0n);
    const name = Number(message.integer("name", { least: 0n, most: 0x7fffffffn }) ?? 0n);
    if (HARMLESS[level]?.includes(name) === true) noteWithoutEffect(owner, "socket_options");
    else
      reportRefusal(
        node.place,
        `${owner}: the socket option with level ${level} and name ${name} is not supported`,
        "Node cannot set it, and it may change where bytes go: leave it out",
      );
  }
}

import type { OutgoingMessage } from "node:http";

/**
 * Sends a message's headers before there is a body. Node's own `flushHeaders` sends them in UTF-8, though each of their characters stands for
 * a byte: what is above 127 would be encoded once more.
 */
export function flushHead(message: OutgoingMessage): void {
  if (!message.writableEnded) message.write(NOTHING);
}

const NOTHING = Buffer.alloc(0);

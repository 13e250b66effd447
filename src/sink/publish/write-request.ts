import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { descriptorOf } from "../../source/dial/descriptor.ts";

export interface BackendRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Field lines, each with CRLF behind it; those of the body's framing are added. */
  readonly head: string;
  /** One byte a character. */
  readonly body?: string;
}

/**
 * In one write: to the descriptor where there is one and nothing waits before it, since the streams machinery takes as long as the rest
 * that is done for a report; what the kernel does not take at once waits in the stream.
 */
export function writeRequest(socket: Duplex, { method, path, head, body = "" }: BackendRequest): void {
  const framing = method === "GET" ? "" : `content-length: ${body.length}\r\n`;
  const lines = `${method} ${path} HTTP/1.1\r\n${head}${framing}\r\n`;
  const length = lines.length + body.length;
  const descriptor = length <= BUFFER.length ? plainDescriptorOf(socket) : -1;
  if (descriptor < 0) {
    socket.write(lines + body, "latin1");
    return;
  }
  BUFFER.write(lines, 0, "latin1");
  BUFFER.write(body, lines.length, "latin1");
  const taken = tryWrite(descriptor, length);
  if (taken instanceof Error) socket.destroy(taken);
  else if (taken < length) socket.write(Buffer.from(BUFFER.subarray(taken, length)));
}

/** The descriptor of a connection without TLS that has taken everything so far; else -1. */
function plainDescriptorOf(socket: Duplex): number {
  const isPlain = socket instanceof Socket && !(socket instanceof TLSSocket);
  return isPlain && !socket.destroyed && socket.writableLength === 0 ? descriptorOf(socket) : -1;
}

function tryWrite(descriptor: number, length: number): number | Error {
  try {
    return writeSync(descriptor, BUFFER, 0, length);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EAGAIN" ? 0 : (error as Error);
  }
}

/** Longer ones go through the stream. */
const BUFFER = Buffer.allocUnsafe(64 * 1024);

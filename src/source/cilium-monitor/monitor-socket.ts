import { connect, type Socket } from "node:net";
import { TaplineError } from "../../model/index.ts";

/** Where the agent listens (protocol 1.2). */
export const DEFAULT_MONITOR_SOCKET = "/var/run/cilium/monitor1_2.sock";

/** The reason why a path could not be connected to, in Go's words. */
export interface DialFailure {
  readonly path: string;
  readonly reason: string;
}

/**
 * Connects to the first of `paths` that takes it.
 * @throws TaplineError `connection`, with Cilium's text of all that were tried
 */
export async function connectMonitor(paths: readonly string[], signal: AbortSignal): Promise<Socket> {
  const failures: DialFailure[] = [];
  for (const path of paths) {
    try {
      return await dial(path, signal);
    } catch (error) {
      failures.push({ path, reason: reasonOf(error as NodeJS.ErrnoException) });
    }
  }
  const tried = failures.map(({ path, reason }) => `${path}: dial unix ${path}: connect: ${reason}`).join(",");
  throw new TaplineError("connection", `Cannot find or open a supported node-monitor socket. ${tried}`, {
    hint: "is the agent running, and may this user open its socket? (--monitor-socket, or --input for a recording)",
  });
}

function dial(path: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const stop = (): void => {
      socket.destroy();
      reject(new Error("interrupted"));
    };
    signal.addEventListener("abort", stop, { once: true });
    socket.once("error", (error) => {
      signal.removeEventListener("abort", stop);
      reject(error);
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", stop);
      resolve(socket);
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  ECONNREFUSED: "connection refused",
  ENOTSOCK: "socket operation on non-socket",
  ENOTDIR: "not a directory",
};

function reasonOf(error: NodeJS.ErrnoException): string {
  return REASONS[error.code ?? ""] ?? error.message;
}

/** The bytes of a connection until it ends or `signal` is raised; it is closed then. A reset is an end too. */
export async function* readMonitorSocket(socket: Socket, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const stop = (): void => {
    socket.destroy();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of socket) yield chunk as Uint8Array;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!signal.aborted && code !== "ECONNRESET" && code !== "ERR_STREAM_PREMATURE_CLOSE") throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}

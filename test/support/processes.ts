import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram } from "./needs.ts";

/** A program that was started for a test: what it wrote so far, and how to end it. */
export interface StartedProgram {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Sends `signal` (SIGTERM by default) and waits for the end, and for all that was written; SIGKILL after a minute. Gives the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a program with its standard output and error collected (at most 1 MiB of them). */
export function startProgram(
  command: string,
  args: readonly string[],
  { stdin = "ignore", ...options }: { cwd?: string; env?: NodeJS.ProcessEnv; stdin?: "ignore" | "pipe" } = {},
): StartedProgram {
  const child = spawn(findProgram(command) ?? command, args, { ...options, stdio: [stdin, "pipe", "pipe"] });
  let output = "";
  const closed = once(child, "close").catch(() => {});
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      if (output.length < 1024 * 1024) output += text;
    });
  }
  return {
    child,
    output: () => output,
    async stop(signal = "SIGTERM") {
      const isOver = child.exitCode !== null || child.signalCode !== null;
      const ended = isOver ? undefined : once(child, "exit");
      if (!isOver) child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
      await ended;
      clearTimeout(timer);
      // Its last words may not be read yet. A process of its own that lives on may keep the pipe open.
      await Promise.race([closed, delay(5000, undefined, { ref: false })]);
      return child.exitCode;
    },
  };
}

/** Waits until something accepts connections on 127.0.0.1:port; fails after `seconds`. */
export async function waitForPort(port: number, seconds = 120): Promise<void> {
  for (let attempt = 0; attempt < seconds * 20; attempt++) {
    const socket = createConnection({ host: "127.0.0.1", port });
    const open = await new Promise<boolean>((resolve) =>
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false)),
    );
    socket.destroy();
    if (open) return;
    await delay(50);
  }
  throw new Error(`nothing listens on port ${port} after ${seconds} s`);
}

/**
 * `count` ports on loopback for programs that a test starts. They lie below those that the system gives away itself (to listeners on port 0
 * and to clients), so that none of these takes one before the program has it; and while this process lives no other test is given them:
 * a UDP socket on a loopback address that nothing else uses holds each.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tries = 0; ports.length < count; tries++) {
    if (tries >= 1000) throw new Error(`no ${count} free ports among ${FIRST_PORT} to ${LAST_PORT}`);
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if ((await reserve(port)) && (await isFree(port))) ports.push(port);
  }
  return ports;
}

const FIRST_PORT = 12_000;
/** Linux gives away 32768 and up (ip_local_port_range). */
const LAST_PORT = 32_700;
const RESERVING_ADDRESS = "127.77.0.1";

async function reserve(port: number): Promise<boolean> {
  const socket = createSocket("udp4").unref();
  socket.bind({ port, address: RESERVING_ADDRESS, exclusive: true });
  try {
    await once(socket, "listening");
    return true;
  } catch {
    socket.close();
    return false;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen({ port, host: "0.0.0.0", exclusive: true });
  try {
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

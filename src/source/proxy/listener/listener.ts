import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Endpoint, formatEndpoint, type SocketClosed, TaplineError } from "../../../model/index.ts";
import { pipePath } from "../../dial/connect-options.ts";
import { LISTEN_BACKLOG } from "../../listen-backlog.ts";
import { ACCEPT_OPTIONS } from "../channel/socket-channel.ts";
import { DescriptorLimit } from "./descriptor-limit.ts";
import type { ListenerRuntime } from "./listener-runtime.ts";
import { Session } from "./session.ts";

/** How often idle connections are looked for: this part of the timeout, within these bounds. */
const IDLE_CHECKS_PER_TIMEOUT = 10;
const MIN_IDLE_CHECK_MILLIS = 20;
const MAX_IDLE_CHECK_MILLIS = 5000;

/** A listening socket and the sessions of the connections that it accepted. */
export class Listener {
  /** The run-time configuration of new connections; may be replaced while the listener runs. */
  current: ListenerRuntime;
  readonly #server: Server;
  readonly #sessions = new Set<Session>();
  readonly #descriptorLimit = new DescriptorLimit();
  readonly #onIdle: () => void;
  #address: Endpoint;
  #accepting = false;

  /** @param onIdle is called whenever the last session has ended */
  constructor(runtime: ListenerRuntime, onIdle: () => void) {
    this.current = runtime;
    this.#address = runtime.config.address;
    this.#onIdle = onIdle;
    this.#server = createServer(ACCEPT_OPTIONS, (socket) => this.#accept(socket));
  }

  /** Where it listens: as configured, with the port that the system chose where that was 0. */
  get address(): Endpoint {
    return this.#address;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /**
   * @param reusePort lets several processes listen on the same port; the kernel spreads the connections over them
   * @throws TaplineError `configuration` when the address cannot be listened on
   */
  async listen(reusePort = false): Promise<void> {
    const { address, backlog = LISTEN_BACKLOG, pipeMode, place } = this.current.config;
    if (address.kind === "pipe") await removeStaleSocket(address.path);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) =>
        reject(
          new TaplineError("configuration", `cannot listen on ${formatEndpoint(address)}: ${error.message}`, {
            place,
            hint: hintFor(error),
            cause: error,
          }),
        ),
      );
      this.#server.listen(
        {
          backlog,
          ...(address.kind === "pipe"
            ? { path: pipePath(address.path) }
            : { host: address.address, port: address.port, reusePort }),
        },
        resolve,
      );
    });
    this.#server.removeAllListeners("error").on("error", (error) => this.#acceptFailed(error));
    if (address.kind === "pipe" && pipeMode !== undefined) chmodSync(address.path, pipeMode);
    const bound = this.#server.address();
    if (bound !== null && typeof bound === "object")
      this.#address = { kind: "ip", address: bound.address, port: bound.port };
    this.#accepting = true;
    this.#scheduleIdleCheck();
    this.current.runtime.ownAddresses.add(this.#address);
  }

  /** Takes no more connections; those that are there go on. */
  stopAccepting(): void {
    if (!this.#accepting) return;
    this.#accepting = false;
    this.#server.close();
    this.current.retire();
    this.current.runtime.ownAddresses.remove(this.#address);
  }

  abort(how: SocketClosed["how"]): void {
    for (const session of this.#sessions) session.abort(how);
  }

  #accept(socket: Socket): void {
    const runtime = this.current;
    runtime.counter("downstream_cx_total").value++;
    if (this.#descriptorLimit.isReachedBy(socket)) {
      this.#turnAway(socket);
      return;
    }
    const active = runtime.counter("downstream_cx_active");
    active.value++;
    const session = new Session(runtime, socket, () => {
      active.value--;
      this.#sessions.delete(session);
      if (this.#sessions.size === 0) this.#onIdle();
    });
    this.#sessions.add(session);
    void session.run();
  }

  #scheduleIdleCheck(): void {
    if (!this.#accepting && this.#sessions.size === 0) return;
    const idleTimeoutMillis = this.current.shortestIdleMillis;
    const wanted = idleTimeoutMillis === 0 ? MAX_IDLE_CHECK_MILLIS : idleTimeoutMillis / IDLE_CHECKS_PER_TIMEOUT;
    const period = Math.min(MAX_IDLE_CHECK_MILLIS, Math.max(MIN_IDLE_CHECK_MILLIS, wanted));
    setTimeout(() => {
      const now = performance.now();
      for (const session of this.#sessions) session.checkIdle(now);
      this.#scheduleIdleCheck();
    }, period).unref();
  }

  #acceptFailed(error: NodeJS.ErrnoException): void {
    this.current.counter("downstream_cx_accept_failed").value++;
    this.current.runtime.sparseLog.warn(
      { listener: this.current.config.name, error: error.message },
      "a connection could not be accepted",
    );
  }

  #turnAway(socket: Socket): void {
    this.current.counter("downstream_cx_overflow").value++;
    this.current.runtime.sparseLog.warn(
      { listener: this.current.config.name, limit: this.#descriptorLimit.highest },
      "a connection was turned away: file descriptors are running out (raise ulimit -n)",
    );
    socket.on("error", () => {}).destroy();
  }
}

/** A socket file that nobody listens on any more is in the way, and left over from a process that was killed. */
async function removeStaleSocket(path: string): Promise<void> {
  if (path.startsWith("@") || !lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  const inUse = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
  if (!inUse) unlinkSync(path);
}

function hintFor({ code }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return "another process listens there; choose another port, or 0 for any free one";
  if (code === "EACCES") return "ports below 1024 and foreign folders need the right to use them";
  if (code === "EADDRNOTAVAIL") return "this machine has no such address";
  return "check the address";
}

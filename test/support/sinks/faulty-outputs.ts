import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Writable } from "node:stream";
import type { TestContext } from "node:test";
import type { Fault } from "./sink-case.ts";

/** A stream whose writes fail, or stay under way until it is healed. */
export class FaultyStream extends Writable {
  readonly #held: (() => void)[] = [];
  #fault: Fault;

  constructor(fault: Fault) {
    super({ highWaterMark: 1024 });
    this.#fault = fault;
    this.on("error", () => {});
  }

  override _write(_chunk: unknown, _encoding: string, done: (error?: Error) => void): void {
    if (this.#fault === "fails") done(Object.assign(new Error("made up"), { code: "EPIPE" }));
    else if (this.#fault === "slow") this.#held.push(done);
    else done();
  }

  readonly heal = (): void => {
    this.#fault = "closed";
    for (const done of this.#held.splice(0)) done();
  };
}

/** A server of HTTP that resets every connection that asks, or answers nothing until it is healed. */
export async function startFaultyBackend(fault: Fault, context: TestContext) {
  const held: (() => void)[] = [];
  let isSlow = fault === "slow";
  const server = createHttpServer((request, response) => {
    request.resume();
    if (fault === "fails") request.socket.destroy();
    else if (isSlow) held.push(() => response.end());
    else response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const heal = (): void => {
    isSlow = false;
    for (const answer of held.splice(0)) answer();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heal };
}

/** A server that resets every connection, or takes them and never says anything. */
export async function startFaultyPeer(fault: Fault, context: TestContext): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    if (fault === "fails") socket.resetAndDestroy();
    else sockets.push(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A promise that fails, or resolves once `heal` was called. */
export function faultyTask(fault: Fault) {
  const held: (() => void)[] = [];
  let isSlow = fault === "slow";
  return {
    run: async (): Promise<void> => {
      if (fault === "fails") throw new Error("made up");
      if (isSlow) await new Promise<void>((resolve) => held.push(resolve));
    },
    heal: (): void => {
      isSlow = false;
      for (const resolve of held.splice(0)) resolve();
    },
  };
}

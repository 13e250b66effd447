import type { Server } from "node:http";
import type { ChannelDuplex } from "../channel-duplex.ts";
import type { HttpSession } from "./http-session.ts";
import { createHttp1Server, type Http1Client } from "./serve-http1.ts";

/** Node's server of HTTP/1, one for each router; it never listens. */
export class HttpServers {
  #server: Server | undefined;
  readonly #clients = new WeakMap<object, Http1Client>();

  serve(connection: HttpSession, stream: ChannelDuplex): void {
    this.#clients.set(stream, { session: connection, isClosing: false });
    this.#server ??= createHttp1Server(connection.settings, (socket) => this.#clients.get(socket)!);
    this.#server.emit("connection", stream);
  }
}

import type { Server } from "node:http";
import type { ChannelDuplex } from "./channel-duplex.ts";
import type { HttpSession } from "./http-session.ts";
import { createHttp1Server } from "./serve-http1.ts";

/** Node's server of HTTP/1, one for each router; it never listens. */
export class HttpServers {
  #server: Server | undefined;
  readonly #connections = new WeakMap<object, HttpSession>();

  serve(connection: HttpSession, stream: ChannelDuplex): void {
    this.#connections.set(stream, connection);
    this.#server ??= createHttp1Server(connection.settings, (socket) => this.#connections.get(socket)!);
    this.#server.emit("connection", stream);
  }
}

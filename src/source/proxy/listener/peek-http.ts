import type { Socket } from "node:net";
import { timerMillis } from "../../../model/index.ts";
import type { HttpProtocol } from "../../dial/cluster-config.ts";
import { tellHttp } from "../local-reply/tell-http.ts";

/**
 * Waits for a client's first bytes on a paused socket, tells which HTTP they are and puts them back.
 *
 * @returns undefined where the client ended, went away, or said nothing for `timeoutMillis` (0 waits on)
 */
export function peekHttp(socket: Socket, timeoutMillis: number): Promise<HttpProtocol | undefined> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const finish = () => {
      clearTimeout(timer);
      socket.off("readable", onReadable).off("error", finish).off("close", finish).pause();
      if (received.length > 0 && !socket.destroyed) socket.unshift(received);
      resolve(received.length === 0 ? undefined : (tellHttp(received) ?? "http/1.1"));
    };
    const onReadable = () => {
      // Nothing to read is the end: it is left to who reads next.
      if (socket.readableLength === 0) return finish();
      received = Buffer.concat([received, socket.read() as Buffer]);
      if (tellHttp(received) !== undefined) finish();
    };
    const timer = timeoutMillis === 0 ? undefined : setTimeout(finish, timerMillis(timeoutMillis));
    socket.on("readable", onReadable).on("error", finish).on("close", finish);
  });
}

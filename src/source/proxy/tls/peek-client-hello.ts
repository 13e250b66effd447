import type { Socket } from "node:net";
import { timerMillis } from "../../../model/index.ts";
import { type ClientHello, MAX_CLIENT_HELLO, parseClientHello } from "./client-hello.ts";

/**
 * Waits for the ClientHello on a paused socket and puts its bytes back: the handshake that follows reads them again.
 *
 * @returns undefined when something else came; the handshake then fails for the client in the usual way
 * @throws when the client goes away, or says nothing for `timeoutMillis`
 */
export function peekClientHello(socket: Socket, timeoutMillis: number): Promise<ClientHello | undefined> {
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      socket.off("data", onData).off("end", onEnd).off("error", onError).off("close", onEnd).pause();
      if (received.length > 0 && !socket.destroyed) socket.unshift(Buffer.concat(received));
      settle();
    };
    const onData = (bytes: Buffer) => {
      received.push(bytes);
      const whole = Buffer.concat(received);
      const hello = parseClientHello(whole);
      if (hello === "incomplete" && whole.length <= MAX_CLIENT_HELLO + 5 * 1024) return;
      finish(() => resolve(typeof hello === "string" ? undefined : hello));
    };
    const onEnd = () => finish(() => reject(new Error("the client closed before its TLS handshake")));
    const onError = (error: Error) => finish(() => reject(error));
    const onTimeout = () => finish(() => reject(new Error(`no TLS handshake within ${timeoutMillis} ms`)));
    const timer = setTimeout(onTimeout, timerMillis(timeoutMillis));
    socket.on("data", onData).on("end", onEnd).on("error", onError).on("close", onEnd).resume();
  });
}

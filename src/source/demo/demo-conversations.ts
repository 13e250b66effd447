import { request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import type { IpEndpoint } from "../../model/index.ts";
import { grpcMessage } from "./demo-grpc.ts";
import { dnsQuestion, redisCommand } from "./demo-lines.ts";
import { maskedFrame } from "./demo-websocket.ts";

/** Milliseconds after which a conversation is given up. */
const PATIENCE_MILLIS = 5000;

/** Says things one after the other, each when something has come back; resolves at the end. Never rejects. */
export function converse({ address, port }: IpEndpoint, says: readonly (string | Buffer)[]): Promise<void> {
  return new Promise((resolve) => {
    const rest = [...says];
    const socket = connect({ host: address, port });
    const next = (): void => {
      const said = rest.shift();
      if (said === undefined) socket.end();
      else socket.write(said);
    };
    socket.setTimeout(PATIENCE_MILLIS, () => socket.destroy());
    socket
      .on("connect", next)
      .on("data", next)
      .on("error", () => {})
      .on("close", () => resolve());
  });
}

export function talkRedis(target: IpEndpoint): Promise<void> {
  return converse(target, [
    redisCommand("SET", "cart:17", "apples"),
    redisCommand("GET", "cart:17"),
    redisCommand("GET", "cart:18"),
    redisCommand("FLY", "away"),
  ]);
}

export function talkDns(target: IpEndpoint): Promise<void> {
  return converse(target, [dnsQuestion("shop.example", 17), dnsQuestion("nowhere.example", 18)]);
}

export function talkWebSocket({ address, port }: IpEndpoint): Promise<void> {
  return new Promise((resolve) => {
    const headers = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const asked = request({ host: address, port, path: "/chat", headers });
    asked.on("error", () => resolve()).on("response", (response) => response.resume().on("close", resolve));
    asked.on("upgrade", (_, socket) => {
      const says = [maskedFrame(1, "hello"), maskedFrame(1, '{"order":"a tap"}'), maskedFrame(8, "")];
      const next = (): void => {
        const said = says.shift();
        if (said === undefined) socket.end();
        else socket.write(said);
      };
      socket
        .on("data", next)
        .on("error", () => {})
        .on("close", () => resolve());
      next();
    });
    asked.end();
  });
}

export function callGrpc({ address, port }: IpEndpoint): Promise<void> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://${address}:${port}`);
    const timer = setTimeout(() => session.destroy(), PATIENCE_MILLIS);
    session
      .on("error", () => {})
      .on("close", () => {
        clearTimeout(timer);
        resolve();
      });
    let open = 2;
    for (const method of ["Watch", "Lose"]) {
      const stream = session.request({
        ":method": "POST",
        ":path": `/demo.Cart/${method}`,
        "content-type": "application/grpc",
        te: "trailers",
      });
      stream
        .on("error", () => {})
        .on("close", () => {
          if (--open === 0) session.close();
        });
      stream.resume().end(grpcMessage("cart 17"));
    }
  });
}

import { Agent, request as httpRequest } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";

/** A request of a script. */
export interface Asked {
  readonly id: string;
  readonly http: 1 | 2;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Parts of the body, as they are written. */
  readonly body?: readonly Uint8Array[];
  readonly trailers?: Readonly<Record<string, string>>;
  /** Gives the exchange up: when what there is of the body was written, or once the response has begun. */
  readonly abort?: "request" | "response";
}

/** The answer as the client saw it. */
export interface Seen {
  readonly status?: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, unknown>>;
  /** It did not end as it should. */
  readonly isBroken: boolean;
}

/** Sends requests to one port, over kept connections. */
export class ExchangeClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 20 });
  #session: ClientHttp2Session | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  send(asked: Asked): Promise<Seen> {
    return asked.http === 1 ? this.#sendHttp1(asked) : this.#sendHttp2(asked);
  }

  close(): void {
    this.#agent.destroy();
    this.#session?.destroy();
  }

  #sendHttp1({ id, path, method = "POST", headers = {}, body = [], trailers, abort }: Asked): Promise<Seen> {
    return new Promise((resolve) => {
      const fields = { ...headers, "x-request-id": id, host: "shop.example.com" };
      const request = httpRequest({
        host: "127.0.0.1",
        port: this.#port,
        path,
        method,
        headers: fields,
        agent: this.#agent,
      });
      const parts: Buffer[] = [];
      let seen: Partial<Seen> = {};
      const end = (isBroken: boolean): void =>
        resolve({ headers: {}, trailers: {}, ...seen, body: Buffer.concat(parts), isBroken });
      request.on("error", () => end(true));
      request.on("response", (response) => {
        seen = { status: response.statusCode!, headers: response.headers };
        if (abort === "response") request.destroy();
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", () => {});
        response.on("close", () => {
          seen = { ...seen, trailers: response.trailers };
          end(!response.complete);
        });
      });
      if (trailers !== undefined) request.setHeader("trailer", Object.keys(trailers).join(", "));
      if (abort === "request") {
        request.write(Buffer.concat(body), () => setTimeout(() => request.destroy(), 30));
        return;
      }
      for (const part of body) request.write(part);
      if (trailers !== undefined) request.addTrailers(trailers);
      request.end();
    });
  }

  #sendHttp2({ id, path, method = "POST", headers = {}, body = [], trailers, abort }: Asked): Promise<Seen> {
    if (this.#session === undefined || this.#session.destroyed || this.#session.closed) {
      this.#session = connect(`http://127.0.0.1:${this.#port}`);
      this.#session.on("error", () => {});
    }
    return new Promise((resolve) => {
      const stream = this.#session!.request(
        { ...headers, ":method": method, ":path": path, ":authority": "shop.example.com", "x-request-id": id },
        {
          endStream: body.length === 0 && trailers === undefined && abort !== "request",
          waitForTrailers: trailers !== undefined,
        },
      );
      const parts: Buffer[] = [];
      let seen: Partial<Seen> = {};
      let isEnded = false;
      stream.on("wantTrailers", () => stream.sendTrailers(trailers!));
      stream.on("response", (fields) => {
        seen = { ...seen, status: fields[":status"]!, headers: { ...fields } };
        if (abort === "response") stream.close(constants.NGHTTP2_CANCEL);
      });
      stream.on("trailers", (fields) => {
        seen = { ...seen, trailers: { ...fields } };
      });
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        isEnded = true;
      });
      stream.on("error", () => {});
      stream.on("close", () =>
        resolve({
          headers: {},
          trailers: {},
          ...seen,
          body: Buffer.concat(parts),
          isBroken: !isEnded || stream.rstCode !== 0,
        }),
      );
      if (body.length === 0 && trailers === undefined && abort === undefined) return;
      if (abort === "request") {
        stream.write(Buffer.concat(body), () => setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 30));
        return;
      }
      for (const part of body) stream.write(part);
      stream.end();
    });
  }
}

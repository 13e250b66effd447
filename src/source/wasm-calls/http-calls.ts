import { Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps, Agent as TlsAgent } from "node:https";
import type { CallAnswer, CallClient, OutgoingCall, Pair } from "../../wasm-host/index.ts";

/** Told of each call when it has ended: with its answer, or the reason why there is none. */
export type CallObserver = (call: OutgoingCall, end: CallEnd) => void;

export interface CallEnd {
  readonly status?: number;
  readonly problem?: string;
  readonly millis: number;
}

/** Makes the calls of filters over HTTP/1.1, to the URL that stands for each cluster. An answer of more than 16 MiB is none. */
export class HttpCalls implements CallClient {
  readonly #clusters: ReadonlyMap<string, URL>;
  readonly #observer: CallObserver;
  readonly #agents = { "http:": new Agent({ keepAlive: true }), "https:": new TlsAgent({ keepAlive: true }) };

  constructor(clusters: ReadonlyMap<string, URL>, observer: CallObserver = () => {}) {
    this.#clusters = clusters;
    this.#observer = observer;
  }

  has(cluster: string): boolean {
    return this.#clusters.has(cluster);
  }

  start(call: OutgoingCall, done: (answer: CallAnswer | undefined) => void): () => void {
    const started = performance.now();
    let isOver = false;
    const end = (answer: CallAnswer | undefined, facts: Omit<CallEnd, "millis">): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.#observer(call, { ...facts, millis: performance.now() - started });
      done(answer);
    };
    const fail = (error: NodeJS.ErrnoException): void => end(undefined, { problem: error.code ?? error.message });
    let request: ClientRequest | undefined;
    const timer =
      call.timeoutMillis === 0
        ? undefined
        : setTimeout(() => request?.destroy(new Error("timeout")), call.timeoutMillis);
    // Node throws at wrong headers: a filter hears of it as of any other failure.
    setImmediate(() => {
      if (isOver) return;
      try {
        request = this.#request(call);
        request.on("error", fail);
        request.on("response", (response) => readAnswer(response, fail, (answer) => end(answer, statusOf(answer))));
        request.end(call.body);
      } catch (error) {
        fail(error as NodeJS.ErrnoException);
      }
    });
    return () => {
      isOver = true;
      clearTimeout(timer);
      request?.destroy();
    };
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #request({ cluster, headers, body }: OutgoingCall): ClientRequest {
    const url = this.#clusters.get(cluster)!;
    const find = (name: string): string => headers.find(([key]) => key === name)?.[1] ?? "";
    const fields = headers.filter(([name]) => !name.startsWith(":") && name !== "content-length");
    const isTls = url.protocol === "https:";
    return (isTls ? requestHttps : requestHttp)({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? (isTls ? 443 : 80) : url.port,
      agent: this.#agents[isTls ? "https:" : "http:"],
      method: find(":method"),
      path: find(":path"),
      setHost: false,
      headers: [["host", find(":authority")], ...fields, ["content-length", String(body.length)]].flat(),
    });
  }
}

const MAX_ANSWER = 16 * 1024 * 1024;

function readAnswer(response: IncomingMessage, fail: (error: Error) => void, done: (answer: CallAnswer) => void): void {
  const parts: Buffer[] = [];
  let size = 0;
  response.on("error", fail);
  response.on("data", (part: Buffer) => {
    size += part.length;
    if (size > MAX_ANSWER) response.destroy(new Error("the answer is too large"));
    else parts.push(part);
  });
  response.on("end", () =>
    done({
      headers: [[":status", String(response.statusCode)], ...pairsOf(response.rawHeaders)],
      body: Buffer.concat(parts),
      trailers: pairsOf(response.rawTrailers),
    }),
  );
}

function pairsOf(raw: readonly string[]): Pair[] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!.toLowerCase(), raw[2 * at + 1]!]);
}

function statusOf({ headers }: CallAnswer): { status: number } {
  return { status: Number(headers[0]![1]) };
}

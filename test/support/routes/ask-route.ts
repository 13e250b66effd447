import { createServer, request as requestHttp1 } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import type { RouteRequest } from "./generate-routes.ts";

/** An answer as a client sees it, in a form that two proxies can be compared by. */
export interface RouteAnswer {
  readonly status: number | string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly trailers: readonly string[];
}

/** Differences that docs/configuration.md names: these headers are not compared, or only that they are there. */
const UNLIKE = new Set(["date", "server", "connection", "keep-alive"]);
const BY_PRESENCE = new Set(["x-request-id", "x-envoy-upstream-service-time"]);

export async function ask(port: number, asked: RouteRequest): Promise<RouteAnswer> {
  const answer = asked.protocol === "h2" ? await askHttp2(port, asked) : await askHttp1(port, asked);
  return {
    ...answer,
    headers: tidy(answer.headers, port),
    body: answer.body.replaceAll(`:${port}`, ":PORT").replaceAll(`x-forwarded-port: ${port}`, "x-forwarded-port: PORT"),
    trailers: tidy(answer.trailers, port),
  };
}

function tidy(headers: readonly string[], port: number): string[] {
  return headers
    .filter((line) => !UNLIKE.has(line.split(": ")[0]!))
    .map((line) =>
      BY_PRESENCE.has(line.split(": ")[0]!) ? `${line.split(": ")[0]}: …` : line.replaceAll(`:${port}`, ":PORT"),
    )
    .sort();
}

const lines = (raw: readonly string[]) =>
  raw.flatMap((name, at) => (at % 2 === 0 && !name.startsWith(":") ? [`${name.toLowerCase()}: ${raw[at + 1]}`] : []));

function askHttp1(port: number, { method, path, headers, body, trailers }: RouteRequest): Promise<RouteAnswer> {
  return new Promise((resolve) => {
    const request = requestHttp1({ port, host: "127.0.0.1", method, path, setHost: false, agent: false });
    for (const [name, value] of headers) request.setHeader(name, value);
    if (trailers.length > 0) request.setHeader("transfer-encoding", "chunked");
    const fail = (error: Error & { code?: string }) =>
      resolve({ status: `broken ${error.code ?? error.message}`, headers: [], body: "", trailers: [] });
    request.on("error", fail).setTimeout(20_000, () => request.destroy(new Error("no answer")));
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("latin1").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", fail).on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: lines(response.rawHeaders).filter((line) => !line.startsWith("transfer-encoding")),
          body: text,
          trailers: lines(response.rawTrailers),
        }),
      );
    });
    if (trailers.length > 0) request.addTrailers(trailers as [string, string][]);
    request.end(body);
  });
}

function askHttp2(port: number, { method, path, headers, body, trailers }: RouteRequest): Promise<RouteAnswer> {
  return new Promise((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    const finish = (answer: RouteAnswer) => {
      session.destroy();
      resolve(answer);
    };
    const fail = (error: Error & { code?: string }) =>
      finish({ status: `broken ${error.code ?? error.message}`, headers: [], body: "", trailers: [] });
    session.on("error", fail);
    const host = headers.find(([name]) => name === "host")![1];
    const object = Object.fromEntries(headers.filter(([name]) => name !== "host"));
    const isBodiless = body === "" && trailers.length === 0;
    const stream = session.request(
      { ":method": method, ":path": path, ":authority": host, ...object },
      { endStream: isBodiless, waitForTrailers: trailers.length > 0 },
    );
    let [status, text] = [0, ""];
    let [head, tail]: [string[], string[]] = [[], []];
    stream.on("wantTrailers", () => stream.sendTrailers(Object.fromEntries(trailers)));
    stream.on("response", (received, _flags, raw?: string[]) => {
      status = Number(received[":status"]);
      head = lines(raw ?? []);
    });
    stream.on("trailers", (_received, _flags, raw?: string[]) => {
      tail = lines(raw ?? []);
    });
    stream.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    stream.on("error", fail).on("end", () => finish({ status, headers: head, body: text, trailers: tail }));
    stream.setTimeout(20_000, () => fail(new Error("no answer")));
    if (!isBodiless) stream.end(body);
  });
}

type Asked = {
  method?: string | undefined;
  url?: string | undefined;
  httpVersion: string;
  rawHeaders: string[];
  rawTrailers: string[];
};

/** A backend that tells what it was asked, and answers as `x-want-…` asks. @param name is in its answers */
export function createBackend(name: string, protocol: "http/1.1" | "h2") {
  const answer = (
    request: Asked & NodeJS.ReadableStream,
    response: {
      writeHead: (status: number, headers: Record<string, string>) => unknown;
      addTrailers: (trailers: Record<string, string>) => unknown;
      end: (body?: string) => unknown;
    },
  ) => {
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
    });
    request.on("end", () => {
      const headers = lines(request.rawHeaders);
      const want = (what: string) => headers.find((line) => line.startsWith(`x-want-${what}: `))?.split(": ")[1];
      const seen = {
        backend: name,
        version: request.httpVersion,
        method: request.method,
        path: request.url,
        authority:
          protocol === "h2"
            ? request.rawHeaders[request.rawHeaders.indexOf(":authority") + 1]
            : headers.find((line) => line.startsWith("host: "))?.slice(6),
        headers: headers
          .filter((line) => !/^(host|connection|transfer-encoding): /.test(line))
          .map((line) => line.replace(/^(x-request-id): .*/, "$1: …"))
          .sort(),
        trailers: lines(request.rawTrailers),
        size,
      };
      const status = Number(want("status") ?? 200);
      // Node throws where trailers are announced of a message that has no body.
      const hasTrailers = want("trailers") !== undefined && status === 200 && request.method !== "HEAD";
      setTimeout(
        () => {
          response.writeHead(status, {
            "x-backend": name,
            "content-type": "text/plain",
            ...(hasTrailers && protocol === "http/1.1" && { trailer: "x-t" }),
          });
          if (hasTrailers) response.addTrailers({ "x-t": "trailer" });
          response.end(status === 204 || status === 304 ? undefined : JSON.stringify(seen));
        },
        Number(want("delay") ?? 0),
      );
    });
  };
  const server = protocol === "h2" ? createHttp2Server(answer as never) : createServer(answer as never);
  return server.listen(0, "127.0.0.1");
}

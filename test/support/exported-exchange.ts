/**
 * One exchange, as it is reported by both exporters: the filter in its host is shown its parts, and the proxy in this process reads its bytes from
 * a connection. Whatever the service and the client got is the bytes that the other one sent.
 */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import type { FilterModule, Pair } from "../../src/wasm-host/index.ts";
import { writeHttpBootstrap } from "./http-bootstrap.ts";
import { startTapped, type TappedHarness } from "./http-tap-harness.ts";
import { dial, startService, until } from "./proxy-harness.ts";
import { startTraceBackend, type TraceBackend } from "./trace-backend.ts";
import { FilterRun, IGNORED } from "./wasm/filter-run.ts";

export interface ExportedExchange {
  readonly method?: string;
  readonly path?: string;
  readonly requestHeaders?: readonly Pair[];
  /** Its parts: chunks, each written by itself. Absent: none, and no header that tells of one. */
  readonly requestBody?: readonly Uint8Array[];
  readonly status?: number;
  readonly responseHeaders?: readonly Pair[];
  readonly responseBody?: readonly Uint8Array[];
  /** The service breaks off instead of answering, or in the middle of its body. */
  readonly breaksOff?: "before" | "body";
}

// biome-ignore lint/suspicious/noExplicitAny: a document of one of two formats, whose fields the tests name
export type ReportDocument = any;

const HOST = "shop.example.com:8080";
const EXPORTER = "type.googleapis.com/tapline.filters.http.trace_exporter.v1.TraceExporter";

/** The filter's report of it. */
export function reportOfFilter(
  filter: FilterModule,
  exchange: ExportedExchange,
  configuration: object,
): ReportDocument {
  const { method = "GET", path = "/", status = 200, breaksOff } = exchange;
  const run = new FilterRun(filter, configuration);
  const stream = run.plugin.openStream({ output: IGNORED });
  const { requestBody = [], responseBody = [] } = exchange;
  const fields = (headers: readonly Pair[]) => headers.map(([name, value]): Pair => [name.toLowerCase(), value]);
  const request: Pair[] = [
    [":authority", HOST],
    [":path", path],
    [":method", method],
    [":scheme", "http"],
    ...fields(requestFields(exchange)),
  ];
  stream.requestHeaders(request, requestBody.length === 0);
  for (const part of requestBody) stream.requestBody(part, false);
  if (requestBody.length > 0) stream.requestBody(new Uint8Array(0), true);
  if (breaksOff !== "before") {
    stream.responseHeaders(
      [[":status", String(status)], ...fields(responseFields(exchange))],
      responseBody.length === 0,
    );
    for (const part of responseBody) stream.responseBody(part, false);
    if (responseBody.length > 0 && breaksOff === undefined) stream.responseBody(new Uint8Array(0), true);
  }
  stream.close();
  assert.deepEqual([run.calls.length, run.errors(), run.plugin.machine.contexts], [1, [], 1]);
  return JSON.parse(Buffer.from(run.calls[0]!.body).toString());
}

export interface ExportingOptions {
  /** Makes another bootstrap of the one that there is. */
  readonly edit?: (bootstrap: string) => string;
  /** The backend's answer to a request; default 200. */
  readonly answer?: Parameters<typeof startTraceBackend>[0];
}

/** A proxy in this process whose exporter has these fields (YAML flow entries), with a service and a backend. */
export class ExportingProxy {
  readonly backend: TraceBackend;
  readonly harness: TappedHarness;
  readonly #service: Awaited<ReturnType<typeof startService>>;
  #serve: (socket: Socket) => void = (socket) => socket.destroy();

  private constructor(
    backend: TraceBackend,
    harness: TappedHarness,
    service: Awaited<ReturnType<typeof startService>>,
  ) {
    [this.backend, this.harness, this.#service] = [backend, harness, service];
  }

  static async start(
    fields: string,
    { edit = (text) => text, answer }: ExportingOptions = {},
  ): Promise<ExportingProxy> {
    let proxy: ExportingProxy | undefined;
    const service = await startService((socket) => proxy!.#serve(socket));
    const backend = await startTraceBackend(answer);
    const typed = `{ "@type": ${EXPORTER}, backend: "http://127.0.0.1:${backend.port}", ${fields} }`;
    const filter = `{ name: exporter, typed_config: ${typed} }, `;
    const text = writeHttpBootstrap(service.port, []).replace("http_filters: [ ", `http_filters: [ ${filter}`);
    proxy = new ExportingProxy(backend, await startTapped(edit(text)), service);
    return proxy;
  }

  /** The reports that came. */
  get documents(): ReportDocument[] {
    return this.backend.posted.map(({ body }) => JSON.parse(String(body)));
  }

  /** Reports, once so many have come. */
  async received(count: number): Promise<ReportDocument[]> {
    await until(
      () => this.backend.posted.length >= count,
      () => `${count} reports come, ${this.backend.posted.length} came`,
    );
    return this.documents;
  }

  /** Does this with each connection to the service. */
  serve(serve: (socket: Socket) => void): void {
    this.#serve = serve;
  }

  /** @param millis that reports are waited for which were not taken yet */
  async stop(millis = 10_000): Promise<void> {
    await this.harness.tapped.exporters.close(millis);
    this.#service.stop();
    await until(() => this.harness.tapped.proxy.connectionCount === 0, "its connections are over");
    await this.harness.stop();
    await this.backend.close();
  }

  /**
   * Has it pass on a connection of its own. @returns its report
   * @param cut makes pieces of what is written; each is written by itself
   */
  async report(exchange: ExportedExchange, cut: (bytes: Uint8Array) => readonly Uint8Array[]): Promise<ReportDocument> {
    const before = this.backend.posted.length;
    await this.#pass(exchange, cut);
    await until(() => this.backend.posted.length > before, "the report comes");
    assert.equal(this.backend.posted.length, before + 1);
    return JSON.parse(String(this.backend.posted[before]!.body));
  }

  /** Has it pass so many times, one after the other, and waits until the exporter was told of all. */
  async pass(exchange: ExportedExchange, times: number): Promise<void> {
    const book = this.harness.tapped.ledger.book("published");
    const before = book.entered;
    for (let at = 0; at < times; at++) await this.#pass(exchange, (bytes) => [bytes]);
    await until(() => book.entered === before + times, "the exporter is told of them");
  }

  async #pass(exchange: ExportedExchange, cut: (bytes: Uint8Array) => readonly Uint8Array[]): Promise<void> {
    const request = requestBytes(exchange);
    const response = responseBytes(exchange);
    const served = new Promise<Buffer>((resolve) => {
      this.#serve = (socket) => {
        const parts: Buffer[] = [];
        socket.on("data", async (part: Buffer) => {
          parts.push(part);
          const received = Buffer.concat(parts);
          if (received.length < request.length) return;
          resolve(received);
          if (exchange.breaksOff === "before") return void socket.destroy();
          await writeAll(socket, cut(response));
          socket.end();
        });
      };
    });
    const client = await dial(this.harness.port);
    const answer: Buffer[] = [];
    client.on("data", (part: Buffer) => answer.push(part));
    const isOver = new Promise((resolve) => client.once("end", resolve).once("close", resolve));
    await writeAll(client, cut(request));
    const received = await served;
    await isOver;
    client.destroy();
    assert.ok(received.equals(request), "the service gets what the client sent");
    if (exchange.breaksOff !== "before")
      assert.ok(Buffer.concat(answer).equals(response), "the client gets what the service sent");
  }
}

/** A report without what differs from one connection to the next. */
export function withoutPlaces(document: ReportDocument): ReportDocument {
  return JSON.parse(
    JSON.stringify(document, (key, value) => (/address$/i.test(key) || key === "time" ? undefined : value)),
  );
}

async function writeAll(socket: Socket, pieces: readonly Uint8Array[]): Promise<void> {
  socket.setNoDelay();
  for (const piece of pieces) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
  }
}

function requestFields({ requestHeaders = [], requestBody }: ExportedExchange): Pair[] {
  return [...requestHeaders, ...framing(requestBody)];
}

function responseFields({ responseHeaders = [], responseBody }: ExportedExchange): Pair[] {
  return [...responseHeaders, ...framing(responseBody)];
}

function framing(body: readonly Uint8Array[] | undefined): Pair[] {
  return body === undefined ? [] : [["transfer-encoding", "chunked"]];
}

function requestBytes(exchange: ExportedExchange): Buffer {
  const { method = "GET", path = "/", requestBody } = exchange;
  return bytesOf(`${method} ${path} HTTP/1.1`, [["Host", HOST], ...requestFields(exchange)], requestBody, true);
}

function responseBytes(exchange: ExportedExchange): Buffer {
  const { status = 200, responseBody, breaksOff } = exchange;
  return bytesOf(`HTTP/1.1 ${status} Said`, responseFields(exchange), responseBody, breaksOff === undefined);
}

function bytesOf(
  line: string,
  headers: readonly Pair[],
  body: readonly Uint8Array[] | undefined,
  ends: boolean,
): Buffer {
  const head = [line, ...headers.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
  const chunks = (body ?? [])
    .filter(({ length }) => length > 0)
    .flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
  const end = body !== undefined && ends ? [Buffer.from("0\r\n\r\n")] : [];
  return Buffer.concat([Buffer.from(head, "latin1"), ...chunks, ...end]);
}

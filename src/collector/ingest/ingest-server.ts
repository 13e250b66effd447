import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { fromTelemetry } from "../../analysis/http/telemetry/index.ts";
import type { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { type IpEndpoint, type Ledger, type LedgerBook, TaplineError, timestampFromMillis } from "../../model/index.ts";
import { readTelemetry, type Telemetry } from "../../wire/telemetry/index.ts";
import { REPORTED } from "../intake/intake.ts";
import type { Collector } from "../server/collector.ts";

export interface IngestOptions {
  readonly collector: Collector;
  /** Books `reports`. */
  readonly ledger: Ledger;
  readonly listen: IpEndpoint;
  /** Wanted as `Authorization: Bearer` or `X-Trace-Source-Token`. */
  readonly token: string | undefined;
  /** The answer to `GET /api/hostsToTrace`. */
  readonly hostsToTrace: readonly string[];
  /** Bytes of a report, unpacked too. Default 16 MiB. */
  readonly maxBytes?: number;
  /** Reports that are answered at once; more are answered with 503. Default 4096. */
  readonly maxOpen?: number;
}

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_OPEN = 4096;
const REPORTS: ReadonlySet<string> = new Set(["/publish", "/api/telemetry"]);

/**
 * Receives reports: `POST /publish` and `POST /api/telemetry`, either format on both. Each is answered when it is on disk; when there
 * is no room, at once with 503.
 */
export class IngestServer {
  readonly #options: IngestOptions;
  readonly #server: Server;
  readonly #book: LedgerBook;
  readonly #pipeline: ExchangePipeline;
  readonly #token: Buffer | undefined;
  #open = 0;
  #id = 0;

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#book = options.ledger.book("reports");
    this.#pipeline = options.collector.createPipeline();
    this.#token = options.token === undefined ? undefined : hashOf(options.token);
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** @throws TaplineError `connection` */
  async start(): Promise<IpEndpoint> {
    const { address, port } = this.#options.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause) =>
        reject(new TaplineError("connection", `cannot listen on ${address}:${port}: ${cause.message}`, { cause })),
      );
      this.#server.listen(port, address, resolve);
    });
    return { kind: "ip", address, port: (this.#server.address() as AddressInfo).port };
  }

  /** Answers those that are open, and takes no more. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), STOP_MILLIS);
    await closed;
    clearTimeout(timer);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").replace(/\?.*/, "");
    if (!this.#mayAsk(request)) return refuse(request, response, 401, "a token is needed");
    if (path === "/api/hostsToTrace") return this.#tellHosts(request, response);
    if (!REPORTS.has(path)) return refuse(request, response, 404, "POST /publish or POST /api/telemetry is expected");
    if (request.method !== "POST") return refuse(request, response, 405, "POST is expected", { allow: "POST" });
    this.#book.enter(1);
    if (this.#open >= (this.#options.maxOpen ?? MAX_OPEN)) {
      this.#book.settleDropped("too-many", 1);
      return refuse(request, response, 503, "too many at once", { "retry-after": "1" });
    }
    this.#open++;
    try {
      await this.#take(request, response);
    } finally {
      this.#open--;
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { collector, maxBytes = MAX_BYTES } = this.#options;
    const from = request.socket.remoteAddress ?? "unknown";
    const fail = (status: number, reason: string, message: string): void => {
      this.#book.settleDropped(reason, 1);
      collector.senders.lose(KIND, from, reason);
      refuse(request, response, status, message);
    };
    const body = await readBody(request, maxBytes);
    if (body === "cut") return fail(400, "cut", "the report was cut");
    if (body === "too-long") return fail(413, "too-long", `at most ${maxBytes} bytes are taken`);
    if (body === "not-gzip") return fail(400, "not-gzip", "content-encoding: gzip or none is expected");
    const reading = readTelemetry(body);
    if ("fault" in reading) return fail(400, reading.fault.reason, reading.fault.message);
    const outcome = this.#pipeline.exchange(this.#exchangeOf(reading.telemetry));
    if (outcome !== "shown") return fail(503, outcome, "the store does not take more at the moment");
    try {
      await collector.intake.settled();
    } catch (error) {
      return fail(503, "store-failed", (error as Error).message);
    }
    this.#book.settleHandled(1);
    collector.senders.count(KIND, from, 1);
    response.writeHead(200, { "content-length": "0" }).end();
  }

  #exchangeOf(telemetry: Telemetry) {
    return fromTelemetry(telemetry, {
      id: ++this.#id,
      received: timestampFromMillis(Date.now()),
      // A report does not say which of the connections between two ends it was seen on.
      connectionFor: (_, make) => make(),
      nextConnectionId: () => BigInt(this.#id),
      source: REPORTED,
    });
  }

  /** Exporters that sample ask for it; the original one takes no other content type. */
  #tellHosts(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== "GET") {
      refuse(request, response, 405, "GET is expected", { allow: "GET" });
      return;
    }
    const body = JSON.stringify({ hosts: this.#options.hostsToTrace });
    response
      .writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
      .end(body);
  }

  #mayAsk({ headers }: IncomingMessage): boolean {
    if (this.#token === undefined) return true;
    const given =
      /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1] ?? String(headers["x-trace-source-token"] ?? "");
    return timingSafeEqual(hashOf(given), this.#token);
  }
}

const KIND = "publish";
/** How long those that are being sent may take after the end was asked for. */
const STOP_MILLIS = 3000;

const unpack = promisify(gunzip);

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | "cut" | "too-long" | "not-gzip"> {
  const chunks: Buffer[] = [];
  let length = 0;
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) return "too-long";
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) return "too-long";
      chunks.push(chunk);
    }
  } catch {
    return "cut";
  }
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
  const coding = request.headers["content-encoding"] ?? "identity";
  if (coding === "identity") return body;
  if (coding !== "gzip" && coding !== "x-gzip") return "not-gzip";
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? "too-long" : "not-gzip";
  }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  // The rest of a body that nobody reads would be taken for the next request.
  if (!request.complete) response.shouldKeepAlive = false;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(`${JSON.stringify({ message })}\n`);
  request.resume();
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

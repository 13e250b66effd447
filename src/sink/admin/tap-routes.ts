import type { IncomingMessage, ServerResponse } from "node:http";
import type { FilterFailures } from "../../analysis/filter/index.ts";
import { formatError, type LedgerBook, type MemoryBudget, TaplineError } from "../../model/index.ts";
import { readTapRequest, type TapRequest } from "../../tap/config/read-tap-request.ts";
import { ActiveTap, type TapConfig, type TraceSink } from "../../tap/index.ts";
import { type AdminRoute, sendJson, sendText } from "./admin-server.ts";
import { BufferedAdminSink, StreamingAdminSink } from "./admin-trace-sink.ts";
import { chooseFraming, type DocumentFraming, DocumentStream } from "./document-stream.ts";
import type { TapRegistry } from "./tap-registry.ts";

export interface TapRoutesOptions {
  readonly registry: TapRegistry;
  /** The sink of a tap that writes somewhere else than to the response (`file_per_tap`, …), until it is released. */
  readonly leaseSink: (tap: TapConfig) => { readonly sink: TraceSink; readonly release: () => void };
  /** Called where an expression of an attached tap goes beyond its limits. */
  readonly onFilterFailure?: (failures: FilterFailures) => void;
  /** The names of the clusters that sinks may call. */
  readonly clusters: () => readonly string[];
  readonly budget: MemoryBudget;
  /** Counts the documents of all responses. */
  readonly book: LedgerBook;
  /** Bytes queued at most for one reader. Default 4 MiB. */
  readonly maxQueuedBytes?: number;
}

/** `POST /tap`, which puts a tap in force as long as its response is read, and `GET /tap/status`. */
export function createTapRoutes(options: TapRoutesOptions): AdminRoute[] {
  const { registry } = options;
  return [
    {
      path: "/tap",
      method: "POST",
      help: "tap filter control",
      available: () => registry.hasExtensions,
      handle: (request, response) => handleTap(request, response, options),
    },
    {
      path: "/tap/status",
      method: "GET",
      help: "print the config_ids that can be tapped, and how many taps are attached to each",
      handle: (_request, response) => {
        const ids = registry.status().map(({ configId, attached }) => ({ config_id: configId, attached }));
        sendJson(response, { config_ids: ids });
      },
    },
  ];
}

async function handleTap(request: IncomingMessage, response: ServerResponse, options: TapRoutesOptions): Promise<void> {
  let asked: TapRequest;
  try {
    asked = await readTapRequest(await readBody(request), (configId) => ({
      watches: options.registry.kindsOf(configId),
      clusters: options.clusters(),
    }));
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    // Envoy's texts stand alone; those that are ours say where.
    sendText(response, 400, error.place === undefined ? error.message : formatError(error));
    return;
  }
  if (!options.registry.has(asked.configId)) {
    sendText(response, 400, `Unknown config id '${asked.configId}'. No extension has registered with this id.`);
    return;
  }
  if (options.registry.attachedCount >= MAX_ATTACHED) {
    sendText(response, 503, `${MAX_ATTACHED} taps are attached, and no more are taken. Detach one.`);
    return;
  }
  attach(request, response, asked, options);
}

function attach(
  request: IncomingMessage,
  response: ServerResponse,
  { configId, tap }: TapRequest,
  options: TapRoutesOptions,
): void {
  const framing: DocumentFraming =
    tap.output.sink.format === "PROTO_BINARY_LENGTH_DELIMITED" ? "delimited" : chooseFraming(request.headers.accept);
  response.setHeader("content-type", CONTENT_TYPES[framing]);
  response.flushHeaders();
  request.socket.setTimeout(0);
  const stream = new DocumentStream(response, {
    framing,
    maxQueuedBytes: options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
    budget: options.budget,
    book: options.book,
  });
  const { destination } = tap.output.sink;
  let detach = (): void => {};
  const finish = (): void => detach();
  let sink: TraceSink;
  let release = (): void => {};
  if (destination.kind === "streaming-admin") sink = new StreamingAdminSink(stream, tap.output.sink);
  else if (destination.kind === "buffered-admin")
    sink = new BufferedAdminSink({
      stream,
      sink: tap.output.sink,
      limits: destination,
      budget: options.budget,
      book: options.book,
      finished: finish,
    });
  else ({ sink, release } = options.leaseSink(tap));
  detach = options.registry.attach(configId, new ActiveTap(tap, sink, options.onFilterFailure));
  response.once("close", () => {
    detach();
    release();
    if (sink instanceof BufferedAdminSink) sink.flush();
  });
}

const CONTENT_TYPES: Record<DocumentFraming, string> = {
  json: "text/plain; charset=UTF-8",
  ndjson: "application/x-ndjson",
  sse: "text/event-stream",
  delimited: "application/x-protobuf",
};

const DEFAULT_MAX_QUEUED_BYTES = 4 * 1024 * 1024;
/** How many taps may be attached at once: every stream is shown to each. */
const MAX_ATTACHED = 64;
const MAX_BODY_BYTES = 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > MAX_BODY_BYTES)
      throw new TaplineError("configuration", `the body is longer than ${MAX_BODY_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

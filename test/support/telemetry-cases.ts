import type { Endpoint, Header, HttpExchange } from "../../src/model/index.ts";
import { buildBody, buildExchange } from "./build-exchange.ts";

/** An exchange as it passes a filter: bodies are chunks in base64. */
export interface TelemetryCase {
  readonly req: readonly (readonly [string, string])[];
  readonly reqBody?: readonly string[];
  /** Absent: the stream ended before. */
  readonly res?: readonly (readonly [string, string])[] | undefined;
  readonly resBody?: readonly string[];
  readonly props?: Readonly<Record<string, string>>;
  /** Properties that are not known. */
  readonly drop?: readonly string[];
}

/** In nanoseconds. */
export interface CaseTimes {
  readonly start: bigint;
  readonly duration: bigint;
}

export const WORKLOAD = "upstream_host_metadata.filter_metadata.istio.workload";

/** The exchange that the analysis would have seen of it. */
export function exchangeOfCase(
  { req, reqBody, res, resBody, props = {}, drop = [] }: TelemetryCase,
  defaults: Readonly<Record<string, string>>,
  { start, duration }: CaseTimes,
): HttpExchange {
  const plain = buildExchange();
  const known: Record<string, string> = { ...defaults, ...props };
  for (const name of drop) delete known[name];
  const find = (headers: TelemetryCase["req"], name: string) => headers.find(([key]) => key === name)?.[1];
  const body = (chunks: readonly string[] = []) =>
    buildBody(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, "base64"))));
  const workload = known[WORKLOAD]?.split(";") ?? [];
  const namespace = workload.length === 4 || workload.length === 5 ? workload[1] : undefined;
  const authority = find(req, ":authority");
  const { authority: _, ...request } = plain.request!;
  const { response: __, ...rest } = plain;
  return {
    ...rest,
    protocol: "h2",
    connection: {
      ...plain.connection,
      local: splitAddress(known["destination.address"]),
      remote: splitAddress(known["source.address"]),
      ...(namespace !== undefined && { namespace }),
    },
    request: {
      ...request,
      method: find(req, ":method") ?? "",
      target: find(req, ":path") ?? "",
      ...(authority !== undefined && { authority }),
      headers: toHeaders(req),
      body: body(reqBody),
    },
    ...(res && {
      response: {
        ...plain.response!,
        status: Number(find(res, ":status")),
        headers: toHeaders(res),
        body: body(resBody),
      },
    }),
    times: { requestStart: toTime(start), responseEnd: toTime(start + duration) },
  };
}

function splitAddress(text: string | undefined): Endpoint | undefined {
  if (text === undefined) return undefined;
  const [, address, port] = /^\[?([^/]*?)\]?:(\d+)$/.exec(text) ?? [];
  return address === undefined ? { kind: "pipe", path: text } : { kind: "ip", address, port: Number(port) };
}

function toHeaders(pairs: TelemetryCase["req"]): Header[] {
  return pairs.map(([name, value]) => ({ name, value }));
}

function toTime(nanos: bigint) {
  return { seconds: Number(nanos / 1_000_000_000n), nanos: Number(nanos % 1_000_000_000n) };
}

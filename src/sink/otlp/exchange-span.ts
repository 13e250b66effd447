import { createHash } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { findAttribute } from "../../analysis/filter/index.ts";
import { type ExchangeFacts, factsOf } from "../../analysis/protocols/index.ts";
import { type Exchange, type Timestamp, VERSION } from "../../model/index.ts";
import {
  type AnyValue,
  type KeyValue,
  KeyValueSchema,
  type Resource,
  ResourceSchema,
  type Scope,
  ScopeSchema,
  type Span,
  SpanSchema,
} from "../../wire/otlp/gen/opentelemetry/trace/trace_service_pb.js";
import { type AttributeValue, spanAttributes, UNKNOWN_SERVICE } from "./span-attributes.ts";

/** A span, and the service whose it is. */
export interface ExchangeSpan {
  readonly service: string;
  readonly span: Span;
}

/** `SPAN_KIND_SERVER` and `SPAN_KIND_CLIENT`. */
const SERVER = 2;
const CLIENT = 3;
/** `STATUS_CODE_ERROR` */
const ERROR = 2;

/**
 * The span of an exchange: of the end that answered, unless the end that asked saw it. It is a child of the span that the request names in
 * `traceparent`; where it names no trace, it is one of its own. The same exchange has the same span always. Undefined: it has no time.
 */
export function spanOf(exchange: Exchange, facts: ExchangeFacts = factsOf(exchange)): ExchangeSpan | undefined {
  const { times, connection } = exchange;
  const started = times.requestStart ?? times.responseStart;
  if (started === undefined) return undefined;
  const ended = times.responseEnd ?? times.responseStart ?? times.requestEnd ?? started;
  const isClient = connection.role === "client";
  const attributes = spanAttributes(exchange);
  const { outcome, operation, service, peer } = facts;
  const failed =
    outcome?.result === "error" || outcome?.result === "none" || (isClient && outcome?.result === "client-error");
  if (failed)
    attributes.set("error.type", outcome?.reason ?? String(attributes.get("http.response.status_code") ?? "_OTHER"));
  const seed = createHash("sha256")
    .update(
      `${connection.source ?? ""} ${connection.id} ${exchange.id} ${started.seconds}.${started.nanos} ${operation}`,
    )
    .digest();
  const parent = parentOf(exchange, facts.evidence);
  const route = attributes.get("http.route");
  const method = attributes.get("http.request.method");
  const span = create(SpanSchema, {
    traceId: parent?.trace ?? seed.subarray(0, 16),
    spanId: seed.subarray(16, 24),
    ...(parent !== undefined && { parentSpanId: parent.span }),
    name: method !== undefined && route !== undefined ? `${method} ${route}` : operation,
    kind: isClient ? CLIENT : SERVER,
    startTimeUnixNano: nanosOf(started),
    endTimeUnixNano: nanosOf(ended),
    attributes: keyValues(attributes),
    ...(failed && { status: { code: ERROR, message: outcome?.reason ?? "" } }),
  });
  return { service: (isClient ? peer : service)?.name ?? UNKNOWN_SERVICE, span };
}

export function resourceOf(service: string): Resource {
  return create(ResourceSchema, { attributes: keyValues(new Map([["service.name", service]])) });
}

export const SCOPE: Scope = create(ScopeSchema, { name: "tapline", version: VERSION });

export function keyValues(attributes: ReadonlyMap<string, AttributeValue>): KeyValue[] {
  return [...attributes].map(([key, value]) => create(KeyValueSchema, { key, value: { value: anyValue(value) } }));
}

function anyValue(value: AttributeValue): AnyValue["value"] {
  if (typeof value === "string") return { case: "stringValue", value: value.toWellFormed() };
  if (typeof value === "boolean") return { case: "boolValue", value };
  return Number.isSafeInteger(value) ? { case: "intValue", value: BigInt(value) } : { case: "doubleValue", value };
}

/**
 * The span that the request was sent by (https://www.w3.org/TR/trace-context/#traceparent-header); of traces that are named in another way,
 * the trace alone.
 */
function parentOf(exchange: Exchange, { traceId }: ExchangeFacts["evidence"]): Parent | undefined {
  const headers = REQUEST_HEADERS(exchange) as ReadonlyMap<string, string> | undefined;
  const match = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-[\da-f]{2}/i.exec(headers?.get("traceparent") ?? "");
  if (match !== null && !/^0+$/.test(match[1]!) && !/^0+$/.test(match[2]!))
    return { trace: Buffer.from(match[1]!, "hex"), span: Buffer.from(match[2]!, "hex") };
  const hex = traceId?.replaceAll("-", "");
  if (hex === undefined || !/^[\da-f]{16,32}$/i.test(hex) || /^0+$/.test(hex)) return undefined;
  return { trace: Buffer.from(hex.padStart(32, "0"), "hex"), span: new Uint8Array(0) };
}

interface Parent {
  readonly trace: Uint8Array;
  readonly span: Uint8Array;
}

const REQUEST_HEADERS = findAttribute("request.headers")!.get.exchange!;

export function nanosOf({ seconds, nanos }: Timestamp): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

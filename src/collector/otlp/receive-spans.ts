import type { IncomingMessage, ServerResponse } from "node:http";
import { fromBinary, fromJson, type JsonValue, toBinary, toJsonString } from "@bufbuild/protobuf";
import { formatError, type MemoryBudget } from "../../model/index.ts";
import { readBody } from "../../source/receive-traces/index.ts";
import {
  type ExportTraceServiceRequest,
  ExportTraceServiceRequestSchema,
  ExportTraceServiceResponseSchema,
} from "../../wire/otlp/gen/opentelemetry/trace/trace_service_pb.js";
import type { OtlpTraces } from "./trace-service.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * OTLP over HTTP: `POST /v1/traces`, binary or JSON (https://opentelemetry.io/docs/specs/otlp/#otlphttp). Answers a request and says
 * whether it was one of its own.
 */
export function receiveSpans(traces: OtlpTraces, budget: MemoryBudget) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (!/^\/v1\/traces(?:$|\?)/.test(request.url ?? "")) return false;
    const isJson = /^application\/json\b/i.test(request.headers["content-type"] ?? "");
    const answer = (status: number, body: string | Uint8Array, type = "application/json"): void => {
      response.writeHead(status, { "content-type": type, ...(status === 503 && { "retry-after": "1" }) }).end(body);
    };
    const refuse = (status: number, message: string): void => answer(status, JSON.stringify({ message }));
    if (request.method !== "POST") {
      response.setHeader("allow", "POST");
      request.resume();
      refuse(405, "POST is expected");
      return true;
    }
    readBody(
      request,
      { budget, maxBytes: MAX_BYTES },
      (body) => {
        if ("status" in body) return refuse(body.status, body.message);
        let asked: ExportTraceServiceRequest;
        try {
          asked = isJson ? readJson(body.bytes) : fromBinary(ExportTraceServiceRequestSchema, body.bytes);
        } catch (error) {
          return refuse(400, `this is no ExportTraceServiceRequest: ${(error as Error).message}`);
        } finally {
          budget.release(body.reserved);
        }
        traces.take(asked, request.socket.remoteAddress ?? "unknown").then(
          (taken) =>
            isJson
              ? answer(200, toJsonString(ExportTraceServiceResponseSchema, taken))
              : answer(200, toBinary(ExportTraceServiceResponseSchema, taken), "application/x-protobuf"),
          (error) => refuse(503, formatError(error)),
        );
      },
      () => {},
    );
    return true;
  };
}

/** In OTLP's JSON identifiers are hexadecimal, where protobuf's JSON has base64. */
function readJson(bytes: Uint8Array): ExportTraceServiceRequest {
  const value = JSON.parse(new TextDecoder().decode(bytes), (key, one: unknown) =>
    IDENTIFIERS.has(key) && typeof one === "string" && /^(?:[\da-f]{2})*$/i.test(one)
      ? Buffer.from(one, "hex").toString("base64")
      : one,
  ) as JsonValue;
  return fromJson(ExportTraceServiceRequestSchema, value, { ignoreUnknownFields: true });
}

const IDENTIFIERS: ReadonlySet<string> = new Set(["traceId", "spanId", "parentSpanId"]);

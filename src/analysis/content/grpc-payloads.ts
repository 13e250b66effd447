import { type ConversationMessage, findApplication, type HttpExchange } from "../../model/index.ts";
import type { GrpcPayloadDecoder } from "../../wire/grpc/payload-decoder.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { Redactor } from "../redaction/index.ts";
import { type ContentDecoder, type DecompressionLimits, decompressionLimit } from "./decode-bodies.ts";

/** A message's content: its type, and JSON or why there is none. */
export interface DescribedMessage {
  readonly type: string | undefined;
  readonly json?: string;
  readonly error?: string;
}

/** Says what a message of a conversation holds; undefined where it is not one that can be described. */
export type DescribeMessage = (exchange: HttpExchange, message: ConversationMessage) => DescribedMessage | undefined;

/** Descriptions without secrets: only by the descriptors have the fields names. */
export function redactDescriptions(describe: DescribeMessage, redactor: Redactor): DescribeMessage {
  return (exchange, message) => {
    const described = describe(exchange, message);
    return described?.json === undefined ? described : { ...described, json: redactor.text(described.json) };
  };
}

/**
 * Describes gRPC messages by the descriptors of their methods. A compressed one is decompressed by the `grpc-encoding` of its
 * headers, within the limits; one that was not kept whole is not decoded.
 */
export function describeGrpcMessages(
  decoder: GrpcPayloadDecoder,
  decompress: ContentDecoder,
  limits: DecompressionLimits = DEFAULT_LIMITS,
): DescribeMessage {
  return (exchange, message) => {
    const { request, response } = exchange;
    if (findApplication(exchange, "grpc") === undefined || message.kind !== "message" || request?.target === undefined)
      return undefined;
    if (message.truncated) return { type: undefined, error: "not decoded: only a part of the message was kept" };
    let { bytes } = message;
    if (message.compressed) {
      const headers = (message.from === "client" ? request : response)?.headers ?? [];
      const coding = headers.find(({ name }) => name === "grpc-encoding")?.value;
      const limit = decompressionLimit(bytes.length, limits);
      const decompressed = coding === undefined ? undefined : decompress(coding, bytes, limit);
      if (decompressed?.problem === "decompression-limit")
        return {
          type: undefined,
          error: `not decoded: larger than it may be when decompressed (decompression-limit, ${coding})`,
        };
      if (decompressed === undefined || decompressed.truncated || decompressed.isCut === true)
        return { type: undefined, error: `not decoded: cannot be decompressed (${coding ?? "unknown coding"})` };
      bytes = decompressed.bytes;
    }
    const payload = decoder.decode(request.target, message.from, bytes);
    if ("json" in payload) return { type: payload.type, json: JSON.stringify(payload.json, undefined, 2) };
    return { type: payload.type, error: `not decoded: ${payload.error}` };
  };
}

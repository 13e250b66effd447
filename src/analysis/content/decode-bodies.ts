import type { Body, Header, HttpExchange, RequestMessage, ResponseMessage } from "../../model/index.ts";
import { type AnalysisLimits, DEFAULT_LIMITS } from "../limits.ts";

/**
 * Undoes one content coding (RFC 9110 §8.4.1) of bytes that may be cut at the end.
 * @param limit how many bytes may come out; what is beyond is left out
 * @returns undefined when the coding is not known or the bytes are not of it
 */
export type ContentDecoder = (
  coding: string,
  bytes: Uint8Array,
  limit: number,
) => { readonly bytes: Uint8Array; readonly truncated: boolean } | undefined;

type Limits = Pick<AnalysisLimits, "decompressionRatio" | "decompressionGrace">;

/** The exchange with the bodies that `Content-Encoding` says are coded made readable, within the limits. */
export function decodeBodies(
  exchange: HttpExchange,
  decode: ContentDecoder,
  limits: Limits = DEFAULT_LIMITS,
): HttpExchange {
  const request = exchange.request && decodeMessage(exchange.request, decode, limits);
  const response = exchange.response && decodeMessage(exchange.response, decode, limits);
  if (request === exchange.request && response === exchange.response) return exchange;
  return { ...exchange, ...(request && { request }), ...(response && { response }) };
}

function decodeMessage<M extends RequestMessage | ResponseMessage>(
  message: M,
  decode: ContentDecoder,
  limits: Limits,
): M {
  const body = decodeBody(message.body, message.headers, decode, limits);
  return body === message.body ? message : { ...message, body };
}

/** A body, made readable as its message's headers say; the same object where there is nothing to do, or where it fails. */
export function decodeBody(
  body: Body,
  headers: readonly Header[],
  decode: ContentDecoder,
  limits: Limits = DEFAULT_LIMITS,
): Body {
  if (body.bytes.length === 0 || body.decodedFrom !== undefined) return body;
  const codings = contentCodings(headers);
  if (codings.length === 0 || codings.length > MAX_CODINGS) return body;
  const limit = limits.decompressionGrace + limits.decompressionRatio * body.bytes.length;
  let { bytes, truncated } = body;
  for (const coding of codings.toReversed()) {
    const result = decode(coding, bytes, limit);
    if (result === undefined) return body;
    bytes = result.bytes;
    truncated ||= result.truncated;
  }
  return { ...body, bytes, truncated, decodedFrom: codings.join(", ") };
}

/** Codings of one body: more than this is no honest message. */
const MAX_CODINGS = 4;

const NONE: readonly string[] = [];

/** In the order in which they were applied, `identity` left out. */
export function contentCodings(headers: readonly Header[]): readonly string[] {
  if (!headers.some(isContentEncoding)) return NONE;
  const fields = headers.filter(isContentEncoding);
  return fields
    .flatMap(({ value }) => (value ?? "").toLowerCase().split(","))
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
}

/** Asked of every header of every message: the length rules nearly all of them out. */
function isContentEncoding({ name }: Header): boolean {
  return name !== undefined && name.length === 16 && name.toLowerCase() === "content-encoding";
}

import type { Body, Header, HttpExchange, RequestMessage, ResponseMessage } from "../../model/index.ts";
import { type AnalysisLimits, DEFAULT_LIMITS } from "../limits.ts";

/**
 * Undoes one content coding (RFC 9110 §8.4.1) of bytes that may be cut at the end, or damaged.
 * @param limit how many bytes may come out; what is beyond is left out
 * @returns undefined when the coding is not known or the bytes are not of it
 */
export type ContentDecoder = (coding: string, bytes: Uint8Array, limit: number) => DecodedContent | undefined;

export interface DecodedContent {
  readonly bytes: Uint8Array;
  /** More would have come out, but for the limit or the damage. */
  readonly truncated: boolean;
  /** Why: `decompression-limit`, or `invalid:CODING`. */
  readonly problem?: string;
  /** The bytes are over before their coding is. */
  readonly isCut?: boolean;
}

export type DecompressionLimits = Pick<
  AnalysisLimits,
  "decompressionRatio" | "decompressionGrace" | "decompressedBytes"
>;

/** The exchange with the bodies that `Content-Encoding` says are coded made readable, within the limits. */
export function decodeBodies(
  exchange: HttpExchange,
  decode: ContentDecoder,
  limits: DecompressionLimits = DEFAULT_LIMITS,
): HttpExchange {
  return replaceBodies(exchange, (body, headers) => decodeBody(body, headers, decode, limits));
}

/** The exchange with other bodies; the same object where they are the same. */
export function replaceBodies(
  exchange: HttpExchange,
  replace: (body: Body, headers: readonly Header[]) => Body,
): HttpExchange {
  const request = exchange.request && replaceBody(exchange.request, replace);
  const response = exchange.response && replaceBody(exchange.response, replace);
  if (request === exchange.request && response === exchange.response) return exchange;
  const problems = addBodyProblems(exchange.problems, request?.body, response?.body);
  return { ...exchange, problems, ...(request && { request }), ...(response && { response }) };
}

/** The problems of an exchange, and those that decoding its bodies met. */
export function addBodyProblems(
  problems: readonly string[],
  ...bodies: readonly (Body | undefined)[]
): readonly string[] {
  const more = bodies.map((body) => body?.decodingProblem).filter((problem) => problem !== undefined);
  return more.length === 0 ? problems : [...new Set([...problems, ...more])];
}

function replaceBody<M extends RequestMessage | ResponseMessage>(
  message: M,
  replace: (body: Body, headers: readonly Header[]) => Body,
): M {
  const body = replace(message.body, message.headers);
  return body === message.body ? message : { ...message, body };
}

/** A body, made readable as its message's headers say; the same object where there is nothing to do, or where it fails. */
export function decodeBody(
  body: Body,
  headers: readonly Header[],
  decode: ContentDecoder,
  limits: DecompressionLimits = DEFAULT_LIMITS,
): Body {
  if (!isCoded(body, headers)) return body;
  const codings = contentCodings(headers);
  const limit = decompressionLimit(body.bytes.length, limits);
  // Where the message is whole and no range of another (RFC 9110 §14.4), its coding should be whole, too.
  const isWhole = body.complete && !body.truncated && !headers.some(isContentRange);
  let { bytes, truncated } = body;
  let problem: string | undefined;
  for (const coding of codings.toReversed()) {
    const result = decode(coding, bytes, limit);
    if (result === undefined)
      return isWhole && isSigned(coding, body.bytes) ? { ...body, decodingProblem: `invalid:${coding}` } : body;
    bytes = result.bytes;
    truncated ||= result.truncated;
    problem ??= result.problem;
    if (result.isCut === true && isWhole && problem === undefined) {
      truncated = true;
      problem = `invalid:${coding}`;
    }
  }
  const decodedFrom = codings.join(", ");
  return { ...body, bytes, truncated, decodedFrom, ...(problem !== undefined && { decodingProblem: problem }) };
}

/** Whether the bytes begin as the coding does, of which nothing came out all the same. */
function isSigned(coding: string, bytes: Uint8Array): boolean {
  const signature = SIGNATURES.get(coding);
  return signature !== undefined && signature.every((byte, at) => bytes[at] === byte);
}

const GZIP: readonly number[] = [0x1f, 0x8b];
const SIGNATURES: ReadonlyMap<string, readonly number[]> = new Map([
  ["gzip", GZIP],
  ["x-gzip", GZIP],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
]);

function isContentRange({ name }: Header): boolean {
  return name !== undefined && name.length === 13 && name.toLowerCase() === "content-range";
}

/** How many bytes may come out of `bytes` that are coded. */
export function decompressionLimit(bytes: number, limits: DecompressionLimits): number {
  const { decompressionGrace, decompressionRatio, decompressedBytes } = limits;
  return Math.min(decompressedBytes, decompressionGrace + decompressionRatio * bytes);
}

/** Whether there is something to decode. */
export function isCoded(body: Body, headers: readonly Header[]): boolean {
  if (body.bytes.length === 0 || body.decodedFrom !== undefined || body.decodingProblem !== undefined) return false;
  const { length } = contentCodings(headers);
  return length > 0 && length <= MAX_CODINGS;
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

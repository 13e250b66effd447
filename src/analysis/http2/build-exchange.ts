import {
  type Body,
  type ConversationMessage,
  compareTimestamps,
  type Direction,
  type Exchange,
  type Quality,
  type RequestMessage,
  type ResponseMessage,
} from "../../model/index.ts";
import { decodeGrpcStatusMessage, nameGrpcStatus, parseGrpcStatus } from "../../wire/grpc/index.ts";
import { EMPTY_BODY } from "../body-collector.ts";
import { transportTimes } from "../exchange-times.ts";
import type { AnalysisContext } from "../protocol-analyzer.ts";
import type { Stream, StreamHalf } from "./stream.ts";

/**
 * Makes the exchange of a stream that is over, and gives back what the stream reserved.
 *
 * @param clientDirection in which the client sends
 */
export function buildExchange(stream: Stream, clientDirection: Direction, context: AnalysisContext): Exchange {
  const { connection } = context;
  const serverDirection: Direction = clientDirection === "read" ? "write" : "read";
  const requestHalf = stream.promisedRequest ?? stream.halves[clientDirection];
  const responseHalf = stream.halves[serverDirection];
  const problems = stream.problems;
  const application = findApplication(requestHalf, responseHalf);
  const messages = application === "grpc" ? collectMessages(requestHalf, responseHalf, context.limits.messages) : [];
  const grpc = application === "grpc" ? readGrpcStatus(responseHalf) : undefined;
  const request = stream.upgraded?.request ?? (requestHalf && buildRequest(requestHalf));
  const response = responseHalf && buildResponse(responseHalf);
  const informational = [...(stream.upgraded?.informational ?? []), ...(responseHalf?.informational ?? [])];
  if (hasWrongLength(requestHalf, request?.body, false)) stream.report("request-content-length-mismatch");
  if (hasWrongLength(responseHalf, response?.body, request?.method === "HEAD"))
    stream.report("response-content-length-mismatch");
  requestHalf?.messages?.release();
  responseHalf?.messages?.release();
  if (request === undefined) stream.report("response-without-request");
  else if (response === undefined && !stream.isReset) stream.report("request-without-response");
  return {
    id: stream.exchangeId,
    connection,
    protocol: "h2",
    ...(application && { application }),
    streamId: stream.id,
    index: stream.index,
    ...(request && { request }),
    ...(response && { response }),
    ...(informational.length > 0 && { informational }),
    ...(messages.length > 0 && { messages }),
    ...(grpc && { grpc }),
    times: {
      ...(stream.index === 0 ? transportTimes(connection) : undefined),
      ...(request && { requestStart: request.started }),
      ...(request?.finished && { requestEnd: request.finished }),
      ...(response && { responseStart: response.started }),
      ...(response?.finished && { responseEnd: response.finished }),
    },
    quality: judgeQuality(stream, requestHalf, responseHalf, context.midStream),
    problems,
  };
}

function buildRequest(half: StreamHalf): RequestMessage {
  const { facts } = half;
  const authority = facts?.authority ?? facts?.host;
  return {
    ...buildMessage(half),
    ...(facts?.method !== undefined && { method: facts.method }),
    ...(facts?.path !== undefined && { target: facts.path }),
    ...(facts?.scheme !== undefined && { scheme: facts.scheme }),
    ...(authority !== undefined && { authority }),
  };
}

function buildResponse(half: StreamHalf): ResponseMessage {
  const status = half.facts?.status;
  return { ...buildMessage(half), ...(status !== undefined && { status }) };
}

function buildMessage(half: StreamHalf) {
  const { head, trailers, body, isEnded, hasGap, isCutByTap } = half;
  return {
    headers: head?.headers ?? [],
    trailers: trailers?.headers ?? [],
    body: body?.take(isEnded && !hasGap && !isCutByTap) ?? (isEnded ? EMPTY_BODY : UNFINISHED_BODY),
    headBytes: head?.wireBytes ?? 0,
    started: head?.time ?? half.started,
    ...(isEnded && { finished: half.finished }),
  };
}

const UNFINISHED_BODY: Body = { ...EMPTY_BODY, complete: false };

function findApplication(request: StreamHalf | undefined, response: StreamHalf | undefined): Exchange["application"] {
  if (request?.isGrpc || response?.isGrpc) return "grpc";
  if (request?.facts?.protocol === "websocket") return "websocket";
  if (response?.facts?.contentType?.toLowerCase().startsWith("text/event-stream")) return "sse";
  return undefined;
}

function collectMessages(
  request: StreamHalf | undefined,
  response: StreamHalf | undefined,
  limit: number,
): ConversationMessage[] {
  const collect = (half: StreamHalf | undefined, from: ConversationMessage["from"]): ConversationMessage[] =>
    (half?.messages?.kept ?? []).map(({ time, bytes, size, truncated, compressed, trailers }) => ({
      from,
      time,
      kind: trailers ? "trailers" : "message",
      bytes,
      size,
      truncated,
      compressed,
    }));
  return [...collect(request, "client"), ...collect(response, "server")]
    .sort((a, b) => compareTimestamps(a.time, b.time))
    .slice(0, limit);
}

/** From the trailers, or from a head that is all there is ("Trailers-Only"). */
function readGrpcStatus(response: StreamHalf | undefined): Exchange["grpc"] {
  const facts = response?.trailerFacts?.grpcStatus === undefined ? response?.facts : response.trailerFacts;
  const status = facts?.grpcStatus === undefined ? undefined : parseGrpcStatus(facts.grpcStatus);
  const statusName = status === undefined ? undefined : nameGrpcStatus(status);
  return {
    ...(status !== undefined && { status }),
    ...(statusName !== undefined && { statusName }),
    ...(facts?.grpcMessage !== undefined && { message: decodeGrpcStatusMessage(facts.grpcMessage) }),
  };
}

/** RFC 9113 §8.1.1. */
function hasWrongLength(half: StreamHalf | undefined, body: Body | undefined, mayBeEmpty: boolean): boolean {
  const announced = half?.facts?.contentLength;
  if (announced === undefined || body === undefined || !body.complete || body.size === announced) return false;
  return !(body.size === 0 && (mayBeEmpty || half?.facts?.status === 304));
}

function judgeQuality(
  stream: Stream,
  request: StreamHalf | undefined,
  response: StreamHalf | undefined,
  midStream: boolean,
): Quality {
  const isUpgraded = stream.upgraded !== undefined;
  if (request?.hasGap || response?.hasGap) return "gap";
  if (request?.isCutByTap || response?.isCutByTap) return "truncated";
  if (isPartlyUnknown(request) || isPartlyUnknown(response)) return "mid-stream";
  if (request === undefined && !isUpgraded) return midStream ? "mid-stream" : "unpaired";
  if (response === undefined) return "unpaired";
  if (!(isUpgraded || request?.isEnded) || !response.isEnded) return "unfinished";
  return isCut(request) || isCut(response) || stream.upgraded?.request?.body.truncated ? "truncated" : "complete";
}

/** What was sent before the connection was joined is needed to understand it. */
function isPartlyUnknown(half: StreamHalf | undefined): boolean {
  if (half === undefined) return false;
  return (half.head === undefined && !half.hasLostBlock) || half.head?.hasUnknown || half.trailers?.hasUnknown === true;
}

/** A limit cut what is kept. */
function isCut(half: StreamHalf | undefined): boolean {
  return (
    half?.hasLostBlock ||
    half?.head?.isCut === true ||
    half?.trailers?.isCut === true ||
    half?.body?.isTruncated === true
  );
}

import type {
  Body,
  Direction,
  ExchangeTimes,
  HttpExchange,
  Quality,
  RequestMessage,
  ResponseMessage,
} from "../../../model/index.ts";
import { EMPTY_BODY } from "../../body-collector.ts";
import { timesDisagree, transportTimes } from "../../exchange-times.ts";
import type { AnalysisContext } from "../../protocol-analyzer.ts";
import { collectMessages, recogniseApplication } from "./conversation.ts";
import type { Stream, StreamHalf } from "./stream.ts";

/**
 * Makes the exchange of a stream.
 *
 * @param clientDirection in which the client sends
 * @param last the stream is over: gives back what it reserved; otherwise the exchange is shown as it stands
 */
export function buildExchange(
  stream: Stream,
  clientDirection: Direction,
  context: AnalysisContext,
  last: boolean,
): HttpExchange {
  const { connection } = context;
  const requestHalf = stream.promisedRequest ?? stream.halves[clientDirection];
  const responseHalf = stream.halves[clientDirection === "read" ? "write" : "read"];
  const application = recogniseApplication(requestHalf, responseHalf);
  const messages = collectMessages(stream, requestHalf, responseHalf, application, context.limits.messages, last);
  const request = stream.upgraded?.request ?? (requestHalf && buildRequest(requestHalf, last));
  const response = responseHalf && buildResponse(responseHalf, last);
  const informational = [...(stream.upgraded?.informational ?? []), ...(responseHalf?.informational ?? [])];
  if (last) {
    if (hasWrongLength(requestHalf, request?.body, false)) stream.report("request-content-length-mismatch");
    if (hasWrongLength(responseHalf, response?.body, request?.method === "HEAD"))
      stream.report("response-content-length-mismatch");
    if (request === undefined) stream.report("response-without-request");
    else if (response === undefined && !stream.isReset) stream.report("request-without-response");
  }
  const times: ExchangeTimes = {
    ...(stream.index === 0 ? transportTimes(connection) : undefined),
    ...(request && { requestStart: request.started }),
    ...(request?.finished && { requestEnd: request.finished }),
    ...(response && { responseStart: response.started }),
    ...(response?.finished && { responseEnd: response.finished }),
  };
  if (last && timesDisagree(times)) stream.report("times-disagree");
  return {
    id: stream.exchangeId,
    connection,
    kind: "http",
    protocol: "h2",
    streamId: stream.id,
    index: stream.index,
    application,
    ...(request && { request }),
    ...(response && { response }),
    ...(informational.length > 0 && { informational }),
    ...(messages.length > 0 && { messages }),
    times,
    quality: judgeQuality(stream, requestHalf, responseHalf, context.midStream),
    problems: [...stream.problems],
  };
}

function buildRequest(half: StreamHalf, last: boolean): RequestMessage {
  const { facts } = half;
  const authority = facts?.authority ?? facts?.host;
  return {
    ...buildMessage(half, last),
    ...(facts?.method !== undefined && { method: facts.method }),
    ...(facts?.path !== undefined && { target: facts.path }),
    ...(facts?.scheme !== undefined && { scheme: facts.scheme }),
    ...(authority !== undefined && { authority }),
  };
}

function buildResponse(half: StreamHalf, last: boolean): ResponseMessage {
  const status = half.facts?.status;
  return { ...buildMessage(half, last), ...(status !== undefined && { status }) };
}

function buildMessage(half: StreamHalf, last: boolean) {
  const { head, trailers, body, isEnded, hasGap, isCutByTap } = half;
  const isWhole = isEnded && !hasGap && !isCutByTap;
  return {
    headers: head?.headers ?? [],
    trailers: trailers?.headers ?? [],
    body: (last ? body?.take(isWhole) : body?.peek(isWhole)) ?? (isWhole ? EMPTY_BODY : UNFINISHED_BODY),
    headBytes: head?.wireBytes ?? 0,
    started: head?.time ?? half.started,
    ...(isEnded && { finished: half.finished }),
  };
}

const UNFINISHED_BODY: Body = { ...EMPTY_BODY, complete: false };

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
  if (request?.hasGap || response?.hasGap || stream.webSocket?.hasGap) return "gap";
  if (request?.isCutByTap || response?.isCutByTap) return "truncated";
  if (isPartlyUnknown(request) || isPartlyUnknown(response)) return "mid-stream";
  if (request === undefined && !isUpgraded) return midStream ? "mid-stream" : "unpaired";
  if (response === undefined) return "unpaired";
  if (!(isUpgraded || request?.isEnded) || !response.isEnded) return "unfinished";
  if (stream.webSocket?.isCut) return "truncated";
  return isCut(request) || isCut(response) || stream.upgraded?.request?.body.truncated ? "truncated" : "complete";
}

/** Bytes sent before the connection was joined are needed to understand it. */
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

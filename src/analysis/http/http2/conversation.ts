import {
  type Application,
  type ConversationMessage,
  type GrpcApplication,
  NO_APPLICATION,
  SERVER_SENT_EVENTS,
  WEBSOCKET,
} from "../../../model/index.ts";
import { decodeGrpcStatusMessage, nameGrpcStatus, parseGrpcStatus } from "../../../wire/grpc/index.ts";
import type { Stream, StreamHalf } from "./stream.ts";
import type { WebSocketStream } from "./web-socket-stream.ts";

/** The application inside a stream, where one was recognised. */
export function recogniseApplication(
  request: StreamHalf | undefined,
  response: StreamHalf | undefined,
): readonly Application[] {
  if (request?.isGrpc || response?.isGrpc) return [readGrpcStatus(response)];
  if (request?.facts?.protocol === "websocket") return WEBSOCKET;
  return response?.isEventStream ? SERVER_SENT_EVENTS : NO_APPLICATION;
}

/**
 * The messages of a stream's conversation, in order, at most `limit`.
 *
 * @param last hands them on and gives back what they reserved; otherwise they are shown as they stand
 */
export function collectMessages(
  stream: Stream,
  request: StreamHalf | undefined,
  response: StreamHalf | undefined,
  application: readonly Application[],
  limit: number,
  last: boolean,
): readonly ConversationMessage[] {
  const messages = stream.webSocket
    ? collectWebSocket(stream, stream.webSocket, last)
    : ((last ? response?.events?.take() : response?.events?.peek()) ??
      (application[0]?.name === "grpc" ? collectGrpc(stream, request, response) : []));
  if (last) for (const half of [request, response]) half?.messages?.release();
  return messages.slice(0, limit);
}

function collectWebSocket(stream: Stream, webSocket: WebSocketStream, last: boolean): readonly ConversationMessage[] {
  const messages = last ? webSocket.take() : webSocket.peek();
  for (const problem of webSocket.problems) stream.report(problem);
  return messages;
}

function collectGrpc(
  stream: Stream,
  request: StreamHalf | undefined,
  response: StreamHalf | undefined,
): readonly ConversationMessage[] {
  if (request?.messages?.isLimited || response?.messages?.isLimited) stream.report("message-limit");
  const all = [
    ...(request?.messages?.kept ?? []).map((message) => ({ message, from: "client" as const })),
    ...(response?.messages?.kept ?? []).map((message) => ({ message, from: "server" as const })),
  ];
  return all
    .sort((a, b) => a.message.order - b.message.order)
    .map(({ message: { time, bytes, size, truncated, compressed, trailers }, from }) => ({
      from,
      time,
      kind: trailers ? "trailers" : "message",
      bytes,
      size,
      truncated,
      compressed,
    }));
}

/** From the trailers, or from a head that is all there is ("Trailers-Only"). */
function readGrpcStatus(response: StreamHalf | undefined): GrpcApplication {
  const facts = response?.trailerFacts?.grpcStatus === undefined ? response?.facts : response.trailerFacts;
  const status = facts?.grpcStatus === undefined ? undefined : parseGrpcStatus(facts.grpcStatus);
  const statusName = status === undefined ? undefined : nameGrpcStatus(status);
  return {
    name: "grpc",
    ...(status !== undefined && { status }),
    ...(statusName !== undefined && { statusName }),
    ...(facts?.grpcMessage !== undefined && { message: decodeGrpcStatusMessage(facts.grpcMessage) }),
  };
}

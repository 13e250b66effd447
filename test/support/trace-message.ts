/** Our plain trace values as messages of protobuf-es, which is the reference that our encoders are held against. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Timestamp } from "../../src/model/index.ts";
import { type AddressSchema, SocketAddress_Protocol } from "../../src/wire/envoy/gen/envoy/config/core/v3/base_pb.js";
import { type Trace, TraceSchema } from "../../src/wire/envoy/gen/envoy/data/tap/v2alpha/trace_pb.js";
import {
  type BodySchema,
  type ConnectionSchema,
  type HttpBufferedTrace_MessageSchema,
  type SocketEventSchema,
  type TraceWrapper as TraceWrapperMessage,
  TraceWrapperSchema,
} from "../../src/wire/envoy/gen/envoy/data/tap/v3/trace_pb.js";
import type {
  CaptureTrace,
  HttpTraceMessage,
  TraceAddress,
  TraceBody,
  TraceConnection,
  TraceEvent,
  TraceWrapper,
} from "../../src/wire/envoy/index.ts";

type TraceInit = Exclude<Exclude<MessageInitShape<typeof TraceWrapperSchema>, TraceWrapperMessage>["trace"], undefined>;
type CaptureInit = MessageInitShape<typeof TraceSchema>;

export function toMessage(wrapper: TraceWrapper): TraceWrapperMessage {
  const rate = wrapper.configuredSampleRate;
  return create(TraceWrapperSchema, {
    trace: toTrace(wrapper.trace),
    ...(rate && {
      configuredSampleRate: {
        numerator: rate.numerator,
        denominator: ["HUNDRED", "TEN_THOUSAND", "MILLION"].indexOf(rate.denominator),
      },
    }),
  });
}

export function toCaptureMessage(trace: CaptureTrace): Trace {
  const message: CaptureInit = {
    connection: { id: trace.id ?? 0n, ...(trace.connection && toAddresses(trace.connection)) },
    events: trace.events.map((event) => ({
      ...time("timestamp", event.timestamp),
      eventSelector:
        event.kind === "read"
          ? { case: "read", value: { data: event.data } }
          : event.kind === "write"
            ? { case: "write", value: { data: event.data, endStream: event.endStream === true } }
            : { case: undefined },
    })),
  };
  return create(TraceSchema, message);
}

function toTrace(trace: TraceWrapper["trace"]): TraceInit {
  switch (trace.kind) {
    case "socket-buffered":
      return {
        case: "socketBufferedTrace",
        value: {
          traceId: trace.traceId,
          ...(trace.connection && { connection: toConnection(trace.connection) }),
          events: trace.events.map(toEvent),
          readTruncated: trace.readTruncated,
          writeTruncated: trace.writeTruncated,
        },
      };
    case "socket-streamed": {
      const piece = trace.piece;
      return {
        case: "socketStreamedTraceSegment",
        value: {
          traceId: trace.traceId,
          messagePiece:
            piece === undefined
              ? { case: undefined }
              : piece.kind === "connection"
                ? { case: "connection", value: toConnection(piece.connection) }
                : piece.kind === "event"
                  ? { case: "event", value: toEvent(piece.event) }
                  : { case: "events", value: { events: piece.events.map(toEvent) } },
        },
      };
    }
    case "http-buffered":
      return {
        case: "httpBufferedTrace",
        value: {
          ...(trace.request && { request: toHttpMessage(trace.request) }),
          ...(trace.response && { response: toHttpMessage(trace.response) }),
          ...(trace.downstreamConnection && { downstreamConnection: toConnection(trace.downstreamConnection) }),
          ...(trace.upstreamConnection && { upstreamConnection: toConnection(trace.upstreamConnection) }),
        },
      };
    case "http-streamed": {
      const piece = trace.piece;
      const name = piece?.kind.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
      const value =
        piece === undefined
          ? undefined
          : "body" in piece
            ? toBody(piece.body)
            : { headers: piece.headers.map((header) => ({ ...header })) };
      return {
        case: "httpStreamedTraceSegment",
        value: { traceId: trace.traceId, messagePiece: { case: name, value } as never },
      };
    }
  }
}

function toEvent(event: TraceEvent): MessageInitShape<typeof SocketEventSchema> {
  const data = event.data && { data: toBody(event.data) };
  return {
    ...time("timestamp", event.timestamp),
    eventSelector:
      event.kind === "read"
        ? { case: "read", value: { ...data } }
        : event.kind === "write"
          ? { case: "write", value: { ...data, endStream: event.endStream === true } }
          : event.kind === "closed"
            ? { case: "closed", value: {} }
            : { case: undefined },
    ...(event.connection && { connection: toConnection(event.connection) }),
    seqNum: event.seqNum ?? 0n,
  };
}

function toHttpMessage(message: HttpTraceMessage): MessageInitShape<typeof HttpBufferedTrace_MessageSchema> {
  return {
    headers: message.headers.map((header) => ({ ...header })),
    ...(message.body && { body: toBody(message.body) }),
    trailers: message.trailers.map((header) => ({ ...header })),
    ...time("headersReceivedTime", message.headersReceivedTime),
  };
}

function toBody(body: TraceBody): MessageInitShape<typeof BodySchema> {
  return {
    bodyType:
      body.asString !== undefined
        ? { case: "asString", value: body.asString }
        : body.asBytes !== undefined
          ? { case: "asBytes", value: body.asBytes }
          : { case: undefined },
    truncated: body.truncated,
  };
}

function toConnection(connection: TraceConnection): MessageInitShape<typeof ConnectionSchema> {
  return toAddresses(connection);
}

function toAddresses(connection: TraceConnection) {
  return {
    ...(connection.localAddress && { localAddress: toAddress(connection.localAddress) }),
    ...(connection.remoteAddress && { remoteAddress: toAddress(connection.remoteAddress) }),
  };
}

function toAddress(address: TraceAddress): MessageInitShape<typeof AddressSchema> {
  switch (address.kind) {
    case "socket":
      return {
        address: {
          case: "socketAddress",
          value: {
            protocol: address.protocol === "UDP" ? SocketAddress_Protocol.UDP : SocketAddress_Protocol.TCP,
            address: address.address,
            portSpecifier:
              address.portValue !== undefined
                ? { case: "portValue", value: address.portValue }
                : address.namedPort !== undefined
                  ? { case: "namedPort", value: address.namedPort }
                  : { case: undefined },
            resolverName: address.resolverName ?? "",
            ipv4Compat: address.ipv4Compat === true,
            networkNamespaceFilepath: address.networkNamespaceFilepath ?? "",
          },
        },
      };
    case "pipe":
      return { address: { case: "pipe", value: { path: address.path, mode: address.mode ?? 0 } } };
    case "internal":
      return {
        address: {
          case: "envoyInternalAddress",
          value: {
            addressNameSpecifier:
              address.serverListenerName !== undefined
                ? { case: "serverListenerName", value: address.serverListenerName }
                : { case: undefined },
            endpointId: address.endpointId ?? "",
          },
        },
      };
    case "none":
      return {};
  }
}

function time<K extends string>(key: K, value: Timestamp | undefined) {
  return value && { [key]: { ...timestampFromMs(0), seconds: BigInt(value.seconds), nanos: value.nanos } };
}

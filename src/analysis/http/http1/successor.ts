import type { AnalysisContext, ProtocolAnalyzer, UpgradedRequest } from "../../protocol-analyzer.ts";
import { senderOf } from "../../protocol-analyzer.ts";
import { WebSocketAnalyzer } from "../websocket/websocket-analyzer.ts";
import type { Http1Message } from "./http1-message.ts";
import { ObservedTunnel } from "./observed-tunnel.ts";
import { buildRequest, type PendingExchange } from "./pending-exchange.ts";

/**
 * Who takes a connection over that has left HTTP/1: after `101 Switching Protocols` the protocol that its Upgrade field names
 * (RFC 9110 §7.8), after a 2xx response to CONNECT whatever the tunnel carries.
 *
 * The exchange becomes the WebSocket's, or HTTP/2's stream 1; otherwise it is emitted here.
 */
export function createSuccessor(context: AnalysisContext, exchange: PendingExchange): ProtocolAnalyzer {
  exchange.requestOver = true;
  exchange.responseOver = true;
  const protocol = exchange.response?.status === 101 ? upgradeOf(exchange) : undefined;
  if (protocol === "websocket") return observeTunnel(context, exchange, new WebSocketAnalyzer(context, exchange));
  if (protocol !== undefined && exchange.request !== undefined && exchange.response !== undefined) {
    const upgrade = describeUpgrade(context, exchange, exchange.request, exchange.response);
    const successor = context.createUpgraded(protocol, upgrade);
    if (successor !== undefined) return successor;
  }
  const tunnel = observeTunnel(context, exchange, context.detectInside());
  context.emit(exchange.build(context.connection, true));
  return tunnel;
}

function observeTunnel(context: AnalysisContext, { id }: PendingExchange, inside: ProtocolAnalyzer): ProtocolAnalyzer {
  const observer = context.observesStreams ? context.tunnelObserver(id) : undefined;
  return observer === undefined ? inside : new ObservedTunnel(context, inside, observer);
}

/** The protocol that the connection switched to, in lower case. */
function upgradeOf({ request, response }: PendingExchange): string | undefined {
  return (response?.header("upgrade") ?? request?.header("upgrade"))?.trim().toLowerCase();
}

function describeUpgrade(
  context: AnalysisContext,
  exchange: PendingExchange,
  request: Http1Message,
  response: Http1Message,
): UpgradedRequest {
  const switched = { status: response.status, headers: response.headers, time: response.started };
  const tableSize = readTableSize(request.header("http2-settings"));
  return {
    direction: senderOf(context.connection, "read") === "server" ? "write" : "read",
    request: buildRequest(request, context.connection, true),
    informational: [...(exchange.informational ?? []), switched],
    identity: { id: exchange.id, index: exchange.index },
    ...(tableSize === undefined ? {} : { tableSize }),
  };
}

/** SETTINGS_HEADER_TABLE_SIZE in an HTTP2-Settings field: the payload of a SETTINGS frame in base64url (RFC 7540 §3.2.1). */
function readTableSize(settings: string | undefined): number | undefined {
  if (settings === undefined || !/^[\w-]*$/.test(settings)) return undefined;
  let payload: string;
  try {
    payload = atob(settings.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
  let size: number | undefined;
  for (let at = 0; at + 6 <= payload.length; at += 6) {
    const [id, value] = [readNumber(payload, at, 2), readNumber(payload, at + 2, 4)];
    if (id === SETTINGS_HEADER_TABLE_SIZE) size = value;
  }
  return size;
}

const SETTINGS_HEADER_TABLE_SIZE = 1;

function readNumber(bytes: string, start: number, length: number): number {
  let value = 0;
  for (let at = start; at < start + length; at++) value = value * 256 + bytes.charCodeAt(at);
  return value;
}

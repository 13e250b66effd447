import type { Timestamp } from "../../model/index.ts";
import type { AnalysisContext, ProtocolAnalyzer } from "../protocol-analyzer.ts";
import { WebSocketAnalyzer } from "../websocket/websocket-analyzer.ts";
import { buildRequest, type PendingExchange } from "./pending-exchange.ts";

/**
 * Who takes a connection over that has left HTTP/1: after `101 Switching Protocols` the protocol that its Upgrade field names
 * (RFC 9110 §7.8), after a 2xx response to CONNECT whatever the tunnel carries.
 *
 * The exchange becomes the WebSocket's, or HTTP/2's stream 1; otherwise it is emitted here.
 */
export function createSuccessor(
  context: AnalysisContext,
  exchange: PendingExchange,
  time: Timestamp,
): ProtocolAnalyzer {
  exchange.requestOver = true;
  exchange.responseOver = true;
  const protocol = exchange.response?.status === 101 ? upgradeOf(exchange) : undefined;
  if (protocol === "websocket") return new WebSocketAnalyzer(context, exchange);
  if (protocol !== undefined && exchange.request !== undefined) {
    const request = buildRequest(exchange.request, context.connection, true);
    const successor = context.createUpgraded(protocol, {
      id: exchange.id,
      index: exchange.index,
      request,
      switched: time,
    });
    if (successor !== undefined) return successor;
  }
  context.emit(exchange.build(context.connection, true));
  return context.detectInside();
}

/** The protocol that the connection switched to, in lower case. */
function upgradeOf(exchange: PendingExchange): string | undefined {
  return (exchange.response?.header("upgrade") ?? exchange.request?.header("upgrade"))?.trim().toLowerCase();
}

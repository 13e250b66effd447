import { jsonString } from "../go/json.ts";
import { hexNumber } from "../go/text.ts";
import type { TraceNotify } from "../message/trace-notify.ts";
import {
  TraceFromCrypto,
  TraceFromHost,
  TraceFromLxc,
  TraceFromNetwork,
  TraceFromOverlay,
  TraceFromProxy,
  TraceFromStack,
  TraceToCrypto,
  TraceToHost,
  TraceToLxc,
  TraceToNetwork,
  TraceToOverlay,
  TraceToProxy,
  TraceToStack,
  traceObservationPoint,
} from "../names/observation-points.ts";
import { connState } from "../names/trace-reasons.ts";
import type { MessageBytes } from "./message-bytes.ts";
import { packetLayers, packetMember, packetSummary } from "./packet-of-notify.ts";
import type { Printer } from "./printer.ts";

/** One line: where the packet passed, its flow, and the connection. */
export function traceInfo(notify: TraceNotify, message: MessageBytes, printer: Printer): string {
  const connection = packetSummary(notify, message, printer);
  const identities = `identity ${printer.identityText(notify.srcLabel)}->${printer.identityText(notify.dstLabel)}`;
  const traceId = notify.ipTraceID > 0n ? ` [ ip-trace-id = ${notify.ipTraceID} ]` : "";
  return (
    `${traceSummary(notify, printer)}${notify.isEncrypted() ? " encrypted  flow " : " flow "}${hexNumber(notify.hash)}` +
    `${printer.atLeastV119 && printer.compat ? " , " : " "}${identities}${traceId} state ${connState(notify.reason, printer.dialect)}` +
    ` ifindex ${printer.linkText(notify.ifindex)} orig-ip ${notify.originalIP(printer.dialect)}: ${connection}\n`
  );
}

/** A line of the message's fields, then the packet's layers, or its bytes where `dissect` is false. */
export function traceVerbose(
  notify: TraceNotify,
  message: MessageBytes,
  prefix: string,
  dissect: boolean,
  printer: Printer,
): string {
  let text = `${prefix} MARK ${hexNumber(notify.hash)}`;
  if (notify.ipTraceID > 0n) text += ` [ IP-TRACE-ID = ${notify.ipTraceID} ]`;
  text +=
    ` FROM ${printer.endpointText(notify.source)} ${traceObservationPoint(notify.obsPoint, printer.dialect)}: ${notify.origLen} bytes` +
    ` (${notify.capLen} captured), state ${connState(notify.reason, printer.dialect)}`;
  if (notify.ifindex !== 0) text += `, interface ${printer.linkText(notify.ifindex)}`;
  if (notify.srcLabel !== 0 || notify.dstLabel !== 0)
    text += `${printer.atLeastV119 && printer.compat ? ", , " : ", "}identity ${printer.identityText(notify.srcLabel)}->${printer.identityText(notify.dstLabel)}`;
  text += `, orig-ip ${notify.originalIP(printer.dialect)}`;
  if (notify.dstID !== 0)
    text +=
      printer.atLeastV119 && notify.obsPoint === TraceToProxy
        ? `, to proxy-port ${notify.dstID}`
        : `, to endpoint ${printer.endpointText(notify.dstID)}`;
  message.printed = text += "\n";
  return text + packetLayers(notify, message, dissect, printer);
}

export function traceJson(notify: TraceNotify, message: MessageBytes, prefix: string, printer: Printer): string {
  const traceId = printer.atLeastV119 ? `,"IpTraceID":${notify.ipTraceID}` : "";
  return (
    `{"cpu":"${prefix}","type":"trace","mark":"${hexNumber(notify.hash)}","ifindex":${jsonString(printer.linkText(notify.ifindex), printer.atLeastV119)}` +
    `,"state":"${connState(notify.reason, printer.dialect)}","observationPoint":"${traceObservationPoint(notify.obsPoint, printer.dialect)}"` +
    `,"traceSummary":${jsonString(traceSummary(notify, printer), printer.atLeastV119)},"source":${notify.source},"bytes":${notify.origLen}` +
    `,"srcLabel":${notify.srcLabel},"dstLabel":${notify.dstLabel},"dstID":${notify.dstID}${traceId}` +
    `${packetMember(notify, message, printer)}}\n`
  );
}

/** Where the packet passed, as an arrow. */
export function traceSummary(notify: TraceNotify, printer: Printer): string {
  switch (notify.obsPoint) {
    case TraceToLxc:
      return `-> endpoint ${printer.endpointText(notify.dstID)}`;
    case TraceToProxy:
      return printer.atLeastV119 && notify.dstID !== 0 ? `-> proxy port ${notify.dstID}` : "-> proxy";
    case TraceToHost:
      return "-> host from";
    case TraceToStack:
      return "-> stack";
    case TraceToOverlay:
      return "-> overlay";
    case TraceToNetwork:
      return "-> network";
    case TraceFromLxc:
      return `<- endpoint ${printer.endpointText(notify.source)}`;
    case TraceFromProxy:
      return "<- proxy";
    case TraceFromHost:
      return "<- host";
    case TraceFromStack:
      return "<- stack";
    case TraceFromOverlay:
      return "<- overlay";
    case TraceFromNetwork:
      return "<- network";
    case TraceFromCrypto:
      return printer.atLeastV119 ? "<- crypto" : "unknown trace";
    case TraceToCrypto:
      return printer.atLeastV119 ? "-> crypto" : "unknown trace";
    default:
      return "unknown trace";
  }
}

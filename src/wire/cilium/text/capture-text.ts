import { connectionSummary, dissectText } from "../dissect/packet-text.ts";
import { jsonString } from "../go/json.ts";
import { hexNumber } from "../go/text.ts";
import type { DebugCapture } from "../message/debug-capture.ts";
import type { RecorderCapture } from "../message/recorder-capture.ts";
import { captureMessage, capturePrefix } from "../names/capture-names.ts";
import type { MessageBytes } from "./message-bytes.ts";
import type { Printer } from "./printer.ts";

/** One line; none of the captures that are not summarised. */
export function captureInfo(capture: DebugCapture, message: MessageBytes, printer: Printer): string {
  const prefix = capturePrefix(capture, (index) => printer.linkText(index));
  return prefix === "" ? "" : `${prefix}: ${summarize(capture, message, printer)}\n`;
}

/** A line of the message's fields, then the packet's layers, or its bytes where `dissect` is false. */
export function captureVerbose(
  capture: DebugCapture,
  message: MessageBytes,
  prefix: string,
  dissect: boolean,
  printer: Printer,
): string {
  const text =
    `${prefix} MARK ${hexNumber(capture.hash)} FROM ${printer.endpointText(capture.source)} DEBUG: ${capture.len} bytes, ${captureMessage(capture)}` +
    // v1.19 forgets the line's end.
    `${printer.atLeastV119 && printer.compat ? "" : "\n"}`;
  message.printed = text;
  const packet = message.start + capture.dataOffset();
  if (capture.len === 0 || message.end <= packet) return text;
  return text + dissectText(printer.dissector, dissect, message.bytes, packet, message.end, message.limit, undefined);
}

export function captureJson(capture: DebugCapture, message: MessageBytes, cpu: string, printer: Printer): string {
  const { atLeastV119 } = printer;
  const prefix = capturePrefix(capture, (index) => printer.linkText(index));
  const summary = summarize(capture, message, printer);
  return (
    `{"cpu":"${cpu}","type":"capture","mark":"${hexNumber(capture.hash)}","message":${jsonString(captureMessage(capture), atLeastV119)}` +
    `${prefix === "" ? "" : `,"prefix":${jsonString(prefix, atLeastV119)}`},"source":${capture.source},"bytes":${capture.len}` +
    `${summary === "" ? "" : `,"summary":${jsonString(summary, atLeastV119)}`}}\n`
  );
}

/** The packet of a recorder rule, as v1.10 to v1.18 print it in every mode. */
export function recorderText(capture: RecorderCapture, message: MessageBytes, printer: Printer): string {
  const packet = Math.min(message.end, message.start + capture.dataOffset());
  const head = `Recorder capture: dir:${recorderDirection(capture)} rule:${capture.ruleID} ts:${capture.timeBoot} caplen:${capture.capLen} len:${capture.len}\n`;
  const layers = dissectText(printer.dissector, true, message.bytes, packet, message.end, message.limit, undefined);
  return `${head}${layers}----\n`;
}

export function recorderJson(
  capture: RecorderCapture,
  message: MessageBytes,
  prefix: string,
  printer: Printer,
): string {
  const packet = Math.min(message.end, message.start + capture.dataOffset());
  const summary = connectionSummary(printer.dissector, message.bytes, packet, message.end, message.limit, undefined);
  return (
    `{"cpu":"${prefix}","type":"recorder","direction":"${recorderDirection(capture)}","rule":${capture.ruleID},"timeBoot":${capture.timeBoot}` +
    `,"captured":${capture.capLen},"bytes":${capture.len},"summary":${jsonString(summary, printer.atLeastV119)}}\n`
  );
}

export function recorderDirection(capture: RecorderCapture): "ingress" | "egress" {
  return capture.subType === 1 ? "ingress" : "egress";
}

function summarize(capture: DebugCapture, message: MessageBytes, printer: Printer): string {
  const packet = message.checkedOffset(message.start + capture.dataOffset());
  return connectionSummary(printer.dissector, message.bytes, packet, message.end, message.limit, undefined);
}

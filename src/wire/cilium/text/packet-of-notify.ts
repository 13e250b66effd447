import type { DecodeOptions } from "../dissect/dissector.ts";
import { connectionSummary, dissectSummaryJson, dissectText } from "../dissect/packet-text.ts";
import type { MessageBytes } from "./message-bytes.ts";
import type { Printer } from "./printer.ts";

/** A message that has a packet after its header. */
export interface PacketNotify extends DecodeOptions {
  dataOffset(): number;
  readonly capLen: number;
}

/** The packet's connection, in a few words. */
export function packetSummary(
  notify: DecodeOptions & Pick<PacketNotify, "dataOffset">,
  message: MessageBytes,
  printer: Printer,
): string {
  const packet = message.checkedOffset(message.start + notify.dataOffset());
  const options = optionsOf(notify, printer);
  return connectionSummary(printer.dissector, message.bytes, packet, message.end, message.limit, options);
}

/** The packet's layers, or its bytes where `dissect` is false; nothing where there is none. */
export function packetLayers(notify: PacketNotify, message: MessageBytes, dissect: boolean, printer: Printer): string {
  const packet = message.start + notify.dataOffset();
  if (notify.capLen === 0 || message.end <= packet) return "";
  const options = optionsOf(notify, printer);
  return dissectText(printer.dissector, dissect, message.bytes, packet, message.end, message.limit, options);
}

/** The member `summary` of a message's JSON, with the comma before it; nothing where there is no packet. */
export function packetMember(notify: PacketNotify, message: MessageBytes, printer: Printer): string {
  const packet = message.start + notify.dataOffset();
  if (notify.capLen === 0 || message.end <= packet) return "";
  const options = optionsOf(notify, printer);
  const { bytes, end, limit } = message;
  const summary = dissectSummaryJson(printer.dissector, bytes, packet, end, limit, options);
  return summary === undefined ? "" : `,"summary":${summary}`;
}

/** Earlier versions take every packet for one that begins with an Ethernet header. */
function optionsOf(notify: DecodeOptions, printer: Printer): DecodeOptions | undefined {
  return printer.atLeastV119 ? notify : undefined;
}

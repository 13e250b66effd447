import { jsonString } from "../go/json.ts";
import { hexNumber } from "../go/text.ts";
import type { DropNotify } from "../message/drop-notify.ts";
import { dropReason, dropReasonExt } from "../names/drop-reasons.ts";
import { bpfFileName } from "../names/source-files.ts";
import type { MessageBytes } from "./message-bytes.ts";
import { packetLayers, packetMember, packetSummary } from "./packet-of-notify.ts";
import type { Printer } from "./printer.ts";

/** One line: the reason, where to, where in the datapath, and the connection. */
export function dropInfo(notify: DropNotify, message: MessageBytes, printer: Printer): string {
  const connection = packetSummary(notify, message, printer);
  let text = `xx drop (${dropReasonText(notify, printer)}) flow ${hexNumber(notify.hash)} to endpoint ${printer.endpointText(notify.dstID)}, `;
  if (printer.atLeastV119 && printer.compat) {
    text += `ifindex ${notify.ifindex}, file ${bpfFileName(notify.file, printer.dialect)}:${notify.line}, `;
    text += notify.ipTraceID > 0n ? ` [ ip-trace-id = ${notify.ipTraceID} ], ` : ", ";
  } else {
    text += placeText(notify, printer);
    if (notify.ipTraceID > 0n) text = `${text.slice(0, -2)} [ ip-trace-id = ${notify.ipTraceID} ], `;
  }
  return `${text}identity ${printer.identityText(notify.srcLabel)}->${printer.identityText(notify.dstLabel)}: ${connection}\n`;
}

/** A line of the message's fields, then the packet's layers, or its bytes where `dissect` is false. */
export function dropVerbose(
  notify: DropNotify,
  message: MessageBytes,
  prefix: string,
  dissect: boolean,
  printer: Printer,
): string {
  let text =
    `${prefix} MARK ${hexNumber(notify.hash)} FROM ${printer.endpointText(notify.source)} DROP: ${notify.origLen} bytes` +
    `, reason ${dropReasonText(notify, printer)}`;
  if (notify.srcLabel !== 0 || notify.dstLabel !== 0)
    text += `, identity ${printer.identityText(notify.srcLabel)}->${printer.identityText(notify.dstLabel)}`;
  if (notify.dstID !== 0) text += `, to endpoint ${printer.endpointText(notify.dstID)}`;
  if (notify.ipTraceID > 0n)
    text += printer.compat ? `\n [ IP-TRACE-ID=${notify.ipTraceID}` : ` [ IP-TRACE-ID = ${notify.ipTraceID} ]\n`;
  else text += "\n";
  message.printed = text;
  return text + packetLayers(notify, message, dissect, printer);
}

export function dropJson(notify: DropNotify, message: MessageBytes, prefix: string, printer: Printer): string {
  const hasIfindex = printer.atLeastV119 || notify.hasIfindex;
  const place =
    hasIfindex || notify.hasPlace ? `,"Line":${notify.line},"File":${notify.file},"ExtError":${notify.extError}` : "";
  const link = hasIfindex ? `,"Ifindex":${notify.ifindex}` : "";
  const traceId = notify.ipTraceID > 0n ? `,"IPTraceID":${notify.ipTraceID}` : "";
  return (
    `{"cpu":"${prefix}","type":"drop","mark":"${hexNumber(notify.hash)}","reason":${jsonString(dropReasonText(notify, printer), printer.atLeastV119)}` +
    `,"source":${notify.source},"bytes":${notify.origLen},"srcLabel":${notify.srcLabel},"dstLabel":${notify.dstLabel},"dstID":${notify.dstID}` +
    `${place}${link}${traceId}${packetMember(notify, message, printer)}}\n`
  );
}

/** The reason, with the extended error where the message has one. */
export function dropReasonText(notify: DropNotify, printer: Printer): string {
  if (printer.atLeastV119) return dropReasonExt(notify.subType, notify.extError, printer.dialect);
  // Some numbers mean something else since (136, 161), and v1.9 has no names for others.
  return notify.hasPlace ? dropReasonExt(notify.subType, notify.extError) : dropReason(notify.subType, printer.dialect);
}

/** Where in the datapath, of messages that say it: in v1.9's dialect the file's number, whose meaning changes with the version. */
function placeText(notify: DropNotify, printer: Printer): string {
  if (!notify.hasPlace) return "";
  if (!printer.atLeastV119 && notify.line === 0) return "";
  const file = printer.atLeastV119 ? bpfFileName(notify.file, printer.dialect) : `${notify.file}`;
  const link = printer.compat ? `${notify.ifindex}` : printer.linkText(notify.ifindex);
  return `${notify.hasIfindex ? `ifindex ${link}, ` : ""}file ${file}:${notify.line}, `;
}

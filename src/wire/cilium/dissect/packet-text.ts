import { hexDump } from "../go/text.ts";
import { summarizeConnection } from "./connection-info.ts";
import { writeDissectSummary, writeLayerLines } from "./dissect-summary.ts";
import type { DecodeOptions, Dissector, LayerStack } from "./dissector.ts";

/** Go's GetConnectionSummary. */
export function connectionSummary(
  dissector: Dissector,
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
  options: DecodeOptions | undefined,
): string {
  if (start >= end) {
    dissector.clear();
    return "[unknown]";
  }
  const error = dissector.decodeOuter(bytes, start, end, limit, options);
  if (!dissector.isGopacket15) return summarizeConnection(dissector);
  if (error !== undefined || dissector.decodeInner(options) !== undefined) return "[error]";
  return summarizeConnection(dissector);
}

/** Go's GetDissectSummary as JSON; undefined where Go gives nil, which leaves the member out. */
export function dissectSummaryJson(
  dissector: Dissector,
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
  options: DecodeOptions | undefined,
): string | undefined {
  const error = dissector.decodeOuter(bytes, start, end, limit, options);
  if (dissector.isGopacket15) {
    if (error !== undefined) return undefined;
    // A tunnel that cannot be decoded is shown as the packet outside of it.
    if (dissector.decodeInner(options) !== undefined) dissector.inner.count = 0;
  }
  return writeDissectSummary(dissector);
}

/** Go's Dissect: the layers as lines, or with `dissect` false the bytes in hexadecimal. */
export function dissectText(
  dissector: Dissector,
  dissect: boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
  limit: number,
  options: DecodeOptions | undefined,
): string {
  if (!dissect) return hexDump(bytes, start, end);
  if (dissector.isGopacket15 && start >= end) {
    dissector.clear();
    return "";
  }
  const error = dissector.decodeOuter(bytes, start, end, limit, options);
  const outer = stackText(dissector.outer, error, dissector.isGopacket15);
  if (!dissector.isGopacket15) return outer;
  const innerError = dissector.decodeInner(options);
  if (options === undefined || (!options.isVXLAN && !options.isGeneve)) return outer;
  return outer + stackText(dissector.inner, innerError, true);
}

function stackText(stack: LayerStack, error: string | undefined, isGopacket15: boolean): string {
  let text = writeLayerLines(stack);
  if (stack.truncated) text += "  Packet has been truncated\n";
  if (isGopacket15 && error !== undefined) text += `  Failed to decode layer: ${error}\n`;
  return text;
}

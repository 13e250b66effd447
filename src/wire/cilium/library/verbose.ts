import type { DissectSummary } from "../dissect/dissect-summary.ts";
import { withGoJson } from "../go/json-value.ts";
import { hexNumber } from "../go/text.ts";
import type { DebugCapture } from "../message/debug-capture.ts";
import type { DropNotify } from "../message/drop-notify.ts";
import type { TraceNotify } from "../message/trace-notify.ts";
import { captureMessage, capturePrefix } from "../names/capture-names.ts";
import { traceObservationPoint } from "../names/observation-points.ts";
import { connState } from "../names/trace-reasons.ts";
import { dropReasonText } from "../text/drop-text.ts";
import { traceSummary } from "../text/trace-text.ts";
import { type PrinterOptions, printerFor } from "./printer-for.ts";

/**
 * The `…Verbose` structs of Go: what `-j` prints, as objects whose members are named as in the JSON, and of which
 * `JSON.stringify` gives Go's JSON.
 */

export interface TraceNotifyVerbose {
  cpu?: string;
  type: string;
  mark: string;
  ifindex: string;
  state: string;
  observationPoint: string;
  traceSummary: string;
  source: number;
  bytes: number;
  srcLabel: number;
  dstLabel: number;
  dstID: number;
  /** v1.19 and later. */
  IpTraceID?: bigint;
  summary?: DissectSummary;
}

export function traceNotifyToVerbose(notify: TraceNotify, options?: PrinterOptions): TraceNotifyVerbose {
  const printer = printerFor(options);
  return withGoJson(
    {
      type: "trace",
      mark: hexNumber(notify.hash),
      ifindex: printer.linkText(notify.ifindex),
      state: connState(notify.reason, printer.dialect),
      observationPoint: traceObservationPoint(notify.obsPoint, printer.dialect),
      traceSummary: traceSummary(notify, printer),
      source: notify.source,
      bytes: notify.origLen,
      srcLabel: notify.srcLabel,
      dstLabel: notify.dstLabel,
      dstID: notify.dstID,
      ...(printer.atLeastV119 ? { IpTraceID: notify.ipTraceID } : {}),
    },
    printer.atLeastV119,
  );
}

export interface DropNotifyVerbose {
  cpu?: string;
  type: string;
  mark: string;
  reason: string;
  source: number;
  bytes: number;
  srcLabel: number;
  dstLabel: number;
  dstID: number;
  /** v1.13 and later, as the three below. */
  Line?: number;
  File?: number;
  ExtError?: number;
  Ifindex?: number;
  /** v1.19 and later. */
  IPTraceID?: bigint;
  summary?: DissectSummary;
}

export function dropNotifyToVerbose(notify: DropNotify, options?: PrinterOptions): DropNotifyVerbose {
  const printer = printerFor(options);
  const { line, file, extError, ifindex, ipTraceID } = notify;
  return withGoJson(
    {
      type: "drop",
      mark: hexNumber(notify.hash),
      reason: dropReasonText(notify, printer),
      source: notify.source,
      bytes: notify.origLen,
      srcLabel: notify.srcLabel,
      dstLabel: notify.dstLabel,
      dstID: notify.dstID,
      ...(notify.hasPlace ? { Line: line, File: file, ExtError: extError } : {}),
      ...(notify.hasIfindex ? { Ifindex: ifindex } : {}),
      ...(ipTraceID > 0n ? { IPTraceID: ipTraceID } : {}),
    },
    printer.atLeastV119,
  );
}

export interface DebugCaptureVerbose {
  cpu?: string;
  type: string;
  mark: string;
  message: string;
  prefix?: string;
  source: number;
  bytes: number;
  summary?: string;
}

export function debugCaptureToVerbose(capture: DebugCapture, options?: PrinterOptions): DebugCaptureVerbose {
  const printer = printerFor(options);
  const prefix = capturePrefix(capture, (index) => printer.linkText(index));
  return withGoJson(
    {
      type: "capture",
      mark: hexNumber(capture.hash),
      message: captureMessage(capture),
      ...(prefix === "" ? {} : { prefix }),
      source: capture.source,
      bytes: capture.len,
    },
    printer.atLeastV119,
  );
}

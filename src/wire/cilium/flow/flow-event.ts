import type { FlowEvent, FlowEventKind, Timestamp } from "../../../model/index.ts";
import { DEFAULT_DIALECT, type DialectChoice } from "../dialect.ts";
import { readConnectionInfo } from "../dissect/connection-info.ts";
import type { DecodeOptions } from "../dissect/dissector.ts";
import { LayerType } from "../dissect/layer-type.ts";
import { fromByteString } from "../go/byte-string.ts";
import { resolveAgentType } from "../message/agent-notify.ts";
import { type DecodedMessage, MessageDecoder } from "../message/message-decoder.ts";
import { PerDialect } from "../message/per-dialect.ts";
import { captureMessage, capturePrefix } from "../names/capture-names.ts";
import { traceObservationPoint } from "../names/observation-points.ts";
import { getPolicyActionString, policyMatchTypeName } from "../names/policy-names.ts";
import { bpfFileName } from "../names/source-files.ts";
import { connState, TraceReasonCtReply } from "../names/trace-reasons.ts";
import { type BorrowedPayload, EventSample } from "../session/payload.ts";
import { recorderDirection } from "../text/capture-text.ts";
import { debugMessageText } from "../text/debug-message-text.ts";
import { dropReasonText } from "../text/drop-text.ts";
import { policyDirection } from "../text/policy-text.ts";
import { type Names, Printer, type PrinterOptions } from "../text/printer.ts";
import { traceSummary } from "../text/trace-text.ts";
import { describeTransport, endpointMembers, type FlowAttributes, nameEnds } from "./flow-ends.ts";
import { logRecordFlow } from "./log-record-flow.ts";
import { readPacketEnds } from "./packet-ends.ts";

/** Fields that a reader adds to every event. */
export interface FlowOrigin {
  readonly time?: Timestamp;
  readonly node?: string;
}

export interface FlowEventReaderOptions extends Omit<PrinterOptions, "dialect" | "compat"> {
  /** Default `v1.9`. `auto` takes each message for what it and those before it show it to be. */
  readonly dialect?: DialectChoice;
}

/**
 * Makes flow events of monitor payloads: what filters, tables, files and the collector work on. Facts that `FlowEvent` has
 * no field for are attributes, under the names of the filter language (docs/monitor.md lists them).
 */
export class FlowEventReader {
  readonly #voices: PerDialect<Voice>;
  readonly #names: Names | undefined;
  #printer: Printer;

  constructor(options: FlowEventReaderOptions = {}) {
    this.#names = options.names;
    this.#voices = new PerDialect(options.dialect ?? DEFAULT_DIALECT, (dialect) => ({
      printer: new Printer({ ...options, dialect, compat: false }),
      decoder: new MessageDecoder(dialect, false),
    }));
    this.#printer = this.#voices.current.printer;
  }

  /** The event of a payload, or the text of what is wrong with it. Its packet is borrowed from the payload. */
  read(payload: BorrowedPayload, origin: FlowOrigin = {}): FlowEvent | string {
    const { cpu, lost, type, time } = payload;
    const base = { ...origin, ...(time === undefined ? {} : { time }), cpu };
    if (type !== EventSample)
      return { ...base, kind: "lost", summary: `${lost} events lost`, attributes: { "lost.events": Number(lost) } };
    const { bytes, start, end } = payload;
    const { printer, decoder } = this.#voices.of(bytes, start, end, payload.dialect);
    this.#printer = printer;
    const message = decoder.decode(bytes, start, end);
    if (typeof message === "string") return message;
    const found = this.#describe(message, payload);
    if (this.#names !== undefined) nameEnds(found.attributes as FlowAttributes, this.#names);
    return { ...base, ...found };
  }

  #describe(message: DecodedMessage, payload: BorrowedPayload): Omit<FlowEvent, "time" | "node" | "cpu"> {
    const printer = this.#printer;
    switch (message.kind) {
      case "trace": {
        const { notify } = message;
        const state = connState(notify.reason, printer.dialect);
        const point = traceObservationPoint(notify.obsPoint, printer.dialect);
        return this.#packetFlow("trace", payload, notify.dataOffset(), notify.capLen, notify.origLen, notify, {
          verdict: "FORWARDED",
          reason: state,
          summary: traceSummary(notify, printer),
          attributes: {
            ...ends(notify.source, notify.dstID, notify.srcLabel, notify.dstLabel),
            "flow.type": point,
            "flow.mark": notify.hash,
            "flow.interface": printer.linkText(notify.ifindex),
            "flow.original_address": notify.originalIP(printer.dialect),
            "flow.encrypted": notify.isEncrypted(),
            ...(notify.traceReason() <= TraceReasonCtReply
              ? { "flow.reply": notify.traceReason() === TraceReasonCtReply }
              : {}),
            "trace.point": point,
            "trace.state": state,
          },
        });
      }
      case "drop": {
        const { notify } = message;
        const reason = dropReasonText(notify, printer);
        const file = printer.atLeastV119 ? bpfFileName(notify.file, printer.dialect) : String(notify.file);
        return this.#packetFlow("drop", payload, notify.dataOffset(), notify.capLen, notify.origLen, notify, {
          verdict: "DROPPED",
          reason,
          summary: `dropped: ${reason}`,
          attributes: {
            ...ends(notify.source, notify.dstID, notify.srcLabel, notify.dstLabel),
            "flow.type": reason,
            "flow.mark": notify.hash,
            "drop.code": notify.subType,
            ...(notify.hasPlace ? { "drop.file": file, "drop.line": notify.line } : {}),
            ...(notify.hasIfindex ? { "flow.interface": printer.linkText(notify.ifindex) } : {}),
          },
        });
      }
      case "policy": {
        const { notify } = message;
        const ingress = notify.isTrafficIngress();
        const action = getPolicyActionString(notify.verdict, notify.isTrafficAudited());
        const match = policyMatchTypeName(notify.getPolicyMatchType(), printer.dialect);
        return this.#packetFlow("policy", payload, notify.dataOffset(), notify.capLen, notify.origLen, notify, {
          verdict: POLICY_VERDICTS[action]!,
          reason: match,
          summary: `${policyDirection(notify)} ${action}, match ${match}`,
          attributes: {
            [ingress ? "destination.endpoint" : "source.endpoint"]: notify.source,
            [ingress ? "source.identity" : "destination.identity"]: notify.remoteLabel,
            "flow.type": `policy-verdict:${match} ${policyDirection(notify).toUpperCase()}`,
            "flow.mark": notify.hash,
            "policy.action": action,
            "policy.match": match,
            "policy.direction": policyDirection(notify),
          },
        });
      }
      case "capture": {
        const { capture } = message;
        const prefix = capturePrefix(capture, (index) => printer.linkText(index));
        // The datapath has them the other way round than v1.9 reads them, and two bytes of the second.
        const other = capture.origLen & 0xffff;
        const [kept, whole] = printer.atLeastV119
          ? [capture.len, capture.origLen]
          : [Math.min(capture.len, other || capture.len), Math.max(capture.len, other)];
        return this.#packetFlow("capture", payload, capture.dataOffset(), kept, whole, undefined, {
          summary: prefix === "" ? captureMessage(capture) : `${prefix}: ${captureMessage(capture)}`,
          attributes: { "source.endpoint": capture.source, "flow.type": "capture", "flow.mark": capture.hash },
        });
      }
      case "recorder": {
        const { capture } = message;
        return this.#packetFlow("capture", payload, capture.dataOffset(), capture.capLen, capture.len, undefined, {
          summary: `recorder rule ${capture.ruleID} ${recorderDirection(capture)}`,
          attributes: { "flow.type": "recorder", "recorder.rule": capture.ruleID },
        });
      }
      case "debug": {
        const { debug } = message;
        return {
          kind: "debug",
          summary: debugMessageText(debug, printer),
          attributes: { "source.endpoint": debug.source, "flow.type": "debug", "flow.mark": debug.hash },
        };
      }
      case "socket": {
        const { notify } = message;
        return {
          kind: "socket",
          destination: { kind: "ip", address: notify.ip(printer.dialect), port: notify.dstPort },
          protocol: notify.l4ProtoStr(),
          verdict: notify.xlatePointStr().startsWith("post") ? "TRANSLATED" : "TRACED",
          summary: `${notify.xlatePointStr()} cgroup ${notify.cgroupId} socket ${notify.sockCookie}`,
          attributes: { "flow.type": notify.xlatePointStr() },
        };
      }
      case "l7":
        return logRecordFlow(message.record, printer);
      case "agent":
        return {
          kind: "agent",
          summary: `${resolveAgentType(message.notify.type, printer.dialect)}: ${fromByteString(message.notify.text)}`,
          attributes: { "flow.type": "agent", "agent.type": resolveAgentType(message.notify.type, printer.dialect) },
        };
      case "unknown":
        return {
          kind: "debug",
          summary: `unknown message type ${message.type}`,
          attributes: { "flow.type": "unknown", "flow.message_type": message.type },
        };
    }
  }

  #packetFlow(
    kind: FlowEventKind,
    payload: BorrowedPayload,
    header: number,
    captured: number,
    length: number,
    options: DecodeOptions | undefined,
    facts: { verdict?: string; reason?: string; summary: string; attributes: FlowAttributes },
  ): Omit<FlowEvent, "time" | "node" | "cpu"> {
    const { dissector, atLeastV119 } = this.#printer;
    const start = Math.min(payload.end, payload.start + header);
    // Bytes after the captured ones are padding of the perf record.
    // Two bytes of it count: v1.9 reads them with the version behind them.
    const kept = captured & 0xffff;
    const end = kept > 0 ? Math.min(payload.end, start + kept) : payload.end;
    const opts = atLeastV119 ? options : undefined;
    dissector.clear();
    if (start < end) {
      dissector.decodeOuter(payload.bytes, start, end, end, opts);
      if (dissector.decodeInner(opts) !== undefined) dissector.inner.count = 0;
    }
    const info = readConnectionInfo(dissector);
    const attributes = facts.attributes;
    const transport = describeTransport(info, this.#tcpFlags());
    if (transport !== "") attributes["flow.transport"] = transport;
    if (info.proto === "tcp") attributes["tcp.flags"] = this.#tcpFlags();
    if (opts?.isL3Device === true) attributes["flow.l3"] = true;
    return {
      kind,
      ...(info.proto === "" ? this.#endsOfOurs(payload.bytes, start, end, opts, attributes) : endpointMembers(info)),
      ...(info.proto === "" ? {} : { protocol: info.proto }),
      ...facts,
      packet: payload.bytes.subarray(start, end),
      packetLength: length,
    };
  }

  /** Ends of a packet of which Cilium's dissector finds no transport; its attributes are added to `attributes`. */
  #endsOfOurs(
    bytes: Uint8Array,
    start: number,
    end: number,
    options: DecodeOptions | undefined,
    attributes: FlowAttributes,
  ): Partial<FlowEvent> {
    const { attributes: more, ...members } = readPacketEnds(bytes, start, end, options?.isL3Device === true);
    Object.assign(attributes, more);
    return members;
  }

  #tcpFlags(): string {
    const { inner, outer } = this.#printer.dissector;
    const stack = inner.count > 0 ? inner : outer;
    return stack.count > 0 && stack.decoded[stack.count - 1] === LayerType.TCP ? stack.tcp.flagSummary() : "";
  }
}

/** State that belongs to one dialect. */
interface Voice {
  readonly printer: Printer;
  readonly decoder: MessageDecoder;
}

const POLICY_VERDICTS: Readonly<Record<string, string>> = {
  allow: "ALLOWED",
  deny: "DENIED",
  redirect: "REDIRECTED",
  audit: "AUDITED",
};

function ends(source: number, destination: number, from: number, to: number): FlowAttributes {
  return {
    "source.endpoint": source,
    "destination.endpoint": destination,
    "source.identity": from,
    "destination.identity": to,
  };
}

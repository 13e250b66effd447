import type { Dialect } from "../dialect.ts";
import {
  MessageTypeAccessLog,
  MessageTypeAgent,
  MessageTypeCapture,
  MessageTypeDebug,
  MessageTypeDrop,
  MessageTypePolicyVerdict,
  MessageTypeRecCapture,
  MessageTypeTrace,
  MessageTypeTraceSock,
} from "../names/message-types.ts";
import { type AgentNotify, AgentNotifyReader } from "./agent-notify.ts";
import { DebugCapture, readDebugCapture } from "./debug-capture.ts";
import { DebugMsg, readDebugMsg } from "./debug-msg.ts";
import { DropNotify, readDropNotify } from "./drop-notify.ts";
import { type LogRecord, LogRecordReader } from "./log-record.ts";
import { PolicyVerdictNotify, readPolicyVerdictNotify } from "./policy-verdict-notify.ts";
import { RecorderCapture, readRecorderCapture } from "./recorder-capture.ts";
import { readTraceNotify, TraceNotify } from "./trace-notify.ts";
import { readTraceSockNotify, TraceSockNotify } from "./trace-sock-notify.ts";

/** A message of any type. Texts of records and notifications are byte strings. */
export type DecodedMessage =
  | { readonly kind: "trace"; readonly notify: TraceNotify }
  | { readonly kind: "drop"; readonly notify: DropNotify }
  | { readonly kind: "policy"; readonly notify: PolicyVerdictNotify }
  | { readonly kind: "debug"; readonly debug: DebugMsg }
  | { readonly kind: "capture"; readonly capture: DebugCapture }
  | { readonly kind: "recorder"; readonly capture: RecorderCapture }
  | { readonly kind: "socket"; readonly notify: TraceSockNotify }
  | { readonly kind: "l7"; readonly record: LogRecord }
  | { readonly kind: "agent"; readonly notify: AgentNotify }
  | { readonly kind: "unknown"; readonly type: number };

/** Makes the objects that messages of the datapath are decoded into. */
export interface MessageMakers {
  readonly trace: () => TraceNotify;
  readonly drop: () => DropNotify;
  readonly policy: () => PolicyVerdictNotify;
  readonly debug: () => DebugMsg;
  readonly capture: () => DebugCapture;
}

/** Decodes messages by their first byte, each into an object of its own. */
export class MessageDecoder {
  readonly #dialect: Dialect;
  readonly #strict: boolean;
  readonly #makers: MessageMakers;
  readonly #records: LogRecordReader;
  readonly #agents = new AgentNotifyReader();

  /** @param strict take only what that Cilium version takes. */
  constructor(dialect: Dialect, strict: boolean, makers: MessageMakers = MAKERS) {
    this.#dialect = dialect;
    this.#strict = strict;
    this.#makers = makers;
    this.#records = new LogRecordReader(dialect, strict);
  }

  /** The message of `bytes[start, end)`, or the text of what is wrong with it. */
  decode(bytes: Uint8Array, start: number, end: number): DecodedMessage | string {
    if (start >= end) return "empty message";
    const dialect = this.#dialect;
    const strict = this.#strict;
    switch (bytes[start]) {
      case MessageTypeTrace: {
        const notify = this.#makers.trace();
        return readTraceNotify(notify, bytes, start, end, dialect, strict) ?? { kind: "trace", notify };
      }
      case MessageTypeDrop: {
        const notify = this.#makers.drop();
        return readDropNotify(notify, bytes, start, end, dialect, strict) ?? { kind: "drop", notify };
      }
      case MessageTypePolicyVerdict: {
        const notify = this.#makers.policy();
        return readPolicyVerdictNotify(notify, bytes, start, end, dialect, strict) ?? { kind: "policy", notify };
      }
      case MessageTypeDebug: {
        const debug = this.#makers.debug();
        return readDebugMsg(debug, bytes, start, end, dialect) ?? { kind: "debug", debug };
      }
      case MessageTypeCapture: {
        const capture = this.#makers.capture();
        return readDebugCapture(capture, bytes, start, end, dialect) ?? { kind: "capture", capture };
      }
      case MessageTypeRecCapture: {
        const capture = new RecorderCapture();
        return readRecorderCapture(capture, bytes, start, end) ?? { kind: "recorder", capture };
      }
      case MessageTypeTraceSock: {
        const notify = new TraceSockNotify();
        return readTraceSockNotify(notify, bytes, start, end, dialect, strict) ?? { kind: "socket", notify };
      }
      case MessageTypeAccessLog: {
        const { record, error } = this.#records.read(bytes, start, end);
        return error ?? { kind: "l7", record };
      }
      case MessageTypeAgent: {
        const { notify, error } = this.#agents.read(bytes, start, end);
        return error ?? { kind: "agent", notify };
      }
      default:
        return { kind: "unknown", type: bytes[start]! };
    }
  }
}

const MAKERS: MessageMakers = {
  trace: () => new TraceNotify(),
  drop: () => new DropNotify(),
  policy: () => new PolicyVerdictNotify(),
  debug: () => new DebugMsg(),
  capture: () => new DebugCapture(),
};

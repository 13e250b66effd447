import { type Dialect, isAtLeast } from "../dialect.ts";
import { DebugCapture as DebugCaptureFields, readDebugCapture } from "../message/debug-capture.ts";
import { DebugMsg as DebugMsgFields, readDebugMsg } from "../message/debug-msg.ts";
import { DropNotify as DropNotifyFields, readDropNotify } from "../message/drop-notify.ts";
import { checkDecoded } from "../message/message-error.ts";
import {
  PolicyVerdictNotify as PolicyVerdictNotifyFields,
  readPolicyVerdictNotify,
} from "../message/policy-verdict-notify.ts";
import { readTraceNotify, TraceNotify as TraceNotifyFields } from "../message/trace-notify.ts";
import { captureInfo, captureJson, captureVerbose } from "../text/capture-text.ts";
import { debugJson, debugLine, debugMessageText } from "../text/debug-message-text.ts";
import { dropInfo, dropJson, dropVerbose } from "../text/drop-text.ts";
import { policyInfo, policyJson } from "../text/policy-text.ts";
import { traceInfo, traceJson, traceVerbose } from "../text/trace-text.ts";
import {
  DEBUG,
  EARLY_CAPTURE,
  EARLY_DROP,
  EARLY_POLICY,
  EARLY_TRACE,
  goJsonOf,
  LATER_CAPTURE,
  LATER_DROP,
  LATER_POLICY,
  LATER_TRACE,
} from "./go-fields.ts";
import { type PrinterOptions, printerFor, viewMessage } from "./printer-for.ts";

/**
 * The messages of the datapath with the methods that Go's types of the same names have. The fields, and where each stands in
 * the message, are described beside the classes of `message/` that these extend.
 *
 * `data` is always the message that the object was decoded from. `dumpInfo` gives the line that `cilium monitor` prints,
 * `dumpVerbose` the text of `-vv` (with `dissect` false the packet in hexadecimal), `dumpJSON` the line of `-j`; each ends
 * with a newline. Under `compat` they throw an Error where the Go process would have stopped. `JSON.stringify` gives the JSON of
 * Go's struct.
 */

export class TraceNotify extends TraceNotifyFields {
  readonly #dialect: Dialect;

  /** @param dialect whose fields its JSON has */
  constructor(dialect: Dialect = "v1.9") {
    super();
    this.#dialect = dialect;
  }

  dumpInfo(data: Uint8Array, options?: PrinterOptions): string {
    return traceInfo(this, viewMessage(data), printerFor(options));
  }

  dumpVerbose(dissect: boolean, data: Uint8Array, prefix: string, options?: PrinterOptions): string {
    return traceVerbose(this, viewMessage(data), prefix, dissect, printerFor(options));
  }

  dumpJSON(data: Uint8Array, cpuPrefix: string, options?: PrinterOptions): string {
    return traceJson(this, viewMessage(data), cpuPrefix, printerFor(options));
  }

  /** For `JSON.stringify`: Go's JSON. */
  toJSON(): unknown {
    return goJsonOf(this, isAtLeast(this.#dialect, "v1.19") ? LATER_TRACE : EARLY_TRACE);
  }
}

export class DropNotify extends DropNotifyFields {
  readonly #dialect: Dialect;

  /** @param dialect whose fields its JSON has */
  constructor(dialect: Dialect = "v1.9") {
    super();
    this.#dialect = dialect;
  }

  dumpInfo(data: Uint8Array, options?: PrinterOptions): string {
    return dropInfo(this, viewMessage(data), printerFor(options));
  }

  dumpVerbose(dissect: boolean, data: Uint8Array, prefix: string, options?: PrinterOptions): string {
    return dropVerbose(this, viewMessage(data), prefix, dissect, printerFor(options));
  }

  dumpJSON(data: Uint8Array, cpuPrefix: string, options?: PrinterOptions): string {
    return dropJson(this, viewMessage(data), cpuPrefix, printerFor(options));
  }

  /** For `JSON.stringify`: Go's JSON. */
  toJSON(): unknown {
    return goJsonOf(this, isAtLeast(this.#dialect, "v1.19") ? LATER_DROP : EARLY_DROP);
  }
}

export class PolicyVerdictNotify extends PolicyVerdictNotifyFields {
  readonly #dialect: Dialect;

  /** @param dialect whose fields its JSON has */
  constructor(dialect: Dialect = "v1.9") {
    super();
    this.#dialect = dialect;
  }

  dumpInfo(data: Uint8Array, options?: PrinterOptions): string {
    return policyInfo(this, viewMessage(data), printerFor(options));
  }

  /** Tapline's own: Cilium has no JSON of a policy verdict. */
  dumpJSON(data: Uint8Array, cpuPrefix: string, options?: PrinterOptions): string {
    return policyJson(this, viewMessage(data), cpuPrefix, printerFor(options));
  }

  /** For `JSON.stringify`: Go's JSON. */
  toJSON(): unknown {
    return goJsonOf(this, isAtLeast(this.#dialect, "v1.19") ? LATER_POLICY : EARLY_POLICY);
  }
}

export class DebugCapture extends DebugCaptureFields {
  readonly #dialect: Dialect;

  /** @param dialect whose fields its JSON has */
  constructor(dialect: Dialect = "v1.9") {
    super();
    this.#dialect = dialect;
  }

  dumpInfo(data: Uint8Array, options?: PrinterOptions): string {
    return captureInfo(this, viewMessage(data), printerFor(options));
  }

  dumpVerbose(dissect: boolean, data: Uint8Array, prefix: string, options?: PrinterOptions): string {
    return captureVerbose(this, viewMessage(data), prefix, dissect, printerFor(options));
  }

  dumpJSON(data: Uint8Array, cpuPrefix: string, options?: PrinterOptions): string {
    return captureJson(this, viewMessage(data), cpuPrefix, printerFor(options));
  }

  /** For `JSON.stringify`: Go's JSON. */
  toJSON(): unknown {
    return goJsonOf(this, isAtLeast(this.#dialect, "v1.19") ? LATER_CAPTURE : EARLY_CAPTURE);
  }
}

export class DebugMsg extends DebugMsgFields {
  /** Nothing: `cilium monitor` shows debug messages from -v on. */
  dumpInfo(_data: Uint8Array): string {
    return "";
  }

  /** The line of `cilium monitor -v`. */
  dump(prefix: string, options?: PrinterOptions): string {
    return debugLine(this, prefix, printerFor(options));
  }

  dumpJSON(cpuPrefix: string, options?: PrinterOptions): string {
    return debugJson(this, cpuPrefix, printerFor(options));
  }

  /** The message's text alone. */
  message(options?: PrinterOptions): string {
    return debugMessageText(this, printerFor(options));
  }

  /** For `JSON.stringify`: Go's JSON. */
  toJSON(): unknown {
    return goJsonOf(this, DEBUG);
  }
}

/** @throws TaplineError `input` with Go's text when it is too short or of a version that is not known. */
export function decodeTraceNotify(data: Uint8Array, dialect: Dialect = "v1.9"): TraceNotify {
  const notify = new TraceNotify(dialect);
  checkDecoded(readTraceNotify(notify, data, 0, data.length, dialect, false));
  return notify;
}

/**
 * Headers of 32 and 36 bytes are told apart by the message's length.
 * @throws TaplineError `input` with Go's text when it is too short or of a version that is not known.
 */
export function decodeDropNotify(data: Uint8Array, dialect: Dialect = "v1.9"): DropNotify {
  const notify = new DropNotify(dialect);
  checkDecoded(readDropNotify(notify, data, 0, data.length, dialect, false));
  return notify;
}

/**
 * Headers of 32 and 40 bytes are told apart by the message's length.
 * @throws TaplineError `input` with Go's text when it is too short.
 */
export function decodePolicyVerdictNotify(data: Uint8Array, dialect: Dialect = "v1.9"): PolicyVerdictNotify {
  const notify = new PolicyVerdictNotify(dialect);
  checkDecoded(readPolicyVerdictNotify(notify, data, 0, data.length, dialect, false));
  return notify;
}

/** @throws TaplineError `input` with Go's text when it is too short. */
export function decodeDebugCapture(data: Uint8Array, dialect: Dialect = "v1.9"): DebugCapture {
  const capture = new DebugCapture(dialect);
  checkDecoded(readDebugCapture(capture, data, 0, data.length, dialect));
  return capture;
}

/** @throws TaplineError `input` with Go's text when it is too short. */
export function decodeDebugMsg(data: Uint8Array, dialect: Dialect = "v1.9"): DebugMsg {
  const message = new DebugMsg();
  checkDecoded(readDebugMsg(message, data, 0, data.length, dialect));
  return message;
}

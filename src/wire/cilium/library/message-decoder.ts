import type { Dialect } from "../dialect.ts";
import {
  type DecodedMessage as DecodedFields,
  MessageDecoder as FieldsDecoder,
  type MessageMakers,
} from "../message/message-decoder.ts";
import { DebugCapture, DebugMsg, DropNotify, PolicyVerdictNotify, TraceNotify } from "./go-methods.ts";

/** A message of any type. Texts of records and notifications are byte strings: one character a byte. */
export type DecodedMessage =
  | { readonly kind: "trace"; readonly notify: TraceNotify }
  | { readonly kind: "drop"; readonly notify: DropNotify }
  | { readonly kind: "policy"; readonly notify: PolicyVerdictNotify }
  | { readonly kind: "debug"; readonly debug: DebugMsg }
  | { readonly kind: "capture"; readonly capture: DebugCapture }
  | Extract<DecodedFields, { readonly kind: "recorder" | "socket" | "l7" | "agent" | "unknown" }>;

/** Decodes messages by their first byte, each into an object of its own that has the methods of Go's type. */
export class MessageDecoder extends FieldsDecoder {
  /** @param strict take only what that Cilium version takes. */
  constructor(dialect: Dialect, strict: boolean) {
    super(dialect, strict, makersOf(dialect));
  }

  /** The message of `bytes[start, end)`, or the text of what is wrong with it. */
  override decode(bytes: Uint8Array, start: number, end: number): DecodedMessage | string {
    return super.decode(bytes, start, end) as DecodedMessage | string;
  }
}

function makersOf(dialect: Dialect): MessageMakers {
  return {
    trace: () => new TraceNotify(dialect),
    drop: () => new DropNotify(dialect),
    policy: () => new PolicyVerdictNotify(dialect),
    debug: () => new DebugMsg(),
    capture: () => new DebugCapture(dialect),
  };
}

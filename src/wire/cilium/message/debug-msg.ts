import type { Dialect } from "../dialect.ts";
import { nativeUint16, nativeUint32 } from "../go/read-native.ts";
import { endOfMessage } from "./message-error.ts";

/** Bytes of the message. */
export const DebugMsgLen = 20;

/**
 * A debug message: a number that says what happened, and three arguments.
 *
 *     0 Type | 1 SubType | 2 Source:2 | 4 Hash:4 | 8 Arg1:4 | 12 Arg2:4 | 16 Arg3:4
 */
export class DebugMsg {
  type = 0;
  subType = 0;
  source = 0;
  hash = 0;
  arg1 = 0;
  arg2 = 0;
  arg3 = 0;
}

/** Decodes `bytes[start, end)` into `into`. Gives Go's error text; `into` is all zero then, as it is in Go. */
export function readDebugMsg(
  into: DebugMsg,
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
): string | undefined {
  const length = end - start;
  if (length < DebugMsgLen) {
    Object.assign(into, new DebugMsg());
    return dialect === "v1.9"
      ? endOfMessage(length)
      : `unexpected DebugMsg data length, expected ${DebugMsgLen} but got ${length}`;
  }
  into.type = bytes[start]!;
  into.subType = bytes[start + 1]!;
  into.source = nativeUint16(bytes, start + 2);
  into.hash = nativeUint32(bytes, start + 4);
  into.arg1 = nativeUint32(bytes, start + 8);
  into.arg2 = nativeUint32(bytes, start + 12);
  into.arg3 = nativeUint32(bytes, start + 16);
  return undefined;
}

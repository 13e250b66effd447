import type { Dialect } from "../dialect.ts";
import { nativeUint16, nativeUint32 } from "../go/read-native.ts";
import { endOfMessage } from "./message-error.ts";

/** Bytes of the header. */
export const DebugCaptureLen = 24;

/**
 * A packet captured for debugging.
 *
 *     0 Type | 1 SubType | 2 Source:2 | 4 Hash:4 | 8 Len:4 | 12 OrigLen:4 | 16 Arg1:4 | 20 Arg2:4                       v1.9
 *     0 Type | 1 SubType | 2 Source:2 | 4 Hash:4 | 8 OrigLen:4 | 12 Len:2 | 14 Version | 15 ExtVersion | 16 Arg1:4 | …  v1.19
 */
export class DebugCapture {
  type = 0;
  subType = 0;
  source = 0;
  hash = 0;
  /** Bytes captured. */
  len = 0;
  /** Bytes of the packet. */
  origLen = 0;
  version = 0;
  extVersion = 0;
  arg1 = 0;
  arg2 = 0;

  /** Where the packet begins in the message. */
  dataOffset(): number {
    return DebugCaptureLen;
  }
}

/** Decodes `bytes[start, end)` into `into`. Gives Go's error text; `into` is all zero then, as it is in Go. */
export function readDebugCapture(
  into: DebugCapture,
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
): string | undefined {
  const length = end - start;
  if (length < DebugCaptureLen) {
    Object.assign(into, new DebugCapture());
    return dialect === "v1.9"
      ? endOfMessage(length)
      : `unexpected DebugCapture data length, expected ${DebugCaptureLen} but got ${length}`;
  }
  into.type = bytes[start]!;
  into.subType = bytes[start + 1]!;
  into.source = nativeUint16(bytes, start + 2);
  into.hash = nativeUint32(bytes, start + 4);
  if (dialect === "v1.9") {
    into.len = nativeUint32(bytes, start + 8);
    into.origLen = nativeUint32(bytes, start + 12);
  } else {
    into.origLen = nativeUint32(bytes, start + 8);
    into.len = nativeUint16(bytes, start + 12);
    into.version = bytes[start + 14]!;
    into.extVersion = bytes[start + 15]!;
  }
  into.arg1 = nativeUint32(bytes, start + 16);
  into.arg2 = nativeUint32(bytes, start + 20);
  return undefined;
}

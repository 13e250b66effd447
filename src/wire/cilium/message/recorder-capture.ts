import { goJsonValue } from "../go/json-value.ts";
import { nativeUint16, nativeUint32, nativeUint64 } from "../go/read-native.ts";
import { checkDecoded, endOfMessage } from "./message-error.ts";

/** Bytes of the header. */
export const RecorderCaptureLen = 24;

/**
 * A packet that a recorder rule matched (v1.10 to v1.18).
 *
 *     0 Type | 1 SubType (1 is ingress) | 2 RuleID:2 | 4 Reserved:4 | 8 TimeBoot:8 | 16 CapLen:4 | 20 Len:4
 */
export class RecorderCapture {
  type = 0;
  subType = 0;
  ruleID = 0;
  reserved = 0;
  /** Nanoseconds since boot. */
  timeBoot = 0n;
  capLen = 0;
  len = 0;

  dataOffset(): number {
    return RecorderCaptureLen;
  }

  /** For `JSON.stringify`: Go's JSON. */
  toJSON(): unknown {
    const { type: Type, subType: SubType, ruleID: RuleID, reserved: Reserved } = this;
    const { timeBoot: TimeBoot, capLen: CapLen, len: Len } = this;
    return goJsonValue({ Type, SubType, RuleID, Reserved, TimeBoot, CapLen, Len });
  }
}

/** @throws TaplineError `input` with Go's text when it is too short. */
export function decodeRecorderCapture(data: Uint8Array): RecorderCapture {
  const capture = new RecorderCapture();
  checkDecoded(readRecorderCapture(capture, data, 0, data.length));
  return capture;
}

/** Decodes `bytes[start, end)` into `into`, or gives Go's error text. */
export function readRecorderCapture(
  into: RecorderCapture,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  if (end - start < RecorderCaptureLen) return endOfMessage(end - start);
  into.type = bytes[start]!;
  into.subType = bytes[start + 1]!;
  into.ruleID = nativeUint16(bytes, start + 2);
  into.reserved = nativeUint32(bytes, start + 4);
  into.timeBoot = nativeUint64(bytes, start + 8);
  into.capLen = nativeUint32(bytes, start + 16);
  into.len = nativeUint32(bytes, start + 20);
  return undefined;
}

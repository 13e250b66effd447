import { type ConversationMessage, formatTimestamp, isKnownTime, type Timestamp } from "../../../model/index.ts";
import { encodeBase64, encodeContent } from "../../../wire/text/content-text.ts";

/** As Chrome's network panel exports them: text as it is, binary in base64; control frames have their opcodes. */
export function webSocketMessage({ from, time, kind, bytes, size, truncated }: ConversationMessage): object[] {
  const opcode = OPCODES[kind];
  if (opcode === undefined) return [];
  const content = encodeContent(bytes);
  return [
    {
      type: from === "client" ? "send" : "receive",
      ...momentFields(time),
      opcode,
      data: opcode === 1 && "text" in content ? content.text : encodeBase64(bytes),
      ...(truncated && { _truncated: true, _size: size }),
    },
  ];
}

const OPCODES: Readonly<Record<string, number>> = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

export function eventSourceMessage({ from, time, kind, bytes, size, truncated }: ConversationMessage): object {
  return {
    from,
    ...momentFields(time),
    ...(kind !== "event" && { _kind: kind }),
    size,
    ...encodeContent(bytes),
    ...(truncated && { _truncated: true }),
  };
}

export function grpcMessage({ from, time, kind, bytes, size, truncated, compressed }: ConversationMessage): object {
  return {
    from,
    ...momentFields(time),
    ...(kind !== "message" && { _kind: kind }),
    size,
    ...encodeContent(bytes),
    ...(truncated && { _truncated: true }),
    ...(compressed !== undefined && { compressed }),
  };
}

/** The seconds are Chrome's, as exact as a number can be. */
function momentFields(time: Timestamp): object {
  if (!isKnownTime(time)) return { time: 0, _timeUnknown: true };
  return { time: time.seconds + time.nanos / 1e9, _time: formatTimestamp(time) };
}

import { goJsonValue } from "../go/json-value.ts";
import { checkDecoded } from "../message/message-error.ts";
import {
  decodeMeta,
  encodeMeta,
  encodePayload,
  META_LENGTH,
  type Meta,
  PAYLOAD_DEFINITION,
  type Payload,
} from "../session/payload.ts";
import { PayloadSession } from "../session/payload-session.ts";

/** Go's WriteMetaPayload: what protocol 1.0 sends for an event, a Meta header and a gob stream of its own. */
export function writeMetaPayload(payload: Payload): Uint8Array {
  const value = encodePayload(payload);
  const size = PAYLOAD_DEFINITION.length + value.length;
  const bytes = new Uint8Array(META_LENGTH + size);
  bytes.set(encodeMeta({ size }), 0);
  bytes.set(PAYLOAD_DEFINITION, META_LENGTH);
  bytes.set(value, META_LENGTH + PAYLOAD_DEFINITION.length);
  return bytes;
}

/**
 * Go's ReadMetaPayload: the first event of `bytes`, whose data is a copy.
 * @throws TaplineError `input` with Go's text when it is cut or cannot be decoded
 */
export function readMetaPayload(bytes: Uint8Array): { meta: Meta; payload: Payload } {
  const meta = decodeMeta(bytes);
  if (meta === undefined) checkDecoded(bytes.length === 0 ? "EOF" : "unexpected EOF");
  let payload: Payload | undefined;
  const session = new PayloadSession({
    onPayload: ({ bytes: data, start, end, cpu, lost, type }) => {
      const Data = data.slice(start, end);
      payload ??= withToJson({ data: Data, cpu, lost, type }, () => ({ Data, CPU: cpu, Lost: lost, Type: type }));
    },
  });
  session.push(bytes.subarray(META_LENGTH, META_LENGTH + meta!.size));
  if (payload === undefined) checkDecoded(session.finish());
  return { meta: withToJson(meta!, () => ({ Size: meta!.size })), payload: payload! };
}

/** For `JSON.stringify`: Go's JSON, in which data is base64. */
function withToJson<Value extends object>(value: Value, fields: () => object): Value {
  return Object.defineProperty(value, "toJSON", { value: () => goJsonValue(fields()) });
}

import { encodePayload, PAYLOAD_DEFINITION } from "../../src/wire/cilium/index.ts";
import { TcpFlag } from "../../src/wire/packet/index.ts";
import { frameOf } from "./packets.ts";

const POD = { endpoint: 20, identity: 200, address: "10.0.1.2:40220" };
const OTHER = { endpoint: 21, identity: 201, address: "10.0.1.7:40221" };
const DATABASE = { identity: 300, address: "10.0.1.9:5432" };

/** A session of Cilium's agent on a node: a pod that is not let to its database (policy denied), and another that is. */
export function makeMonitorSession(): Uint8Array {
  const messages = [POD, OTHER, POD, POD, OTHER, POD].flatMap((from) => {
    const segment = frameOf(from.address, DATABASE.address, TcpFlag.SYN, 1000, 0, new Uint8Array(0)).subarray(0, 54);
    return from === POD ? [makeMessage(DROP, POLICY_DENIED, from, segment)] : [makeMessage(TRACE, 0, from, segment)];
  });
  return Buffer.concat([
    PAYLOAD_DEFINITION,
    ...messages.map((data) => encodePayload({ data, cpu: 1, lost: 0n, type: EVENT_SAMPLE })),
  ]);
}

/** The names that the agent's API would give. */
export const NAMES = {
  identities: { "200": "shop/cart", "201": "shop/orders", "300": "shop/db" },
  endpoints: { "20": "shop/cart-7d9", "21": "shop/orders-5c4" },
};

const DROP = 1;
const TRACE = 4;
const POLICY_DENIED = 133;
const EVENT_SAMPLE = 9;

/** DropNotify and TraceNotify (bpf/lib/drop.h, trace.h, version 0), which begin alike. */
function makeMessage(type: number, subtype: number, from: typeof POD, packet: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(32 + packet.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = type;
  bytes[1] = subtype;
  view.setUint16(2, from.endpoint, true);
  view.setUint32(4, 0xefbeadde, true);
  view.setUint32(8, packet.length, true);
  view.setUint16(12, packet.length, true);
  view.setUint32(16, from.identity, true);
  view.setUint32(20, DATABASE.identity, true);
  bytes.set(packet, 32);
  return bytes;
}

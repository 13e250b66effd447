import type { Endpoint } from "./endpoint.ts";
import type { Timestamp } from "./time/timestamp.ts";

/** One observation of a packet or a flow by the datapath. */
export interface FlowEvent {
  readonly kind: FlowEventKind;
  /** When it was observed; absent where neither the message nor the reader knows. */
  readonly time?: Timestamp;
  /** The node that saw it, where several are watched. */
  readonly node?: string;
  readonly cpu?: number;
  readonly source?: Endpoint;
  readonly destination?: Endpoint;
  /** `tcp`, `udp`, `icmp`, … */
  readonly protocol?: string;
  /** The datapath's decision, or where it saw the packet: a verdict, a drop reason, an observation point. */
  readonly verdict?: string;
  readonly reason?: string;
  /** One line for people. */
  readonly summary: string;
  /** Further facts under the names the filter language knows: endpoint ids, identities, interface, mark, … */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** The JSON document that it was read from, where that holds more than this: Hubble's. */
  readonly document?: Readonly<Record<string, unknown>>;
  /** The captured packet, from its Ethernet header on; borrowed. */
  readonly packet?: Uint8Array;
  /** Its length before it was cut to what was captured. */
  readonly packetLength?: number;
}

export type FlowEventKind =
  | "trace"
  | "drop"
  | "policy"
  | "debug"
  | "capture"
  | "socket"
  | "l7"
  | "agent"
  | "lost"
  | "retransmit"
  | "timing";

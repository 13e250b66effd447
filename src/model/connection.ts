import type { Endpoint } from "./endpoint.ts";
import type { Timestamp } from "./time/timestamp.ts";

/**
 * Who talks to whom. `local` is the end that was tapped (Envoy's vocabulary): on a downstream connection the listener's
 * side, on an upstream connection the side that dialled. Of a connection that was only overheard, `local` is the server
 * when that is known.
 *
 * A source makes one object per connection and every event refers to it; it fills in what it learns (`tls`, `closed`)
 * as it learns it.
 */
export interface Connection {
  /** Unique within the source: what traces carry as `trace_id`. */
  readonly id: bigint;
  readonly transport: "tcp" | "udp" | "pipe";
  local: Endpoint | undefined;
  remote: Endpoint | undefined;
  /** The role of `local`. */
  role: Role;
  /** When the connection was made; absent when it was joined after that. */
  opened?: Timestamp;
  /** When the transport's handshake began (the first SYN, or the dial). */
  dialled?: Timestamp;
  closed?: Timestamp;
  tls?: TlsFacts;
  /** The connection that a proxy forwards this one's bytes on, once that is made. */
  forwardedOn?: Connection;
  process?: ProcessFacts;
  /** The Kubernetes namespace of the end that was dialled, where a report or a mesh says it. */
  readonly namespace?: string;
  /** Set where a conversation was put together from a trace: the facts that the trace did not say, which must not be told as known. */
  readonly unsaid?: Unsaid;
  /** How its ends call themselves, where whoever reported it says so: an OpenTelemetry resource's `service.name`, a service of SkyWalking. */
  readonly named?: NamedEnds;
  /** The tunnel that its first packet came through. */
  readonly tunnel?: TunnelFacts;
  /** The source that saw it: a file's name, a listener's or cluster's name, an interface. */
  readonly source?: string;
  /** The kind of thing that `source` names, where it is a proxy's. */
  readonly seenAt?: "listener" | "cluster";
}

/** The role of a connection's local end. */
export type Role = "server" | "client" | "unknown";

export interface TlsFacts {
  /** `TLSv1.2`, `TLSv1.3`, … */
  version?: string;
  cipher?: string;
  sni?: string;
  /** The protocol that was negotiated. */
  alpn?: string;
  /** The protocols that the client offered. */
  alpnOffered?: readonly string[];
  /** JA4 fingerprint of the client's hello. */
  ja4?: string;
  /** When the handshake began and ended. */
  started?: Timestamp;
  finished?: Timestamp;
  /** Whether the events carry plaintext. */
  decrypted?: boolean;
}

export interface NamedEnds {
  readonly local?: string;
  readonly remote?: string;
}

/** Filled in while the conversation is put together. */
export interface Unsaid {
  /** When the messages passed. */
  requestTimes: boolean;
  responseTimes: boolean;
  /** How the messages were framed: the last field of the head was made up. */
  requestFraming: boolean;
  responseFraming: boolean;
  /** Fields of a message were left out: who wrote the trace says so. */
  fields?: boolean;
}

export interface TunnelFacts {
  /** `vxlan`, `geneve`, `gre`, `erspan`, `ip-in-ip`, `mpls`, … */
  readonly type: string;
  /** VNI, key, session, label; absent where the tunnel's header has none. */
  readonly id?: number;
  /** The ends of the tunnel, as the connection's first packet had them; absent where it is no tunnel over IP. */
  readonly source?: string;
  readonly destination?: string;
}

export interface ProcessFacts {
  readonly pid: number;
  readonly command?: string;
  readonly cgroup?: string;
  readonly pod?: string;
  readonly namespace?: string;
}

/** The end that dialled, as far as the role tells. */
export function clientOf(connection: Connection): Endpoint | undefined {
  return connection.role === "client" ? connection.local : connection.remote;
}

/** The end that was dialled, as far as the role tells. */
export function serverOf(connection: Connection): Endpoint | undefined {
  return connection.role === "client" ? connection.remote : connection.local;
}

import { defaultLimits, type LimitRows, type LimitsOf } from "../../model/index.ts";
import { DEFAULT_LIMITS } from "../limits.ts";

const MiB = 1024 * 1024;

/**
 * Every bound of the reassembly, in one place. Times are those of the packets. What a limit costs is counted
 * (`ReassemblyCounters`) or settled in the ledger under the reason named here.
 */
export const REASSEMBLY_LIMITS = {
  pendingBytes: {
    default: 8 * MiB,
    unit: "bytes",
    doc: "kept of one direction because something before them is missing; beyond, that is given up (a gap)",
  },
  totalPendingBytes: {
    default: 32 * MiB,
    unit: "bytes",
    doc: "the same for all directions together, and for the fragments of datagrams",
  },
  acknowledgedHolePackets: {
    default: 64,
    unit: "count",
    doc: "a hole that the receiver has acknowledged will not be sent again: it is given up after so many packets of its connection, …",
  },
  acknowledgedHoleSeconds: {
    default: 1,
    unit: "seconds",
    doc: "… or so long: packets are not always captured in the order in which they were sent",
  },
  holePackets: {
    default: 2048,
    unit: "count",
    doc: "any other hole is given up after so many packets of its connection, …",
  },
  holeSeconds: { default: 30, unit: "seconds", doc: "… or so long" },
  windowBytes: {
    default: 64 * MiB,
    unit: "bytes",
    doc: "how far from what is expected a segment may stand; beyond, it is held for another connection's or a forgery",
  },
  idleSeconds: { default: 7200, unit: "seconds", doc: "a connection on which nothing moves for so long is over" },
  openingSeconds: {
    default: 60,
    unit: "seconds",
    doc: "the same, for one that has not got further than its first SYN",
  },
  closedSeconds: {
    default: 30,
    unit: "seconds",
    doc: "how long a closed connection is remembered, so that late retransmissions are known for what they are",
  },
  datagramFlows: {
    default: 8192,
    unit: "count",
    doc: "pairs of ends whose datagrams are looked into, followed at once; beyond, the one that was idle longest makes room",
  },
  datagramFlowSeconds: {
    default: 30,
    unit: "seconds",
    doc: "such a pair is over when it has exchanged nothing for so long",
  },
  datagrams: {
    default: 256,
    unit: "count",
    doc: "fragmented datagrams put together at once; beyond, the oldest is dropped (`incomplete-fragments`)",
  },
  datagramSeconds: { default: 30, unit: "seconds", doc: "how long the rest of a fragmented datagram is waited for" },
} as const satisfies LimitRows;

export interface ReassemblyLimits extends LimitsOf<typeof REASSEMBLY_LIMITS> {
  /**
   * Connections followed at once, which is the analysis's limit of that name; beyond, one that is closed, half-open or idle longest
   * makes room (`evictedConnections`).
   */
  readonly connections: number;
}

export const DEFAULT_REASSEMBLY_LIMITS: ReassemblyLimits = {
  ...defaultLimits(REASSEMBLY_LIMITS),
  connections: DEFAULT_LIMITS.connections,
};

/** Counts of what no event reports, and of what the limits cost. */
export class ReassemblyCounters {
  /** Connections that were seen. */
  connections = 0;
  /** Connections that were closed to make room for others. */
  evictedConnections = 0;
  /** Connections that were idle too long. */
  timedOutConnections = 0;
  /** Pairs of ends whose datagrams were looked into, those that had to make room, and those that were idle too long. */
  datagramFlows = 0;
  evictedDatagramFlows = 0;
  timedOutDatagramFlows = 0;
  /** Holes that were given up, and the bytes that were never seen. */
  gaps = 0;
  missingBytes = 0;
  /** Bytes that came again, before they were handed on, and were not the same: the first copy was kept. */
  differingBytes = 0;
  /** Segments of the two directions that each acknowledge the other before it was sent: the order of the capture was kept. */
  contradictions = 0;
  /** Segments too far from what was expected. */
  straySegments = 0;
  /** Resets too far from what was expected: not believed. */
  strayResets = 0;
}

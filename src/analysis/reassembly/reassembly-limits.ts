/**
 * Every bound of the reassembly, in one place. Times are those of the packets. What a limit costs is counted
 * (`ReassemblyCounters`) or settled in the ledger under the reason named here.
 */
export interface ReassemblyLimits {
  /** Connections followed at once; beyond, one that is closed, half-open or idle longest makes room (`evictedConnections`). */
  readonly connections: number;
  /** Bytes of one direction kept because something before them is missing; beyond, that is given up (a gap). */
  readonly pendingBytes: number;
  /** The same for all directions together, and for the fragments of datagrams. */
  readonly totalPendingBytes: number;
  /** A hole that the receiver has acknowledged will not be sent again: it is given up after so many packets of its connection, … */
  readonly acknowledgedHolePackets: number;
  /** … or so many seconds: packets are not always captured in the order in which they were sent. */
  readonly acknowledgedHoleSeconds: number;
  /** Any other hole is given up after so many packets of its connection, … */
  readonly holePackets: number;
  /** … or so many seconds. */
  readonly holeSeconds: number;
  /** How far from what is expected a segment may stand; beyond, it is held for another connection's or a forgery. */
  readonly windowBytes: number;
  /** A connection on which nothing moves for so long is over. */
  readonly idleSeconds: number;
  /** The same, for one that has not got further than its first SYN. */
  readonly openingSeconds: number;
  /** How long a closed connection is remembered, so that late retransmissions are known for what they are. */
  readonly closedSeconds: number;
  /** Fragmented datagrams put together at once; beyond, the oldest is dropped (`incomplete-fragments`). */
  readonly datagrams: number;
  /** How long the rest of a fragmented datagram is waited for. */
  readonly datagramSeconds: number;
}

export const DEFAULT_REASSEMBLY_LIMITS: ReassemblyLimits = {
  connections: 8192,
  pendingBytes: 8 * 1024 * 1024,
  totalPendingBytes: 32 * 1024 * 1024,
  acknowledgedHolePackets: 64,
  acknowledgedHoleSeconds: 1,
  holePackets: 2048,
  holeSeconds: 30,
  windowBytes: 64 * 1024 * 1024,
  idleSeconds: 7200,
  openingSeconds: 60,
  closedSeconds: 30,
  datagrams: 256,
  datagramSeconds: 30,
};

/** What happened that no event tells, and what the limits cost. */
export class ReassemblyCounters {
  /** Connections that were seen. */
  connections = 0;
  /** Connections that were closed to make room for others. */
  evictedConnections = 0;
  /** Connections that were idle too long. */
  timedOutConnections = 0;
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

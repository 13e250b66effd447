import type { Connection, Direction } from "../model/index.ts";
import type { AnalysisContext, ProtocolAnalyzer, Sender, UpgradedRequest } from "./protocol-analyzer.ts";
import type { DatagramClaim } from "./reassembly/datagram-claim.ts";

/**
 * Recognises one protocol by its content and makes the analyzer for it. Detectors are asked in the order of `DETECTORS`, and again with
 * every piece that comes: a detector that looks at more than a few bytes remembers in `memory` how far it got, so that it looks at each
 * byte once however small the pieces are.
 */
export interface ProtocolDetector {
  /** The name in `Exchange.protocol` or of the layer: `http/1.1`, `h2`, `tls`. */
  readonly protocol: string;
  detect(sample: DetectionSample): Detection;
  /** The analyzer gets everything that was held back pushed again, in the order in which it came. */
  create(context: AnalysisContext): ProtocolAnalyzer;
  /** Whether datagrams are looked into that look like this; absent: none. */
  readonly claimsDatagram?: DatagramClaim;
  /** The other side need not show that it speaks it: its analyzer takes whatever comes. */
  readonly isOneSided?: true;
  /** The name in an Upgrade header that leads to this protocol, and how it then begins. */
  readonly upgradeToken?: string;
  createUpgraded?(context: AnalysisContext, upgrade: UpgradedRequest): ProtocolAnalyzer;
}

/** The bytes seen of one direction. */
export interface DetectionSample {
  /** Not empty; borrowed. */
  readonly data: Uint8Array;
  readonly direction: Direction;
  /** Who sends in this direction, where that is known. */
  readonly sender: Sender | undefined;
  /** The transport of the bytes. Datagrams are looked at one by one. */
  readonly transport: Connection["transport"];
  /** The bytes of the other direction from its start, as far as it is held; empty where nothing was. Borrowed. */
  readonly other: Uint8Array;
  /** The first byte is the first of the direction (or of the tunnel); otherwise it may stand in the middle of anything. */
  readonly fromStart: boolean;
  /**
   * The memory that detectors have of this sample from one call to the next, which has the same bytes and more behind them; each keeps its own
   * under itself. Absent where it is looked at once.
   */
  readonly memory?: DetectionMemory | undefined;
  /** The tap cut what follows off: no more bytes will tell. */
  readonly isCut?: boolean | undefined;
}

/** Holds for each detector how far it has looked at one sample. */
export interface DetectionMemory {
  /** Undefined before the detector remembered something. */
  recall(detector: ProtocolDetector): unknown;
  remember(detector: ProtocolDetector, known: object): void;
}

export interface Detection {
  /** `more`: it may be this protocol, and more bytes would tell. */
  readonly verdict: "yes" | "no" | "more";
  /** With `yes`: who sends in this direction, if the content shows it. */
  readonly sender?: Sender;
  /** The sender is sure even where the connection's role says otherwise: the side that accepted asks. */
  readonly reversesRole?: boolean;
}

export const NOT_DETECTED: Detection = { verdict: "no" };
export const NEEDS_MORE: Detection = { verdict: "more" };

import type { ProtocolDetector } from "./protocol-detector.ts";
import { ROWS } from "./protocols/index.ts";
import { PROXY_HEADER_DETECTOR } from "./proxy-header/proxy-header-detector.ts";
import type { DatagramClaim } from "./reassembly/datagram-claim.ts";
import { SOCKS_DETECTOR } from "./socks/socks-detector.ts";

/** Detectors that need no further input (TLS needs its secrets: `createTlsDetector`), in the order of asking. */
export const DETECTORS: readonly ProtocolDetector[] = [
  ...ROWS.flatMap(({ detectors }) => detectors),
  PROXY_HEADER_DETECTOR,
  SOCKS_DETECTOR,
];

/** Whether any of them looks into a datagram. */
export const claimsDatagram: DatagramClaim = (...datagram) => CLAIMS.some((claims) => claims(...datagram));

const CLAIMS = DETECTORS.flatMap((detector) => detector.claimsDatagram ?? []);

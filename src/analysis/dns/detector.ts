import { DNS_HEADER_BYTES } from "../../wire/dns/index.ts";
import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../protocol-detector.ts";
import { DnsAnalyzer } from "./dns-analyzer.ts";
import { canBeDns, hasPlausibleHeader, looksLikeDns } from "./looks-like-dns.ts";

/** Recognises DNS by a whole message: a datagram, or over TCP the first one of a direction with its length before it. */
export const DNS_DETECTOR: ProtocolDetector = {
  protocol: "dns",
  detect,
  create: (context) => new DnsAnalyzer(context),
  claimsDatagram,
};

const QUERY: Detection = { verdict: "yes", sender: "client" };
const ANSWER: Detection = { verdict: "yes", sender: "server" };

function detect({ data, sender, transport, other }: DetectionSample): Detection {
  // Datagrams that are not DNS do not come here.
  if (transport === "udp") return verdictOf(data, 0, undefined);
  // Nobody answers before the query is there whole.
  const unfinished = other.length > 0 ? NOT_DETECTED : NEEDS_MORE;
  if (data.length < 2) return unfinished;
  const end = 2 + ((data[0]! << 8) | data[1]!);
  if (end < 2 + SHORTEST_MESSAGE) return NOT_DETECTED;
  if (data.length < 2 + DNS_HEADER_BYTES) return unfinished;
  if (!hasPlausibleHeader(data, 2, end)) return NOT_DETECTED;
  if (data.length < end) return unfinished;
  return looksLikeDns(data, 2, end) ? verdictOf(data, 2, sender) : NOT_DETECTED;
}

/** A message says itself who sends it: where that is not who sends there, it is none. */
function verdictOf(data: Uint8Array, start: number, sender: DetectionSample["sender"]): Detection {
  const detection = (data[start + 2]! & 0x80) !== 0 ? ANSWER : QUERY;
  return sender === undefined || sender === detection.sender ? detection : NOT_DETECTED;
}

/**
 * A datagram is looked into that is DNS to its last byte; from or to port 53 less will do. Multicast DNS, LLMNR and NetBIOS's names
 * look the same, but are not answered where they were asked; a server on port 5353 that is asked by one address is.
 */
function claimsDatagram(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: number,
  destination: number,
  isMulticast: boolean,
): boolean {
  if (OTHER_PORTS.has(source) || OTHER_PORTS.has(destination)) return false;
  if (source === PORT || destination === PORT) return canBeDns(bytes, start, end);
  if (source === MULTICAST_PORT || destination === MULTICAST_PORT) {
    // RFC 6762 §18.1: the identifier is 0. Who sends from that port takes part in Multicast DNS (§5.2).
    const hasIdentifier = end - start >= 2 && (bytes[start] !== 0 || bytes[start + 1] !== 0);
    if (isMulticast || source === destination || !hasIdentifier) return false;
  }
  return looksLikeDns(bytes, start, end);
}

const PORT = 53;
const MULTICAST_PORT = 5353;
/** NetBIOS (RFC 1002), LLMNR (RFC 4795). */
const OTHER_PORTS: ReadonlySet<number> = new Set([137, 5355]);
/** A header, and the shortest question. */
const SHORTEST_MESSAGE = 17;

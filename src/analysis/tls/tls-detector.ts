import { HANDSHAKE_TYPE } from "../../wire/tls/handshake.ts";
import { HEADER_BYTES, isRecordHeader, RECORD_TYPE } from "../../wire/tls/record-parser.ts";
import { type DetectionSample, NEEDS_MORE, NOT_DETECTED, type ProtocolDetector } from "../protocol-detector.ts";
import { SessionCache } from "./session-cache.ts";
import { TlsAnalyzer } from "./tls-analyzer.ts";
import type { TlsOptions } from "./tls-options.ts";

/** Recognises TLS by its records (RFC 8446 §5.1) and decrypts what the key log has secrets for. */
export function createTlsDetector(options: TlsOptions): ProtocolDetector {
  const sessions = new SessionCache();
  return {
    protocol: "tls",
    detect,
    create: (context) => new TlsAnalyzer(context, options, sessions),
  };
}

function detect({ data, fromStart }: DetectionSample) {
  if (data[0]! < RECORD_TYPE.changeCipherSpec || data[0]! > RECORD_TYPE.applicationData) return NOT_DETECTED;
  if (data.length < HEADER_BYTES + 1) return data.length > 1 && data[1] !== 3 ? NOT_DETECTED : NEEDS_MORE;
  if (!isRecordHeader(data, 0)) return NOT_DETECTED;
  if (fromStart && data[0] === RECORD_TYPE.handshake) {
    if (data[HEADER_BYTES] === HANDSHAKE_TYPE.clientHello) return { verdict: "yes", sender: "client" } as const;
    if (data[HEADER_BYTES] === HANDSHAKE_TYPE.serverHello) return { verdict: "yes", sender: "server" } as const;
  }
  // In the middle of a connection one record is enough: what follows it may not have come yet, however the bytes are cut.
  const next = HEADER_BYTES + ((data[3]! << 8) | data[4]!);
  return data.length < next ? NEEDS_MORE : ({ verdict: "yes" } as const);
}

import { HTTP1_DETECTOR } from "./http1/detector.ts";
import { HTTP2_DETECTOR } from "./http2/index.ts";
import type { ProtocolDetector } from "./protocol-detector.ts";
import { PROXY_HEADER_DETECTOR } from "./proxy-header/proxy-header-detector.ts";

/** What is recognised without being told more (TLS needs its secrets: `createTlsDetector`), in the order of asking. */
export const DETECTORS: readonly ProtocolDetector[] = [HTTP2_DETECTOR, HTTP1_DETECTOR, PROXY_HEADER_DETECTOR];

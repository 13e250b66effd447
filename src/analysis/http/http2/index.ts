export { HTTP2_DETECTOR } from "./detector.ts";
export { Http2Analyzer } from "./http2-analyzer.ts";

import { http1Detector } from "./http1/detector.ts";
import type { ProtocolDetector } from "./protocol-detector.ts";

/** Every protocol that is recognised, in the order of asking: the surer evidence first. */
export const DETECTORS: readonly ProtocolDetector[] = [http1Detector];

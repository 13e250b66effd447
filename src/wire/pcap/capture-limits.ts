import { defaultLimits, type LimitRows, type LimitsOf } from "../../model/index.ts";

/** Every bound of the readers of capture files, in one place. */
export const CAPTURE_LIMITS = {
  blockBytes: {
    default: 16 * 1024 * 1024,
    unit: "bytes",
    doc: "one record or block of a pcap or pcapng; a longer one is damage (Wireshark's limit too)",
  },
  resyncBlockBytes: {
    default: 1024 * 1024,
    unit: "bytes",
    doc: "a block that is accepted while the next one behind damage is searched for",
  },
  interfaces: { default: 65_536, unit: "count", doc: "interfaces of one section; further ones are damage" },
} as const satisfies LimitRows;

export type CaptureLimits = LimitsOf<typeof CAPTURE_LIMITS>;

export const DEFAULT_CAPTURE_LIMITS: CaptureLimits = defaultLimits(CAPTURE_LIMITS);

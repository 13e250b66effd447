/** Every bound of the readers of capture files, in one place. */
export interface CaptureLimits {
  /** Bytes of one record or block; a longer one is damage. Default 16 MiB, Wireshark's limit. */
  readonly blockBytes: number;
  /** Bytes of a block that is accepted while looking for the next one behind damage. Default 1 MiB. */
  readonly resyncBlockBytes: number;
  /** Interfaces of one section; further ones are damage. Default 65 536. */
  readonly interfaces: number;
}

export const DEFAULT_CAPTURE_LIMITS: CaptureLimits = {
  blockBytes: 16 * 1024 * 1024,
  resyncBlockBytes: 1024 * 1024,
  interfaces: 65_536,
};

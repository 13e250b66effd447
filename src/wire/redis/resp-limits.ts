/** Redis's own bound is set by proto-max-bulk-len, by default 512 MiB; beyond this, a number is no longer exact. */
export const MAX_STRING = Number.MAX_SAFE_INTEGER;
export const MAX_COUNT = 2 ** 32;
/** A line that is longer is none. */
export const MAX_LINE = 64 * 1024 * 1024;
/** Redis takes no longer inline command (PROTO_INLINE_MAX_SIZE). */
export const MAX_INLINE = 64 * 1024;
export const DEFAULT_LINE_BYTES = 16 * 1024;
export const DEFAULT_DEPTH = 64;

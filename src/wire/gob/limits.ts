/**
 * Limits on what a sender may cost the receiver beyond the bytes of its message, which whoever reads the stream bounds. Go has no such
 * limits; what Cilium sends stays a hundred times below them.
 */

/** Type definitions of one stream. */
export const MAX_TYPES = 4096;

/** Bytes of the type definitions of one stream: 1 MiB. */
export const MAX_DEFINITION_BYTES = 1024 * 1024;

/** Elements of all lists and maps of one message together: a byte of the message may make an object of a hundred. */
export const MAX_ELEMENTS = 128 * 1024;

/** How deep types may be nested in each other in what the receiver has no field for: far below what exhausts the stack. */
export const MAX_NESTING = 200;

/** How many bytes of a file are enough to tell what it is. */
export const HEAD_BYTES = 4096;

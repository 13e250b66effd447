/** The link-layer header types that Tapline reads or writes (tcpdump.org/linktypes.html). */
export const LinkType = {
  /** BSD loopback: the address family in the byte order of the machine that captured. */
  NULL: 0,
  ETHERNET: 1,
  /** Raw IP, as OpenBSD (14) and older libpcap (12) number it. */
  RAW_OLD: 12,
  RAW_OPENBSD: 14,
  /** Raw IP: version 4 or 6 by the first nibble. */
  RAW: 101,
  IEEE802_11: 105,
  /** OpenBSD loopback: the address family in network byte order. */
  LOOP: 108,
  /** Linux cooked capture, version 1: what `-i any` gave. */
  LINUX_SLL: 113,
  IEEE802_11_RADIOTAP: 127,
  IPV4: 228,
  IPV6: 229,
  /** Linux cooked capture, version 2: what `-i any` gives. */
  LINUX_SLL2: 276,
} as const;

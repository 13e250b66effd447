/** The link-layer header types that Tapline reads or writes (tcpdump.org/linktypes.html). */
export const LinkType = {
  /** BSD loopback: the address family in the byte order of the machine that captured. */
  NULL: 0,
  ETHERNET: 1,
  /** PPP, with or without the address and control bytes. */
  PPP: 9,
  /** Raw IP, as OpenBSD (14) and older libpcap (12) number it. */
  RAW_OLD: 12,
  RAW_OPENBSD: 14,
  /** PPP in HDLC-like framing (RFC 1662), or Cisco HDLC: the first byte tells. */
  PPP_HDLC: 50,
  /** PPPoE without an Ethernet header before it. */
  PPP_ETHER: 51,
  /** Raw IP: version 4 or 6 by the first nibble. */
  RAW: 101,
  /** Cisco HDLC. */
  C_HDLC: 104,
  IEEE802_11: 105,
  /** OpenBSD loopback: the address family in network byte order. */
  LOOP: 108,
  /** Linux cooked capture, version 1: what `-i any` gave. */
  LINUX_SLL: 113,
  IEEE802_11_RADIOTAP: 127,
  /** PPP and Cisco HDLC behind a byte that says who sent. */
  PPP_WITH_DIRECTION: 204,
  C_HDLC_WITH_DIRECTION: 205,
  IPV4: 228,
  IPV6: 229,
  /** Linux's netfilter log. */
  NFLOG: 239,
  /** Linux cooked capture, version 2: what `-i any` gives. */
  LINUX_SLL2: 276,
} as const;

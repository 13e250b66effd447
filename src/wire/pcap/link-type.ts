/** The link-layer header types that Tapline reads or writes (tcpdump.org/linktypes.html). */
export const LinkType = {
  /** BSD loopback: the address family in the byte order of the machine that captured. */
  NULL: 0,
  ETHERNET: 1,
  TOKEN_RING: 6,
  /** SLIP, with the 16 bytes that BSD puts before it. */
  SLIP: 8,
  /** PPP, with or without the address and control bytes. */
  PPP: 9,
  FDDI: 10,
  /** Raw IP, as OpenBSD (14) and older libpcap (12) number it. */
  RAW_OLD: 12,
  RAW_OPENBSD: 14,
  /** PPP in HDLC-like framing (RFC 1662), or Cisco HDLC: the first byte tells. */
  PPP_HDLC: 50,
  /** PPPoE without an Ethernet header before it. */
  PPP_ETHER: 51,
  /** ATM: LLC in AAL5 (RFC 2684). */
  ATM_RFC1483: 100,
  /** Raw IP: version 4 or 6 by the first nibble. */
  RAW: 101,
  SLIP_BSDOS: 102,
  /** Cisco HDLC. */
  C_HDLC: 104,
  IEEE802_11: 105,
  FRAME_RELAY: 107,
  /** OpenBSD loopback: the address family in network byte order. */
  LOOP: 108,
  /** OpenBSD's IPsec interface. */
  ENC: 109,
  /** Linux cooked capture, version 1: what `-i any` gave. */
  LINUX_SLL: 113,
  /** OpenBSD's packet filter log. */
  PFLOG: 117,
  /** 802.11 behind a Prism header. */
  PRISM: 119,
  IP_OVER_FC: 122,
  SUNATM: 123,
  IEEE802_11_RADIOTAP: 127,
  IP_OVER_IEEE1394: 138,
  /** 802.11 behind an AVS header. */
  AVS: 163,
  /** PPP as pppd logs it: who sent, in place of the address. */
  PPP_PPPD: 166,
  /** A frame of another link behind a per-packet header. */
  PPI: 192,
  /** Endace's extensible record. */
  ERF: 197,
  /** PPP and Cisco HDLC behind a byte that says who sent. */
  PPP_WITH_DIRECTION: 204,
  C_HDLC_WITH_DIRECTION: 205,
  /** Solaris's IP observability. */
  IPNET: 226,
  IPV4: 228,
  IPV6: 229,
  /** Linux's netfilter log. */
  NFLOG: 239,
  /** Ethernet behind Hilscher's header, and with preamble. */
  NETANALYZER: 240,
  NETANALYZER_TRANSPARENT: 241,
  /** IP over InfiniBand. */
  IPOIB: 242,
  /** Apple's per-packet header, and behind it a frame of another link. */
  PKTAP: 258,
  /** Ethernet with the preamble of a passive optical network, and with that of preemption. */
  EPON: 259,
  MPACKET: 274,
  /** Linux cooked capture, version 2: what `-i any` gives. */
  LINUX_SLL2: 276,
  /** Ethernet with the tag of a switch of Broadcom, Marvell, and of Marvell with an EtherType. */
  DSA_TAG_BRCM: 281,
  DSA_TAG: 283,
  DSA_TAG_ETHERTYPE: 285,
} as const;

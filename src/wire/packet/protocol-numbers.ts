/** Numbers that several headers share (IANA: ieee-802-numbers, protocol-numbers, tcp-header-flags). */

export const EtherType = {
  IPV4: 0x0800,
  ARP: 0x0806,
  /** 802.1Q, 802.1ad (QinQ) and the number QinQ used before that. */
  VLAN: 0x8100,
  QINQ: 0x88a8,
  QINQ_OLD: 0x9100,
  QINQ_OLDER: 0x9200,
  IPV6: 0x86dd,
  PPPOE_SESSION: 0x8864,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  /** A whole frame follows (transparent Ethernet bridging, RFC 1701). */
  BRIDGED: 0x6558,
  /** Network service header (RFC 8300). */
  SERVICE_HEADER: 0x894f,
  /** Cisco's VN-Tag (802.1BR's predecessor). */
  VN_TAG: 0x8926,
  /** 802.1BR's E-Tag. */
  E_TAG: 0x893f,
  /** 802.1CB's R-Tag. */
  R_TAG: 0xf1c1,
  /** IEC 62439-3: a ring that sends each frame both ways round. */
  REDUNDANT_RING: 0x892f,
  /** Cisco's metadata, with a security group's tag. */
  METADATA: 0x8909,
  /** LLC in frames that are too long for a length field. */
  JUMBO_LLC: 0x8870,
  /** Provider backbone bridging (802.1ah): a frame in a frame. */
  BACKBONE: 0x88e7,
  /** 802.1AE: encrypted, as a rule, or only authenticated. */
  MACSEC: 0x88e5,
  /** RFC 6325. */
  TRILL: 0x22f3,
  BATMAN: 0x4305,
} as const;

export const IpProtocol = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  IGMP: 2,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  ESP: 50,
  AUTHENTICATION: 51,
  ICMPV6: 58,
  NO_NEXT_HEADER: 59,
  DESTINATION_OPTIONS: 60,
  MINIMAL_ENCAPSULATION: 55,
  OSPF: 89,
  ETHERIP: 97,
  PIM: 103,
  IP_COMPRESSION: 108,
  VRRP: 112,
  L2TP: 115,
  SCTP: 132,
  MOBILITY: 135,
  UDP_LITE: 136,
  MPLS: 137,
  ETHERNET: 143,
} as const;

export const TcpFlag = {
  FIN: 0x01,
  SYN: 0x02,
  RST: 0x04,
  PSH: 0x08,
  ACK: 0x10,
  URG: 0x20,
  ECE: 0x40,
  CWR: 0x80,
  NS: 0x100,
} as const;

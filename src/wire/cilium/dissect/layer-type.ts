/** The layers a dissector knows; `NONE` and `UNSUPPORTED` end the decoding. */
export const LayerType = {
  NONE: 0,
  ETHERNET: 1,
  IPV4: 2,
  IPV6: 3,
  ICMPV4: 4,
  ICMPV6: 5,
  TCP: 6,
  UDP: 7,
  SCTP: 8,
  VRRP: 9,
  IGMP: 10,
  VXLAN: 11,
  GENEVE: 12,
  UNSUPPORTED: 13,
} as const;

/** The layer that an IP protocol number leads to (gopacket's IPProtocolMetadata, as far as there are decoders). */
export function layerOfIpProtocol(protocol: number): number {
  switch (protocol) {
    case 1:
      return LayerType.ICMPV4;
    case 2:
      return LayerType.IGMP;
    case 4:
    case 94:
      return LayerType.IPV4;
    case 6:
      return LayerType.TCP;
    case 17:
      return LayerType.UDP;
    case 41:
      return LayerType.IPV6;
    case 58:
      return LayerType.ICMPV6;
    case 112:
      return LayerType.VRRP;
    case 132:
      return LayerType.SCTP;
    default:
      return LayerType.UNSUPPORTED;
  }
}

/** The layer that an EtherType leads to. 0x6558 is an Ethernet frame again; 0xffff ("Raw") is IPv4 since 1.5.0. */
export function layerOfEtherType(etherType: number, isGopacket15: boolean): number {
  switch (etherType) {
    case 0x0800:
      return LayerType.IPV4;
    case 0x86dd:
      return LayerType.IPV6;
    case 0x6558:
      return LayerType.ETHERNET;
    case 0xffff:
      return isGopacket15 ? LayerType.IPV4 : LayerType.UNSUPPORTED;
    default:
      return LayerType.UNSUPPORTED;
  }
}

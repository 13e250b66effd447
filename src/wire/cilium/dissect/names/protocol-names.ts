/** gopacket's name of an EtherType; `isGopacket15` is 1.5.0. */
export function etherTypeName(etherType: number, isGopacket15: boolean): string {
  return (isGopacket15 ? LATER_ETHER_TYPES[etherType] : undefined) ?? ETHER_TYPES[etherType] ?? "UnknownEthernetType";
}

/** gopacket's name of an IP protocol. */
export function ipProtocolName(protocol: number): string {
  return IP_PROTOCOLS[protocol] ?? "UnknownIPProtocol";
}

/** gopacket's name of an ICMPv4 type and code: `EchoRequest`, `Redirect(Host)`, `Redirect(Code: 9)`, `77(0)`. */
export function icmpv4TypeCodeName(type: number, code: number): string {
  return typeCodeName(ICMPV4_TYPES[type], type, code);
}

/** The same for ICMPv6. */
export function icmpv6TypeCodeName(type: number, code: number): string {
  return typeCodeName(ICMPV6_TYPES[type], type, code);
}

type TypeNames = readonly [name: string, ...codes: string[]];

function typeCodeName(names: TypeNames | undefined, type: number, code: number): string {
  if (names === undefined) return `${type}(${code})`;
  if (names.length === 1 && code === 0) return names[0];
  const codeName = names[code + 1];
  return codeName === undefined ? `${names[0]}(Code: ${code})` : `${names[0]}(${codeName})`;
}

const ETHER_TYPES: Readonly<Record<number, string>> = {
  0: "LLC",
  418: "NortelDiscovery",
  2048: "IPv4",
  2054: "ARP",
  8192: "CiscoDiscovery",
  25944: "TransparentEthernetBridging",
  33024: "Dot1Q",
  34525: "IPv6",
  34827: "PPP",
  34887: "MPLSUnicast",
  34888: "MPLSMulticast",
  34915: "PPPoEDiscovery",
  34916: "PPPoESession",
  34958: "EAPOL",
  34984: "Dot1Q",
  35020: "LinkLayerDiscovery",
  36864: "EthernetCTP",
};

const LATER_ETHER_TYPES: Readonly<Record<number, string>> = { 1810: "MDP", 35006: "ERSPAN Type II", 65535: "Raw" };

const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  0: "IPv6HopByHop",
  1: "ICMPv4",
  2: "IGMP",
  4: "IPv4",
  6: "TCP",
  17: "UDP",
  27: "RUDP",
  41: "IPv6",
  43: "IPv6Routing",
  44: "IPv6Fragment",
  47: "GRE",
  50: "IPSecESP",
  51: "IPSecAH",
  58: "ICMPv6",
  59: "NoNextHeader",
  60: "IPv6Destination",
  89: "OSPF",
  94: "IPv4",
  97: "EtherIP",
  112: "VRRP",
  132: "SCTP",
  136: "UDPLite",
  137: "MPLS",
};

const ICMPV4_TYPES: Readonly<Record<number, TypeNames>> = {
  0: ["EchoReply"],
  3: [
    "DestinationUnreachable",
    "Net",
    "Host",
    "Protocol",
    "Port",
    "FragmentationNeeded",
    "SourceRoutingFailed",
    "NetUnknown",
    "HostUnknown",
    "SourceIsolated",
    "NetAdminProhibited",
    "HostAdminProhibited",
    "NetTOS",
    "HostTOS",
    "CommAdminProhibited",
    "HostPrecedence",
    "PrecedenceCutoff",
  ],
  4: ["SourceQuench"],
  5: ["Redirect", "Net", "Host", "TOS+Net", "TOS+Host"],
  8: ["EchoRequest"],
  9: ["RouterAdvertisement"],
  10: ["RouterSolicitation"],
  11: ["TimeExceeded", "TTLExceeded", "FragmentReassemblyTimeExceeded"],
  12: ["ParameterProblem", "PointerIndicatesError", "MissingOption", "BadLength"],
  13: ["TimestampRequest"],
  14: ["TimestampReply"],
  15: ["InfoRequest"],
  16: ["InfoReply"],
  17: ["AddressMaskRequest"],
  18: ["AddressMaskReply"],
};

const ICMPV6_TYPES: Readonly<Record<number, TypeNames>> = {
  1: [
    "DestinationUnreachable",
    "NoRouteToDst",
    "AdminProhibited",
    "BeyondScopeOfSrc",
    "AddressUnreachable",
    "PortUnreachable",
    "SrcAddressFailedPolicy",
    "RejectRouteToDst",
  ],
  2: ["PacketTooBig"],
  3: ["TimeExceeded", "HopLimitExceeded", "FragmentReassemblyTimeExceeded"],
  4: ["ParameterProblem", "ErroneousHeaderField", "UnrecognizedNextHeader", "UnrecognizedIPv6Option"],
  128: ["EchoRequest"],
  129: ["EchoReply"],
  133: ["RouterSolicitation"],
  134: ["RouterAdvertisement"],
  135: ["NeighborSolicitation"],
  136: ["NeighborAdvertisement"],
  137: ["Redirect"],
};

import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkType } from "../pcap/link-type.ts";
import { sumBytes } from "./checksum.ts";
import { DecodedPacket } from "./decode-packet.ts";
import { formatIpAddress } from "./ip-address.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const number = (value: number, size: number) =>
  Uint8Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) & 0xff);

const MACS = hex("0a0000000001 0a0000000002");
/** Whose first address begins like an IPv4 header. */
const MACS_LIKE_IP = hex("450000000001 0a0000000002");

const ethernet = (type: number, payload: Uint8Array, macs = MACS) => join(macs, number(type, 2), payload);

function ipv4(protocol: number, payload: Uint8Array, last = 1): Uint8Array {
  const header = join(
    hex("4500"),
    number(20 + payload.length, 2),
    hex("00000000 40"),
    number(protocol, 1),
    hex("0000"),
  );
  const whole = join(header, hex("c00002"), number(last, 1), hex("c00002"), number(last + 1, 1));
  whole.set(number(0xffff - sumBytes(whole, 0, 20), 2), 10);
  return join(whole, payload);
}

const ipv6 = (next: number, payload: Uint8Array) =>
  join(
    hex("60000000"),
    number(payload.length, 2),
    number(next, 1),
    hex(`40 ${"20010db8".padEnd(31, "0")}1 ${"20010db8".padEnd(31, "0")}2`),
    payload,
  );
const udp = (port: number, payload: Uint8Array) =>
  join(number(49152, 2), number(port, 2), number(8 + payload.length, 2), hex("0000"), payload);

const TCP = hex("9c40 0050 00000001 00000002 5018 ffff 0000 0000 3132333435");
const INNER = ipv4(6, TCP, 101);
const INNER6 = ipv6(6, TCP);
const FRAME = ethernet(0x0800, INNER);
const OUTER = " 192.0.2.1>192.0.2.2";
const IN4 = "192.0.2.101>192.0.2.102";
const IN6 = "2001:db8::1>2001:db8::2";

const AUTHENTICATION = hex("06040000 00000001 00000001 0102030405060708090a0b0c");

const inUdp = (port: number, ...parts: Uint8Array[]) => ethernet(0x0800, ipv4(17, udp(port, join(...parts))));
const inGre = (...parts: Uint8Array[]) => ethernet(0x0800, ipv4(47, join(...parts)));
const vlan = (payload: Uint8Array) => ethernet(0x8100, join(hex("0005 0800"), payload));

const CASES: readonly (readonly [name: string, bytes: Uint8Array, expected: string, linkType?: number])[] = [
  ["VXLAN", inUdp(4789, hex("08000000 00007b00"), FRAME), `${IN4} vxlan 123${OUTER}`],
  ["VXLAN, Linux's old port", inUdp(8472, hex("08000000 ffffff00"), FRAME), `${IN4} vxlan 16777215${OUTER}`],
  ["VXLAN with a group, a VLAN inside", inUdp(4789, hex("88000001 00007b00"), vlan(INNER)), `${IN4} vxlan 123${OUTER}`],
  ["VXLAN's port, another protocol", inUdp(4789, hex("00000000 00007b00"), FRAME), "udp"],
  ["VXLAN-GPE, IPv6", inUdp(4790, hex("0c000002 00000100"), INNER6), `${IN6} vxlan-gpe 1${OUTER}`],
  ["GENEVE", inUdp(6081, hex("0000 6558 00000500"), FRAME), `${IN4} geneve 5${OUTER}`],
  [
    "GENEVE with options, IPv6",
    inUdp(6081, hex("0200 86dd 00000500 0102030405060708"), INNER6),
    `${IN6} geneve 5${OUTER}`,
  ],
  ["GTP-U", inUdp(2152, hex("30ff 0031 000004d2"), INNER), `${IN4} gtp-u 1234${OUTER}`],
  [
    "GTP-U with an extension",
    inUdp(2152, hex("34ff 0031 000004d2 000000 85 01 100000"), INNER),
    `${IN4} gtp-u 1234${OUTER}`,
  ],
  ["GUE", inUdp(6080, hex("0004 0000"), INNER), `${IN4} gue -1${OUTER}`],
  ["an IP packet in a datagram", inUdp(5555, INNER), `${IN4} ip-in-udp -1${OUTER}`],
  ["an IPv6 packet in a datagram", inUdp(3544, INNER6), `${IN6} ip-in-udp -1${OUTER}`],
  [
    "GRE in an IPv6 packet in a datagram",
    inUdp(5555, ipv6(47, join(hex("0000 0800"), INNER))),
    `${IN4} gre -1 2001:db8::1>2001:db8::2`,
  ],
  ["a datagram that begins like an IP packet", inUdp(5555, INNER.with(11, 0)), "udp"],
  ["MPLS in UDP", inUdp(6635, hex("00011140"), INNER), `${IN4} mpls-in-udp -1${OUTER}`],
  ["TZSP", inUdp(37008, hex("01000001 00 0a0142 01"), FRAME), `${IN4} tzsp -1${OUTER}`],
  ["GRE", inGre(hex("0000 0800"), INNER), `${IN4} gre -1${OUTER}`],
  [
    "GRE with a checksum, key and number",
    inGre(hex("b000 86dd 00000000 0000002a 00000001"), INNER6),
    `${IN6} gre 42${OUTER}`,
  ],
  ["GRE with Ethernet", inGre(hex("2000 6558 00000100"), FRAME), `${IN4} gre 256${OUTER}`],
  ["GRE with MPLS", inGre(hex("0000 8847 00011140"), INNER), `${IN4} gre -1${OUTER}`],
  ["PPTP", inGre(hex("3081 880b 0020 0007 00000001 00000002 ff03 0021"), INNER), `${IN4} gre 7${OUTER}`],
  ["GRE with what is not known", inGre(hex("0000 1234"), INNER), "not-ip"],
  ["GRE, cut", inGre(hex("b000 08")), "gre"],
  ["ERSPAN I", inGre(hex("0000 88be"), FRAME), `${IN4} erspan -1${OUTER}`],
  ["ERSPAN II", inGre(hex("1000 88be 00000001 1000 0064 00000000"), FRAME), `${IN4} erspan 100${OUTER}`],
  ["ERSPAN III", inGre(hex("1000 22eb 00000001 2000 0065 00000000 00000000"), FRAME), `${IN4} erspan 101${OUTER}`],
  [
    "ERSPAN III with a subheader",
    inGre(hex("1000 22eb 00000001 2000 0065 00000000 00000001 0000000000000000"), FRAME),
    `${IN4} erspan 101${OUTER}`,
  ],
  ["IP in IP", ethernet(0x0800, ipv4(4, INNER)), `${IN4} ip-in-ip -1${OUTER}`],
  ["VXLAN at another port", inUdp(48879, hex("08000000 00007b00"), FRAME), `${IN4} vxlan 123${OUTER}`],
  ["what begins like VXLAN at another port", inUdp(48879, hex("08000000 00007b00"), FRAME.with(25, 0)), "udp"],
  [
    "VXLAN-GPE with a service header",
    inUdp(4790, hex("0c000004 00000100 0fc6 0101 000001ff"), new Uint8Array(16), INNER),
    `${IN4} vxlan-gpe 1${OUTER}`,
  ],
  ["GRE in UDP", inUdp(4754, hex("0000 0800"), INNER), `${IN4} gre -1${OUTER}`],
  ["WCCP", inGre(hex("0000 883e"), INNER), `${IN4} gre -1${OUTER}`],
  ["WCCP of IPv6", inGre(hex("0000 883e"), INNER6), `${IN6} gre -1${OUTER}`],
  ["WCCP 2 of IPv6", inGre(hex("0000 883e 01020304"), INNER6), `${IN6} gre -1${OUTER}`],
  ["WCCP 2", inGre(hex("0000 883e 01020304"), INNER), `${IN4} gre -1${OUTER}`],
  ["L2TP", inUdp(1701, hex("0002 0005 0006 ff03 0021"), INNER), `${IN4} l2tp 6${OUTER}`],
  [
    "L2TP with length, numbers and an offset",
    inUdp(1701, hex("4a02 003f 0005 0006 0001 0002 0003 eeeeee 21"), INNER),
    `${IN4} l2tp 6${OUTER}`,
  ],
  ["L2TP, its control messages", inUdp(1701, hex("c802 000c 0005 0006 0001 0002")), "l2tp"],
  ["L2TP 3 in UDP", inUdp(1701, hex("0003 0000 00000009 01020304"), FRAME), `${IN4} l2tp 9${OUTER}`],
  [
    "L2TP 3 with a cookie and a sublayer",
    ethernet(0x0800, ipv4(115, join(hex("00000009 0102030405060708 40000001"), FRAME))),
    `${IN4} l2tp 9${OUTER}`,
  ],
  ["L2TP 3 with what is no frame", ethernet(0x0800, ipv4(115, join(hex("00000009"), INNER))), "l2tp"],
  ["LISP", inUdp(4341, hex("80000001 00000001"), INNER), `${IN4} lisp -1${OUTER}`],
  ["Teredo with an origin", inUdp(3544, hex("0000 1234 01020304"), INNER6), `${IN6} teredo -1${OUTER}`],
  [
    "Teredo with an authentication and an origin",
    inUdp(3544, hex("0001 0000 0102030405060708 00 0000 1234 01020304"), INNER6),
    `${IN6} teredo -1${OUTER}`,
  ],
  ["GTP-U with a frame", inUdp(2152, hex("30ff 0031 000004d2"), FRAME), `${IN4} gtp-u 1234${OUTER}`],
  ["CAPWAP", inUdp(5247, hex("00100200 00000000"), FRAME), "capwap"],
  ["MikroTik's Ethernet over IP", inGre(hex("2001 6400 0036 0701"), FRAME), `${IN4} gre 263${OUTER}`],
  ["EtherIP", ethernet(0x0800, ipv4(97, join(hex("3000"), FRAME))), `${IN4} etherip -1${OUTER}`],
  ["a frame in IPv6", ethernet(0x86dd, ipv6(143, FRAME)), `${IN4} ethernet-in-ip -1 2001:db8::1>2001:db8::2`],
  ["MPLS in IP", ethernet(0x0800, ipv4(137, join(hex("00011140"), INNER))), `${IN4} mpls-in-ip -1${OUTER}`],
  ["PIM", ethernet(0x0800, ipv4(103, hex("2100deff 00000000"))), "pim"],
  ["an authentication header", ethernet(0x0800, ipv4(51, join(AUTHENTICATION, TCP), 101)), IN4],
  [
    "an IP packet behind an authentication header",
    ethernet(0x0800, ipv4(51, join(AUTHENTICATION.with(0, 4), INNER))),
    `${IN4} ip-in-ip -1${OUTER}`,
  ],
  [
    "an authentication header, cut",
    ethernet(0x0800, ipv4(51, AUTHENTICATION.subarray(0, 20))),
    "short-transport-header",
  ],
  ["IPv6 in IP", ethernet(0x0800, ipv4(41, INNER6)), `${IN6} ip-in-ip -1${OUTER}`],
  ["GRE in VXLAN", inUdp(4789, hex("08000000 00007b00"), inGre(hex("0000 0800"), INNER)), `${IN4} gre -1${OUTER}`],
  ["ARP in VXLAN", inUdp(4789, hex("08000000 00007b00"), ethernet(0x0806, new Uint8Array(28))), "arp"],
  ["MPLS", ethernet(0x8847, join(hex("00010040 00011140"), INNER)), `${IN4} mpls 17`],
  ["a pseudowire", ethernet(0x8847, join(hex("00011140"), FRAME)), `${IN4} mpls 17`],
  ["a pseudowire with a control word", ethernet(0x8847, join(hex("00011140 00000007"), FRAME)), `${IN4} mpls 17`],
  [
    "a pseudowire whose address begins like IP",
    ethernet(0x8847, join(hex("00011140"), ethernet(0x0800, INNER, MACS_LIKE_IP))),
    `${IN4} mpls 17`,
  ],
  [
    "a pseudowire whose address begins like IPv6",
    ethernet(0x8847, join(hex("00011140"), ethernet(0x0800, INNER, hex("660000000002 640000000001")))),
    `${IN4} mpls 17`,
  ],
  [
    "IPv6 behind a label, with a checksum of the link",
    ethernet(0x8847, join(hex("00011140"), INNER6, hex("01020304"))),
    `${IN6} mpls 17`,
  ],
  ["MPLS, multicast", ethernet(0x8848, join(hex("00010040 00011140"), INNER)), `${IN4} mpls 17`],
  ["a pseudowire of PPP", ethernet(0x8847, join(hex("00011140 00000007 0021"), INNER)), `${IN4} mpls 17`],
  [
    "a pseudowire of what is not known",
    ethernet(0x8847, join(hex("00011140 00000007 0021"), INNER.with(9, 7))),
    "not-ip",
  ],
  ["a third kind of VLAN tag", ethernet(0x9200, join(hex("0005 8100 0006 0800"), INNER)), IN4],
  ["MACsec", ethernet(0x88e5, join(hex("2c00 00000001 0000000000020001"), INNER)), "macsec"],
  ["MACsec that changes its content", ethernet(0x88e5, join(hex("0400 00000001 0800"), INNER)), "macsec"],
  ["MACsec that authenticates", ethernet(0x88e5, join(hex("0000 00000001 0800"), INNER, new Uint8Array(16))), IN4],
  [
    "MACsec that authenticates, with its channel, and a VLAN inside",
    ethernet(0x88e5, join(hex("2000 00000001 0000000000020001 8100 0005 0800"), INNER, new Uint8Array(16))),
    IN4,
  ],
  ["MACsec, cut", ethernet(0x88e5, hex("2000 00000001 00000000")), "short-link-header"],
  ["an E-Tag", ethernet(0x893f, join(hex("000000010000 0800"), INNER)), IN4],
  ["an R-Tag before a VLAN", ethernet(0xf1c1, join(hex("0000 0007 8100 0005 0800"), INNER)), IN4],
  ["a redundant ring", ethernet(0x892f, join(hex("002c 0007 0800"), INNER)), IN4],
  ["a security group's tag", ethernet(0x8909, join(hex("01 01 0001 0005 0800"), INNER)), IN4],
  ["a security group's tag, cut", ethernet(0x8909, hex("01 01 0001 0005")), "short-link-header"],
  ["LLC in a jumbo frame", ethernet(0x8870, join(hex("aaaa03 000000 0800"), INNER)), IN4],
  ["a service header", ethernet(0x894f, join(hex("0fc2 0203 000001ff"), FRAME)), IN4],
  ["two service headers", ethernet(0x894f, join(hex("0fc2 0204 000001ff 0fc2 0201 000001ff"), INNER)), IN4],
  ["a VN-Tag", ethernet(0x8926, join(hex("00010002 0800"), INNER)), IN4],
  ["a backbone frame", ethernet(0x88e7, join(hex("00000005"), FRAME)), IN4],
  ["B.A.T.M.A.N., to one station", ethernet(0x4305, join(hex("400f3201 020000000001"), FRAME)), IN4],
  ["B.A.T.M.A.N., four addresses", ethernet(0x4305, join(hex("420f3201 020000000001 020000000002 0100"), FRAME)), IN4],
  ["B.A.T.M.A.N., to all", ethernet(0x4305, join(hex("010f3200 00000007 020000000001"), FRAME)), IN4],
  ["B.A.T.M.A.N., a piece", ethernet(0x4305, join(hex("410f3201 020000000001"), FRAME)), "not-ip"],
  ["TRILL with an option", ethernet(0x22f3, join(hex("0045 0001 0002 00000000"), FRAME)), IN4],
  ["a bridged frame", ethernet(0x6558, FRAME), IN4],
  ["LLC with IP", ethernet(3 + INNER.length, join(hex("060603"), INNER)), IN4],
  ["PPP with bridged frames", join(hex("ff03 0031 0001"), FRAME), IN4, LinkType.PPP],
  ["PPPoE", ethernet(0x8864, join(hex("11000042 0042 0021"), INNER)), `${IN4} pppoe 66`],
  ["PPPoE with a short protocol", ethernet(0x8864, join(hex("11000042 0042 21"), INNER)), `${IN4} pppoe 66`],
  ["PPPoE with a short protocol, IPv6", ethernet(0x8864, join(hex("11000042 0042 57"), INNER6)), `${IN6} pppoe 66`],
  ["PPP", join(hex("ff03 0021"), INNER), IN4, LinkType.PPP],
  ["PPP without address and control", join(hex("0057"), INNER6), IN6, LinkType.PPP],
  ["PPP with a short protocol", join(hex("ff03 21"), INNER), IN4, LinkType.PPP_HDLC],
  ["PPP with a direction", join(hex("01 ff03 0021"), INNER), IN4, LinkType.PPP_WITH_DIRECTION],
  ["PPP, its control protocol", hex("ff03 c021 01010004"), "not-ip", LinkType.PPP],
  ["PPPoE alone", join(hex("11000042 0042 0021"), INNER), `${IN4} pppoe 66`, LinkType.PPP_ETHER],
  ["Cisco HDLC", join(hex("0f00 0800"), INNER), IN4, LinkType.C_HDLC],
  ["Cisco HDLC as a serial line", join(hex("8f00 86dd"), INNER6), IN6, LinkType.PPP_HDLC],
  ["Cisco HDLC with a direction", join(hex("00 0f00 0800"), INNER), IN4, LinkType.C_HDLC_WITH_DIRECTION],
  [
    "netfilter's log, little-endian",
    join(hex("0200 0000 0500 0a00 61 000000"), number256(4 + INNER.length, true), hex("0900"), INNER),
    IN4,
    LinkType.NFLOG,
  ],
  [
    "netfilter's log, big-endian",
    join(hex("0200 0000 0005 000a 61 000000"), number256(4 + INNER.length, false), hex("0009"), INNER),
    IN4,
    LinkType.NFLOG,
  ],
  ["netfilter's log without a packet", hex("0200 0000 0500 0a00 61 000000"), "not-ip", LinkType.NFLOG],
];

function number256(value: number, little: boolean): Uint8Array {
  const bytes = number(value, 2);
  return little ? bytes.reverse() : bytes;
}

function describe(linkType: number, bytes: Uint8Array): string {
  const packet = new DecodedPacket();
  // Not at the start of the bytes, and not to their end: offsets are absolute.
  const padded = join(hex("ffffff"), bytes, hex("ee"));
  const kind = packet.decode(linkType, padded, 3, 3 + bytes.length);
  if (kind !== "tcp") return kind;
  const { addressBytes, addressSize, outerBytes, outerSize, tcp, tunnel, tunnelId } = packet;
  assert.equal(new TextDecoder().decode(padded.subarray(tcp.payloadStart, tcp.payloadEnd)), "12345");
  const ends = [packet.sourceAddress, packet.destinationAddress].map((at) =>
    formatIpAddress(addressBytes, at, addressSize),
  );
  if (tunnel === undefined) return ends.join(">");
  const outer =
    outerSize === 0
      ? ""
      : ` ${[packet.outerSource, packet.outerDestination].map((at) => formatIpAddress(outerBytes, at, outerSize)).join(">")}`;
  return `${ends.join(">")} ${tunnel} ${tunnelId}${outer}`;
}

for (const [name, bytes, expected, linkType = LinkType.ETHERNET] of CASES)
  test(name, () => {
    assert.equal(describe(linkType, bytes), expected);
    // Cut anywhere: something is said, and nothing is thrown.
    for (let length = 0; length < bytes.length; length++) new DecodedPacket().decode(linkType, bytes, 0, length);
  });

test("a tunnel of the packet before is forgotten", () => {
  const packet = new DecodedPacket();
  packet.decode(LinkType.ETHERNET, CASES[0]![1], 0, CASES[0]![1].length);
  assert.equal(packet.tunnel, "vxlan");
  packet.decode(LinkType.ETHERNET, FRAME, 0, FRAME.length);
  assert.equal(packet.tunnel, undefined);
});

test("tunnels in tunnels have a bound", () => {
  let bytes = INNER;
  for (let i = 0; i < 9; i++) bytes = ipv4(47, join(hex("0000 0800"), bytes));
  assert.equal(new DecodedPacket().decode(LinkType.RAW, bytes, 0, bytes.length), "nested-too-deep");
});

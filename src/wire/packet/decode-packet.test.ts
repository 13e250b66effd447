import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkType } from "../pcap/link-type.ts";
import { SyntheticConnection } from "./build/synthetic-connection.ts";
import { DecodedPacket } from "./decode-packet.ts";
import { formatIpAddress } from "./ip-address.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** An Ethernet frame with a TCP segment of `size` bytes. */
function tcpFrame(version: 4 | 6, size = 20): Uint8Array {
  let frame: Uint8Array = hex("");
  const writer = {
    writePacket(_: unknown, bytes: Uint8Array, start: number, end: number) {
      frame = bytes.slice(start, end);
    },
  };
  const address = (last: number) => (version === 4 ? `10.0.0.${last}` : `2001:db8::${last}`);
  const local = { kind: "ip", address: address(1), port: 80 } as const;
  const remote = { kind: "ip", address: address(2), port: 5555 } as const;
  const connection = new SyntheticConnection(writer, local, remote);
  connection.gap("read", 0xfffffff0, "lost-segment");
  connection.data({ seconds: 0, nanos: 0 }, "read", new Uint8Array(size).fill(9), 0, size);
  return frame;
}

const IPV4 = tcpFrame(4).subarray(14);
const IPV6 = tcpFrame(6).subarray(14);
const MACS = hex("205245435600 2053454e4400");

function describe(linkType: number, bytes: Uint8Array): string {
  const packet = new DecodedPacket();
  // Not at the start of the bytes, and not to their end: offsets are absolute.
  const padded = join(hex("ffffff"), bytes, hex("ee"));
  const kind = packet.decode(linkType, padded, 3, 3 + bytes.length);
  if (kind !== "tcp") return kind;
  const { tcp } = packet;
  const source = formatIpAddress(padded, packet.sourceAddress, packet.addressSize);
  const destination = formatIpAddress(padded, packet.destinationAddress, packet.addressSize);
  const payload = padded.subarray(tcp.payloadStart, tcp.payloadEnd);
  assert.ok(payload.every((byte) => byte === 9));
  return `${source}:${tcp.sourcePort} > ${destination}:${tcp.destinationPort} ${tcp.sequence} ${payload.length}+${packet.missing}`;
}

const TCP4 = "10.0.0.2:5555 > 10.0.0.1:80 4294967280 20+0";
const TCP6 = "2001:db8::2:5555 > 2001:db8::1:80 4294967280 20+0";

const CASES: readonly (readonly [name: string, linkType: number, bytes: Uint8Array, expected: string])[] = [
  ["Ethernet", LinkType.ETHERNET, tcpFrame(4), TCP4],
  ["Ethernet, IPv6", LinkType.ETHERNET, tcpFrame(6), TCP6],
  ["padding", LinkType.ETHERNET, tcpFrame(4, 1), "10.0.0.2:5555 > 10.0.0.1:80 4294967280 1+0"],
  ["VLAN", LinkType.ETHERNET, join(MACS, hex("8100 0005 0800"), IPV4), TCP4],
  ["QinQ", LinkType.ETHERNET, join(MACS, hex("88a8 0005 8100 0006 86dd"), IPV6), TCP6],
  ["QinQ, old", LinkType.ETHERNET, join(MACS, hex("9100 0005 8100 0006 0800"), IPV4), TCP4],
  ["LLC and SNAP", LinkType.ETHERNET, join(MACS, hex("0048 aaaa03 000000 0800"), IPV4), TCP4],
  ["LLC", LinkType.ETHERNET, join(MACS, hex("0026 424203 0000000000"), hex("00".repeat(35))), "not-ip"],
  ["PPPoE", LinkType.ETHERNET, join(MACS, hex("8864 11000001 0042 0021"), IPV4), TCP4],
  ["MPLS", LinkType.ETHERNET, join(MACS, hex("8847 00010040 00011140"), IPV6), TCP6],
  ["ARP", LinkType.ETHERNET, join(MACS, hex("0806"), hex("00".repeat(46))), "arp"],
  ["Linux cooked", LinkType.LINUX_SLL, join(hex("0000 0001 0006 205245435600 0000 0800"), IPV4), TCP4],
  ["Linux cooked, VLAN", LinkType.LINUX_SLL, join(hex("0000 0001 0006 205245435600 0000 8100 0001 86dd"), IPV6), TCP6],
  ["Linux cooked 2", LinkType.LINUX_SLL2, join(hex("86dd 0000 00000002 0001 00 06 2052454356000000"), IPV6), TCP6],
  ["loopback, little-endian", LinkType.NULL, join(hex("02000000"), IPV4), TCP4],
  ["loopback, big-endian", LinkType.NULL, join(hex("0000001e"), IPV6), TCP6],
  ["loopback, FreeBSD", LinkType.NULL, join(hex("1c000000"), IPV6), TCP6],
  ["loopback, OpenBSD", LinkType.LOOP, join(hex("00000018"), IPV6), TCP6],
  ["loopback, other", LinkType.NULL, join(hex("07000000"), IPV4), "not-ip"],
  ["raw", LinkType.RAW, IPV4, TCP4],
  ["raw, IPv6", LinkType.RAW, IPV6, TCP6],
  ["raw IPv6", LinkType.IPV6, IPV6, TCP6],
  ["raw, neither", LinkType.RAW, hex("00".repeat(40)), "not-ip"],
  [
    "802.11",
    LinkType.IEEE802_11_RADIOTAP,
    join(hex("0000 0800 00000000 8801 0000"), new Uint8Array(22), hex("aaaa03 000000 0800"), IPV4),
    TCP4,
  ],
  ["802.11, protected", LinkType.IEEE802_11, join(hex("0841"), new Uint8Array(60)), "encrypted-link"],
  ["802.11, beacon", LinkType.IEEE802_11, join(hex("8000"), new Uint8Array(60)), "not-ip"],
  ["another link", 147, IPV4, "unknown-link-type"],
  [
    "IPv4 options",
    LinkType.RAW,
    join(hex("46"), IPV4.subarray(1, 2), hex("0040"), IPV4.subarray(4, 20), hex("01010101"), IPV4.subarray(20)),
    TCP4,
  ],
  ["IPv4 without a length", LinkType.RAW, join(IPV4.subarray(0, 2), hex("0000"), IPV4.subarray(4)), TCP4],
  ["IPv4 cut by the snap length", LinkType.RAW, IPV4.subarray(0, 45), "10.0.0.2:5555 > 10.0.0.1:80 4294967280 5+15"],
  ["IPv4 fragment", LinkType.RAW, join(IPV4.subarray(0, 6), hex("2000"), IPV4.subarray(8)), "fragment"],
  [
    "IPv4 length below its header",
    LinkType.RAW,
    join(IPV4.subarray(0, 2), hex("0013"), IPV4.subarray(4)),
    "malformed-network-header",
  ],
  ["IPv4 header length", LinkType.RAW, join(hex("44"), IPV4.subarray(1)), "malformed-network-header"],
  [
    "TCP header length",
    LinkType.RAW,
    join(IPV4.subarray(0, 32), hex("40"), IPV4.subarray(33)),
    "malformed-transport-header",
  ],
  ["IP in IP", LinkType.RAW, join(hex("45000050 00000000 4004 0000 01020304 05060708"), IPV4), TCP4],
  ["IPv6 in IPv4", LinkType.RAW, join(hex("45000064 00000000 4029 0000 01020304 05060708"), IPV6), TCP6],
  ["UDP", LinkType.RAW, join(hex("4500001c 00000000 4011 0000 01020304 05060708"), hex("0035 0035 0008 0000")), "udp"],
  [
    "ICMP",
    LinkType.RAW,
    join(hex("4500001c 00000000 4001 0000 01020304 05060708"), hex("0800 0000 0001 0001")),
    "icmp",
  ],
  ["SCTP", LinkType.RAW, hex("45000014 00000000 4084 0000 01020304 05060708"), "sctp"],
  [
    "IPv6 extension headers",
    LinkType.RAW,
    extendIpv6("00", "3c 01 010c00000000 0000000000000000", "2b 00 010400000000", "06 00 000000000000"),
    TCP6,
  ],
  ["IPv6 fragment", LinkType.RAW, extendIpv6("2c", "06 00 0001 00000007"), "fragment"],
  ["IPv6 atomic fragment", LinkType.RAW, extendIpv6("2c", "06 00 0000 00000007"), TCP6],
  ["IPv6 authentication header", LinkType.RAW, extendIpv6("33", "06 01 0000 00000001 00000002"), TCP6],
  [
    "IPv6 extension header beyond the end",
    LinkType.RAW,
    extendIpv6("00", "06 ff 000000000000"),
    "malformed-network-header",
  ],
];

/** The IPv6 packet with extension headers; `next` is the first one's number, each then begins with the next one's. */
function extendIpv6(next: string, ...headers: string[]): Uint8Array {
  const extensions = hex(headers.join(""));
  const length = IPV6.length - 40 + extensions.length;
  return join(
    IPV6.subarray(0, 4),
    Uint8Array.of(0, length),
    hex(next),
    IPV6.subarray(7, 40),
    extensions,
    IPV6.subarray(40),
  );
}

for (const [name, linkType, bytes, expected] of CASES)
  test(name, () => assert.equal(describe(linkType, bytes), expected));

test("every header's fields are there", () => {
  const packet = new DecodedPacket();
  const frame = join(
    MACS,
    hex("88a8 a005 8100 0006 0800"),
    hex("450200280001 4000 40060000 0a000001 0a000002"),
    hex("0050 01bb 00000001 80000002 51ff 1234 5678 9abc"),
  );
  assert.equal(packet.decode(LinkType.ETHERNET, frame, 0, frame.length), "tcp");
  const { link, ipv4, tcp } = packet;
  assert.deepEqual(
    [link.type, link.vlanCount, link.vlanStart, link.payloadType, link.payloadStart],
    [0x88a8, 2, 14, 0x0800, 22],
  );
  assert.deepEqual(
    [
      ipv4.headerLength,
      ipv4.typeOfService,
      ipv4.totalLength,
      ipv4.identification,
      ipv4.flags,
      ipv4.timeToLive,
      ipv4.protocol,
    ],
    [20, 2, 40, 1, 2, 64, 6],
  );
  assert.deepEqual(
    [
      tcp.sourcePort,
      tcp.destinationPort,
      tcp.sequence,
      tcp.acknowledgment,
      tcp.flags,
      tcp.window,
      tcp.checksum,
      tcp.urgentPointer,
    ],
    [80, 443, 1, 0x80000002, 0x1ff, 0x1234, 0x5678, 0x9abc],
  );
});

test("a packet that is cut anywhere is decoded as far as it goes, or said to be short", () => {
  const packet = new DecodedPacket();
  for (const [name, linkType, bytes, expected] of CASES) {
    if (expected !== TCP4 && expected !== TCP6) continue;
    for (let length = 0; length < bytes.length; length++) {
      const kind = packet.decode(linkType, bytes, 0, length);
      if (kind === "tcp") assert.ok(packet.tcp.payloadEnd <= length);
      else if (name !== "LLC and SNAP" && name !== "IPv4 without a length")
        assert.match(kind, /^short-/, `${name} cut at ${length}`);
    }
  }
});

test("random bytes are never read beyond their end", () => {
  const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const random = randomBytes(seed);
  const packet = new DecodedPacket();
  const linkTypes = Object.values(LinkType);
  for (let round = 0; round < 20_000; round++) {
    const [, linkType, bytes] = CASES[random() % CASES.length]!;
    const mutated = bytes.slice(0, random() % (bytes.length + 1));
    for (let flips = random() % 4; flips > 0 && mutated.length > 0; flips--)
      mutated[random() % mutated.length] = random();
    const kind = packet.decode(
      random() % 8 === 0 ? linkTypes[random() % linkTypes.length]! : linkType,
      mutated,
      0,
      mutated.length,
    );
    const header = kind === "tcp" ? packet.tcp : kind === "udp" ? packet.udp : undefined;
    if (header !== undefined)
      assert.ok(header.payloadStart <= header.payloadEnd && header.payloadEnd <= mutated.length, `seed ${seed}`);
  }
});

function randomBytes(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state >>> 8;
  };
}

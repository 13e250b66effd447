import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkType } from "../../pcap/link-type.ts";
import { SyntheticConnection } from "../build/synthetic-connection.ts";
import { DecodedPacket } from "../decode-packet.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

function tcpFrame(version: 4 | 6): Uint8Array {
  let frame: Uint8Array = hex("");
  const writer = {
    writePacket(_: unknown, bytes: Uint8Array, start: number, end: number) {
      frame = bytes.slice(start, end);
    },
  };
  const address = (last: number) => (version === 4 ? `10.0.0.${last}` : `2001:db8::${last}`);
  const [local, remote] = [1, 2].map((last) => ({ kind: "ip", address: address(last), port: last }) as const);
  new SyntheticConnection(writer, local, remote).data({ seconds: 0, nanos: 0 }, "read", hex("0909"), 0, 2);
  return frame;
}

/** IPv4 and IPv6 where `·` stands, its EtherType for `T`, a family of OpenBSD for `F`, PPP's protocol for `P`; `E` is a frame of Ethernet. */
const WIRELESS = "08010000 020000000001 020000000002 020000000003 0000 aaaa03000000 T ·";
const HEADERS: readonly (readonly [what: string, linkType: number, header: string])[] = [
  ["token ring", LinkType.TOKEN_RING, "1040 020000000001 020000000002 aaaa03000000 T ·"],
  ["token ring, routed", LinkType.TOKEN_RING, "1040 020000000001 820000000002 0630ab1cd000 aaaa03000000 T ·"],
  ["SLIP", LinkType.SLIP, `${"00".repeat(16)} ·`],
  ["SLIP of BSD/OS", LinkType.SLIP_BSDOS, `${"00".repeat(24)} ·`],
  ["FDDI", LinkType.FDDI, "50 020000000001 020000000002 aaaa03000000 T ·"],
  ["ATM", LinkType.ATM_RFC1483, "aaaa03000000 T ·"],
  ["ATM of Sun", LinkType.SUNATM, "02000020 aaaa03000000 T ·"],
  ["Fibre Channel", LinkType.IP_OVER_FC, "1000020000000001 1000020000000002 aaaa03000000 T ·"],
  ["FireWire", LinkType.IP_OVER_IEEE1394, "0200000000010000 0200000000020000 T ·"],
  ["InfiniBand", LinkType.IPOIB, `${"00".repeat(40)} T 0000 ·`],
  ["frame relay, SNAP", LinkType.FRAME_RELAY, "1841 03 00 80 000000 T ·"],
  ["frame relay, Cisco's", LinkType.FRAME_RELAY, "1841 T ·"],
  ["frame relay, four bytes of address", LinkType.FRAME_RELAY, "18406041 T ·"],
  ["frame relay, bridged", LinkType.FRAME_RELAY, "1841 03 00 80 0080c2 0007 E"],
  ["IPsec's interface", LinkType.ENC, "0F000000 00000000 00000000 ·"],
  ["packet filter", LinkType.PFLOG, `3d 0F 0000 ${"00".repeat(60)} ·`],
  ["Prism", LinkType.PRISM, `${"00".repeat(144)} ${WIRELESS}`],
  ["AVS", LinkType.AVS, `80211001 00000040 ${"00".repeat(56)} ${WIRELESS}`],
  ["pppd", LinkType.PPP_PPPD, "00 03 P ·"],
  ["pppd, with an address", LinkType.PPP_PPPD, "01 ff03 P ·"],
  ["PPI", LinkType.PPI, "00 00 0800 01000000 E"],
  ["PPI, 802.11", LinkType.PPI, `00 00 1400 69000000 0200 0800 0000000000000000 ${WIRELESS}`],
  ["Endace", LinkType.ERF, "0000000000000000 02 00 0000 0000 0000 0000 E"],
  [
    "Endace, extended",
    LinkType.ERF,
    "0000000000000000 82 00 0000 0000 0000 83 00000000000000 03 00000000000000 0000 E",
  ],
  ["Solaris", LinkType.IPNET, `01 02 ${"00".repeat(22)} ·`],
  ["Hilscher", LinkType.NETANALYZER, "00000000 E"],
  ["Hilscher, transparent", LinkType.NETANALYZER_TRANSPARENT, "00000000 55555555555555d5 E"],
  ["Apple's header", LinkType.PKTAP, `6c000000 01000000 01000000 ${"00".repeat(96)} E`],
  ["optical network", LinkType.EPON, "5555d5555501ff00 E"],
  ["preemption", LinkType.MPACKET, "55555555555555d5 E"],
  ["Broadcom", LinkType.DSA_TAG_BRCM, "020000000001 020000000002 20000001 T ·"],
  ["Marvell", LinkType.DSA_TAG, "020000000001 020000000002 c0080000 T ·"],
  ["Marvell, with a type", LinkType.DSA_TAG_ETHERTYPE, "020000000001 020000000002 dada0000 c0080000 T ·"],
];

for (const version of [4, 6] as const) {
  const frame = tcpFrame(version);
  const packet = frame.subarray(14);
  const [type, family, protocol] = version === 4 ? ["0800", "02", "0021"] : ["86dd", "18", "0057"];
  for (const [what, linkType, header] of [
    ...HEADERS,
    ["frame relay", LinkType.FRAME_RELAY, `1841 03 ${version === 4 ? "cc" : "8e"} ·`] as const,
  ])
    test(`IPv${version}, ${what}; cut anywhere it is short, and nothing else`, () => {
      const filled = header.replaceAll("T", type!).replaceAll("F", family!).replaceAll("P", protocol!);
      const bytes = join(hex(filled.replace(/[·E]/, "")), filled.endsWith("E") ? frame : packet);
      const padded = join(hex("ffff"), bytes, hex("ff"));
      const decoded = new DecodedPacket();
      assert.equal(decoded.decode(linkType, padded, 2, 2 + bytes.length), "tcp");
      assert.equal(decoded.tcp.destinationPort, 1);
      assert.deepEqual(padded.subarray(decoded.tcp.payloadStart, decoded.tcp.payloadEnd), hex("0909"));
      const headerSize = bytes.length - packet.length;
      for (let end = 2; end <= 2 + headerSize; end++)
        assert.match(decoded.decode(linkType, padded, 2, end), /^(?:short-|malformed-|not-ip)/, `${end - 2} bytes`);
    });
}

test("a header that holds itself is none", () => {
  const bytes = join(hex("00 00 0800 c0000000"), hex("00 00 0800 01000000"), tcpFrame(4));
  assert.equal(new DecodedPacket().decode(LinkType.PPI, bytes, 0, bytes.length), "malformed-link-header");
});

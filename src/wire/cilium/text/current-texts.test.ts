import assert from "node:assert/strict";
import { test } from "node:test";
import { logRecordMessage } from "../../../../test/support/cilium-log-record.ts";
import { DEBUG, type Dialect, JSON_OUTPUT, MonitorFormatter } from "../index.ts";

const MAPPED = "00000000000000000000ffff0a000001";
const TRACE = `04000a00efbeadde0000000000000200640000000200000014000001070000${"00"}${MAPPED}${"00".repeat(8)}`;
const SOCKET = `07010101500000000100000000000000${"0200000000000000"}${MAPPED}`;
const drop = (reason: string, file: string) =>
  `01${reason}0a00efbeadde0000000000000300640000000200000014000000d204${file}0007000000${"00".repeat(12)}`;
const KAFKA = logRecordMessage({ Type: "Request", Kafka: { APIKey: "produce", Topic: { Topic: "empire" } } });
const TCP_OPTION = (kind: string) =>
  `04000a00efbeadde3a0000003a0002006400000002000000140000000700000000${"00".repeat(23)}0233456789ab0123456789ab08004500002c00010000400600000102030405060708005001bb00000000000000006002200000000000${kind}`;
const policy = (identity: number) =>
  `05000a00efbeadde0000000000000000${identity.toString(16).padStart(2, "0")}000000${"00".repeat(20)}`;
/** UDP to a tunnel's port, from 1.2.3.4 to 5.6.7.8, without an Ethernet header. */
const udp = (port: string, payload: string) =>
  `4500${(28 + payload.length / 2).toString(16).padStart(4, "0")}000100004011000001020304050607083039${port}${(8 + payload.length / 2).toString(16).padStart(4, "0")}0000${payload}`;
const ETHERNET = "0233456789ab0123456789ab0800";

/** Texts of v1.20 that differ from v1.19. */
const CASES: readonly (readonly [what: string, message: string | Uint8Array, later: RegExp, current: RegExp])[] = [
  ["reason 206", drop("ce", "02"), /^xx drop \(206, 0\) /, /^xx drop \(No device\) /],
  [
    "reason 207",
    drop("cf", "02"),
    /^xx drop \(207, 0\) /,
    /^xx drop \(First logical datagram fragment not found from world\) /,
  ],
  ["file 6", drop("85", "06"), /file bpf_network\.c:1234, /, /file unknown\(6\):1234, /],
  [
    "a debug message of no kind",
    "02010a00efbeadde010000000200000003000000",
    /arg2=2 \(0x2\)\n$/,
    /arg2=2 \(0x2\) arg3=3 \(0x3\)\n$/,
  ],
  ["a solicitation", "020d0a00efbeadde010000000200000003000000", / soliciation for /, / solicitation for /],
  ["an original address", TRACE, /orig-ip 10\.0\.0\.1: /, /orig-ip ::ffff:10\.0\.0\.1: /],
  ["a socket's address", SOCKET, /dst \[10\.0\.0\.1\]:80 /, /dst \[::ffff:10\.0\.0\.1\]:80 /],
  ["a record of Kafka", KAFKA, / kafka .* produce topic empire => 0\n$/, /Request unknown-l7 /],
  ["an identity of policies", policy(13), /remote ID 13, /, /remote ID aggregate-world, /],
  ["v1.19's identity of what it encrypts", policy(11), /remote ID 11, /, /remote ID aggregate-cluster, /],
  ["an MPTCP option without a length", TCP_OPTION("1e00f000"), /tcp|error/, /\[error\]\n$/],
];

test("v1.20 says otherwise than v1.19", () => {
  for (const [what, message, later, current] of CASES) {
    assert.match(print(message, "v1.19"), later, what);
    assert.match(print(message, "v1.20"), current, what);
    for (const dialect of ["v1.19", "v1.20"] as const) assert.notEqual(print(message, dialect, true), "", what);
  }
});

test("the JSON of a URL has the order of the Go that the version is built with", () => {
  const record = { Type: "Request", HTTP: { Method: "GET", URL: new TextEncoder().encode("http://h/a?b#c") } };
  const json = (dialect: Dialect) =>
    new MonitorFormatter({ verbosity: JSON_OUTPUT, dialect }).formatSample(logRecordMessage(record), 0);
  assert.match(
    json("v1.19"),
    /"Path":"\/a","RawPath":"","OmitHost":false,"ForceQuery":false,"RawQuery":"b","Fragment":"c",/,
  );
  assert.match(
    json("v1.20"),
    /"Path":"\/a","Fragment":"c","RawQuery":"b","RawPath":"","RawFragment":"","ForceQuery":false,/,
  );
});

test("of a tunnel in a tunnel compat shows the innermost fields, as Cilium does, and otherwise those of the first", () => {
  const innermost = `${ETHERNET}${udp("0035", "").replace("0102030405060708", "090909090a0a0a0a")}`;
  const geneve = udp("17c1", `0000655800000700${innermost}`).replace("0102030405060708", "0b0b0b0b0c0c0c0c");
  const packet = udp("12b5", `0800000000000500${ETHERNET}${geneve}`);
  const message = `04000a00efbeadde${"000000000000"}0000${"00".repeat(11)}06${"00".repeat(4)}${packet}`;
  const first = "11.11.11.11:12345 -> 12.12.12.12:6081 udp [tunnel 1.2.3.4:12345 -> 5.6.7.8:4789 vxlan]\n";
  for (const dialect of ["v1.19", "v1.20"] as const) {
    assert.equal(print(message, dialect).split(": ")[1], first);
    assert.equal(
      print(message, dialect, true).split(": ")[1],
      first.replace(/^.*udp/, "9.9.9.9:12345 -> 10.10.10.10:53 udp"),
    );
  }
});

test("labels and addresses are taken as the stream describes them, whatever the dialect", () => {
  const address = Uint8Array.from(Buffer.from(MAPPED, "hex"));
  for (const labels of ["texts", "structs"] as const)
    for (const addresses of ["bytes", "binary"] as const)
      for (const dialect of ["v1.9", "v1.19", "v1.20", "auto"] as const) {
        const message = logRecordMessage(
          {
            Type: "Response",
            SourceEndpoint: {
              ID: 1,
              Labels: labels === "texts" ? ["k8s:a=b"] : [{ Key: "a", Value: "b", Source: "k8s" }],
            },
            DNS: { Query: "q.", IPs: [address], QTypes: [1] },
          },
          { labels, addresses },
        );
        const text = new MonitorFormatter({ dialect }).formatSample(message, 0);
        const what = `${labels}, ${addresses}, ${dialect}`;
        assert.match(text, /\(\[k8s:a=b\]\)/, what);
        if (addresses === "bytes") assert.match(text, /Answer: '10\.0\.0\.1'\n$/, what);
        else assert.match(text, /Answer: '(::ffff:)?10\.0\.0\.1'\n$/, what);
      }
});

function print(message: string | Uint8Array, dialect: Dialect, compat = false): string {
  const bytes = typeof message === "string" ? Uint8Array.from(Buffer.from(message, "hex")) : message;
  return new MonitorFormatter({ verbosity: DEBUG, dialect, compat }).formatSample(bytes, 0);
}

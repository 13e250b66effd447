/**
 * The algorithm of Envoy's tap2pcap.py: parse the trace whole, one `od` an event, all of it joined and given to one text2pcap.
 * Run as a program: tap2pcap-peer.ts IN.pb OUT.pcap (a TraceWrapper with a buffered socket trace, binary).
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { TraceWrapperSchema } from "../../src/wire/envoy/gen/envoy/data/tap/v3/trace_pb.js";

const [input, output] = process.argv.slice(2);
const { trace } = fromBinary(TraceWrapperSchema, readFileSync(input!));
if (trace.case !== "socketBufferedTrace") throw new Error("no buffered socket trace");
const [local, remote] = [trace.value.connection?.localAddress, trace.value.connection?.remoteAddress].map((address) => {
  const end = address?.address;
  if (end?.case !== "socketAddress") throw new Error("no socket address");
  return { ip: end.value.address, port: end.value.portSpecifier.value };
});

const dumps: string[] = [];
for (const { timestamp, eventSelector } of trace.value.events) {
  if (eventSelector.case !== "read" && eventSelector.case !== "write") continue;
  const data = eventSelector.value.data?.bodyType.value;
  const dump = spawnSync("od", ["-Ax", "-tx1", "-v"], { input: data as Uint8Array, encoding: "latin1" }).stdout;
  const millis = Number(timestamp!.seconds) * 1000;
  const time = new Date(millis).toISOString().slice(0, 19).replace("T", " ");
  const micros = String(Math.floor(timestamp!.nanos / 1000)).padStart(6, "0");
  dumps.push(`${eventSelector.case === "read" ? "I" : "O"}\n${time}.${micros}\n${dump}`);
}
const { status, stderr } = spawnSync(
  "text2pcap",
  [
    ...["-D", "-t", "%Y-%m-%d %H:%M:%S.%f", "-4", `${remote!.ip},${local!.ip}`],
    ...["-T", `${remote!.port},${local!.port}`, "-", output!],
  ],
  { input: dumps.join("\n"), encoding: "utf8" },
);
if (status !== 0) throw new Error(stderr);

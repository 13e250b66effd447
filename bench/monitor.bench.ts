/**
 * The cost of decoding and printing Cilium's notifications: gob sessions in, text out to /dev/null, CPU time of one core, best
 * of several rounds. The peer is the real Go code (github.com/cilium/cilium/pkg/monitor v1.9.0), measured in the same run where
 * Go and the module are to be had; else the figures of its last measurement are compared with and said to be that.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  EventSample,
  encodePayload,
  INFO,
  JSON_OUTPUT,
  MonitorFormatter,
  PAYLOAD_DEFINITION,
  PayloadSession,
  VERBOSE,
  type Verbosity,
} from "../src/wire/cilium/index.ts";
import { findProgram } from "../test/support/needs.ts";

const PACKET =
  "0233456789ab0123456789ab08004500003c0001000040064b860a0b0c0d0a0e0f10c82200500000000100000002a00220007dc40000020405b40402080a0001e2400000000001030307";
const TRACE = `04000a00efbeadde4a0000004a00010064000000c8000000140000000000000000000000000000000000000000000000${PACKET}`;

interface Case {
  readonly name: string;
  readonly go: string;
  readonly hex: string;
  readonly verbosity: Verbosity;
  readonly events: number;
  /** Go's nanoseconds an event, measured before (Go 1.19.8, 2.6 GHz). */
  readonly measured: number;
  readonly wanted: number;
}

const CASES: readonly Case[] = [
  { name: "gob + INFO", go: "info", hex: TRACE, verbosity: INFO, events: 20_000, measured: 2834, wanted: 1.5 },
  { name: "gob + JSON", go: "json", hex: TRACE, verbosity: JSON_OUTPUT, events: 20_000, measured: 22712, wanted: 5 },
  { name: "gob + VERBOSE", go: "verbose", hex: TRACE, verbosity: VERBOSE, events: 20_000, measured: 20507, wanted: 5 },
];

const go = measureGo();
console.log(
  go === undefined
    ? "peer missing: Go with github.com/cilium/cilium v1.9.0 (set TAPLINE_CILIUM to its source); compared with figures measured before"
    : "peer: github.com/cilium/cilium/pkg/monitor, same machine, same run",
);
for (const { name, go: mode, hex, verbosity, events, measured, wanted } of CASES) {
  const ours = measure(Buffer.from(hex, "hex"), verbosity, events);
  const theirs = go?.get(mode) ?? measured;
  report(name, ours, theirs, wanted);
}
const record = l7Record();
report("gob + INFO, L7 record", measure(record, INFO, 5000), go?.get("l7") ?? 24926, 5);
report("gob + JSON, L7 record", measure(record, JSON_OUTPUT, 5000), go?.get("l7") ?? 24926, 5);

function report(name: string, ours: number, theirs: number, wanted: number): void {
  const ratio = theirs / ours;
  console.log(
    `${name.padEnd(24)} ${Math.round(ours).toString().padStart(7)} ns  ${Math.round(1e9 / ours)
      .toString()
      .padStart(
        9,
      )} events/s  Go ${Math.round(theirs)} ns  ${ratio.toFixed(1)} x Go (wanted ${wanted}) ${ratio >= wanted ? "ok" : "SLOW"}`,
  );
}

/** Nanoseconds of CPU an event. */
function measure(data: Uint8Array, verbosity: Verbosity, events: number): number {
  const message = encodePayload({ data, cpu: 0, lost: 0n, type: EventSample });
  const stream = Buffer.concat([PAYLOAD_DEFINITION, ...Array.from({ length: events }, () => message)]);
  const sink = openSync("/dev/null", "w");
  const batch = Buffer.alloc(128 * 1024);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    const formatter = new MonitorFormatter({ verbosity });
    let used = 0;
    const session = new PayloadSession({
      onPayload: (payload) => {
        const text = formatter.formatPayload(payload);
        if (used + text.length > batch.length) {
          writeSync(sink, batch, 0, used);
          used = 0;
        }
        used += batch.write(text, used, "latin1");
      },
    });
    const before = process.cpuUsage();
    for (let at = 0; at < stream.length; at += 65536) session.push(stream.subarray(at, at + 65536));
    writeSync(sink, batch, 0, used);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1000) / events);
  }
  return best;
}

/** A record of an HTTP request as an agent sends it: the definitions of its types, again in every message, and the record. */
function l7Record(): Uint8Array {
  const string = 6;
  const uint = 3;
  const strings = 66;
  const endpoint = 67;
  const fields = (list: readonly (readonly [string, number])[]): number[] => [
    ...count(list.length),
    ...list.flatMap(([name, id]) => [1, ...text(name), 1, ...int(id), 0]),
  ];
  const struct = (id: number, name: string, list: readonly (readonly [string, number])[]): number[] =>
    message([...int(-id), 3, 1, 1, ...text(name), 1, ...int(id), 0, 1, ...fields(list), 0, 0]);
  const definitions = [
    ...struct(65, "LogRecord", [
      ["Type", string],
      ["Timestamp", string],
      ["ObservationPoint", string],
      ["SourceEndpoint", endpoint],
      ["DestinationEndpoint", endpoint],
      ["Verdict", string],
      ["HTTP", 68],
    ]),
    ...message([...int(-strings), 2, 1, 1, ...text("[]string"), 1, ...int(strings), 0, 1, ...int(string), 0, 0]),
    ...struct(endpoint, "EndpointInfo", [
      ["ID", uint],
      ["IPv4", string],
      ["IPv6", string],
      ["Port", uint],
      ["Identity", uint],
      ["Labels", strings],
      ["LabelsSHA256", string],
    ]),
    ...struct(68, "LogRecordHTTP", [
      ["Code", 2],
      ["Method", string],
      ["URL", 69],
      ["Protocol", string],
    ]),
    ...message([...int(-69), 6, 1, 1, ...text("URL"), 1, ...int(69), 0, 0, 0]),
  ];
  const end = (id: number, label: string): number[] => [
    1,
    ...count(id),
    1,
    ...text("10.0.0.1"),
    3,
    ...count(34567),
    1,
    1,
    ...text(label),
    0,
  ];
  const value = [
    ...int(65),
    ...[1, ...text("Request"), 1, ...text("2020-10-19T12:34:56.789Z"), 1, ...text("Egress")],
    ...[1, ...end(1021, "k8s:app=client"), 1, ...end(7, "reserved:world"), 1, ...text("Forwarded")],
    ...[1, 1, ...int(200), 1, ...text("GET"), 1, ...text("http://echo:8080/public?a=1"), 1, ...text("HTTP/1.1"), 0],
    0,
  ];
  return Uint8Array.of(129, ...definitions, ...message(value));
}

function count(value: number): number[] {
  if (value < 128) return [value];
  const bytes = value < 256 ? [value] : [value >> 8, value & 255];
  return [256 - bytes.length, ...bytes];
}

function int(value: number): number[] {
  return count(value < 0 ? (~value << 1) | 1 : value << 1);
}

function text(value: string): number[] {
  return [...count(value.length), ...Buffer.from(value)];
}

function message(body: readonly number[]): number[] {
  return [...count(body.length), ...body];
}

/** Nanoseconds an event of the Go code, by mode, or undefined where it cannot be measured. */
function measureGo(): Map<string, number> | undefined {
  const source = process.env["TAPLINE_CILIUM"] ?? goModule();
  if (source === undefined || findProgram("go") === undefined) return undefined;
  const folder = join(source, "tapline-bench");
  try {
    mkdirSync(folder, { recursive: true });
    const records = Buffer.from(l7Record()).toString("hex");
    writeFileSync(join(folder, "main.go"), goProgram(TRACE, records));
    const { status, stdout } = spawnSync("go", ["run", "-mod=mod", "./tapline-bench"], {
      cwd: source,
      env: { ...process.env, GOMAXPROCS: "1" },
      encoding: "utf8",
      timeout: 300_000,
    });
    if (status !== 0) return undefined;
    return new Map([...stdout.matchAll(/^BENCH (\w+) ([\d.]+)$/gm)].map((match) => [match[1]!, Number(match[2])]));
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A writable copy of the module, where `go mod download` has put it. */
function goModule(): string | undefined {
  const found = spawnSync("go", ["env", "GOMODCACHE"], { encoding: "utf8" });
  const module = join((found.stdout ?? "").trim(), "github.com/cilium/cilium@v1.9.0");
  if (found.status !== 0 || !existsSync(module)) return undefined;
  const copy = join(mkdtempSync(join(tmpdir(), "tapline-cilium-")), "cilium");
  const { status } = spawnSync("sh", ["-c", `cp -r '${module}' '${copy}' && chmod -R u+w '${copy}'`]);
  process.on("exit", () => rmSync(join(copy, ".."), { recursive: true, force: true }));
  return status === 0 ? copy : undefined;
}

function goProgram(trace: string, record: string): string {
  return `package main

import (
	"bytes"
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/cilium/cilium/pkg/monitor/format"
	"github.com/cilium/cilium/pkg/monitor/payload"
)

func run(name, message string, verbosity format.Verbosity, events int) {
	data, _ := hex.DecodeString(message)
	var stream bytes.Buffer
	encoder := gob.NewEncoder(&stream)
	for i := 0; i < events; i++ {
		(&payload.Payload{Data: data, Type: payload.EventSample}).EncodeBinary(encoder)
	}
	stdout := os.Stdout
	best := 1e18
	for round := 0; round < 8; round++ {
		os.Stdout, _ = os.OpenFile("/dev/null", os.O_WRONLY, 0)
		formatter := format.NewMonitorFormatter(verbosity)
		decoder := gob.NewDecoder(bytes.NewReader(stream.Bytes()))
		var pl payload.Payload
		start := time.Now()
		for i := 0; i < events; i++ {
			if err := pl.DecodeBinary(decoder); err != nil {
				panic(err)
			}
			formatter.FormatEvent(&pl)
		}
		if took := float64(time.Since(start).Nanoseconds()) / float64(events); took < best {
			best = took
		}
		os.Stdout.Close()
		os.Stdout = stdout
	}
	fmt.Printf("BENCH %s %.0f\\n", name, best)
}

func main() {
	run("info", "${trace}", format.INFO, 20000)
	run("json", "${trace}", format.JSON, 5000)
	run("verbose", "${trace}", format.VERBOSE, 5000)
	run("l7", "${record}", format.INFO, 2000)
}
`;
}

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  EventSample,
  encodePayload,
  PAYLOAD_DEFINITION,
  RECORDED_PAYLOAD_DEFINITION,
} from "../src/wire/cilium/session/payload.ts";
import { PayloadSession } from "../src/wire/cilium/session/payload-session.ts";

// Which part of the events is shown: --first, --last, --since, --until, Hubble's flags, and the times that recordings keep.

const PROGRAM = join(import.meta.dirname, "../bin/tapline");
const folder = mkdtempSync(join(tmpdir(), "tapline-windows-"));
after(() => rmSync(folder, { recursive: true }));

const ETHERNET = "0233456789ab0123456789ab";
const IP = "450000280001000040066abc0102030405060708";
const TCP = "005001bb0000000000000000500220007dc40000";
const trace = (endpoint: number, packet = `${ETHERNET}0800${IP}${TCP}`): string =>
  `04000a00efbeadde${word(packet.length / 2)}${word(packet.length / 2)}6400000002000000${word(endpoint)}${"00".repeat(4)}${packet}`;

function word(value: number): string {
  return Buffer.from(Uint32Array.of(value).buffer).toString("hex");
}

/** A recording with an event a minute from 12:00 on, of endpoints 1, 2, 3, … */
function record(name: string, endpoints: number): string {
  const start = Date.UTC(2026, 0, 31, 12) / 1000;
  const file = join(folder, name);
  const messages = Array.from({ length: endpoints }, (_, i) =>
    encodePayload(
      { data: Buffer.from(trace(i + 1), "hex"), cpu: 0, lost: 0n, type: EventSample },
      { seconds: start + 60 * i, nanos: 5_000_000 },
    ),
  );
  writeFileSync(file, Buffer.concat([RECORDED_PAYLOAD_DEFINITION, ...messages]));
  return file;
}

function monitor(args: readonly string[], input = ""): { stdout: string; stderr: string; code: number | null } {
  const { stdout, stderr, status } = spawnSync(PROGRAM, ["monitor", ...args], { input, timeout: 240_000 });
  return { stdout: stdout.toString(), stderr: stderr.toString(), code: status };
}

/** The endpoints that are shown, in order. */
function endpointsOf(text: string): string {
  return [...text.matchAll(/-> endpoint (\d+)(?: \([^)]*\))? flow/g)].map(([, endpoint]) => endpoint).join(" ");
}

test("the first, the last, and those of a time", () => {
  const file = record("ten.gob", 10);
  for (const [args, endpoints, counted] of [
    [["--first", "3"], "1 2 3", /3 handled \+ 7 skipped \(after-the-first 7\)/],
    [["--last", "3"], "8 9 10", /3 handled \+ 7 skipped \(before-the-last 7\)/],
    [["--last", "2m"], "8 9 10", /3 handled \+ 7 skipped \(before-the-last 7\)/],
    [["--last", "99"], "1 2 3 4 5 6 7 8 9 10", /^nothing lost: 10 messages$/m],
    [["--since", "2026-01-31T12:08:00Z"], "9 10", /before-since 8/],
    [["--until", "2026-01-31 12:02"], "1 2", /after-until 8/],
    [["--since", "2026-01-31 12:02", "--until", "2026-01-31 12:05", "--last", "2"], "4 5", /before-the-last 1/],
    [["--since", "2026-01-31 12:02", "--first", "1"], "3", /before-since 2, after-the-first 7/],
    [["--last", "2", "-Y", "destination.endpoint < 5"], "3 4", /filtered 6/],
  ] as const) {
    const { stdout, stderr, code } = monitor(["--input", file, ...args]);
    assert.equal(endpointsOf(stdout), endpoints, args.join(" "));
    assert.match(stderr, counted, args.join(" "));
    assert.equal(code, 0);
  }
  const compact = monitor(["--input", file, "--last", "1", "-o", "compact"]);
  assert.match(compact.stdout, /^Jan 31 12:09:00\.005: 1\.2\.3\.4:80 .* -> 5\.6\.7\.8:443 /);
  const documents = monitor(["--input", file, "--first", "1", "-o", "ndjson"]);
  assert.match(documents.stdout, /"time":"2026-01-31T12:00:00\.005Z"/);
});

test("a line at which reading was cut by --first is no wrong one", () => {
  const file = join(folder, "long.jsonl");
  const flow = monitor(["--input", "-", "-o", "jsonpb"], `${trace(1)}\n`).stdout;
  writeFileSync(file, flow.repeat(20_000));
  const { stdout, stderr, code } = monitor(["--input", file, "--first", "1", "-o", "jsonpb"]);
  assert.equal(stdout, flow);
  assert.doesNotMatch(stderr, /long\.jsonl:\d|not-a-message/);
  assert.equal(code, 0);
});

test("--record keeps when each event came; what came without a time is in no range of times", () => {
  const recorded = join(folder, "kept.gob");
  const before = Date.now();
  monitor(["--input", "-", "--record", recorded], `${trace(1)}\n${trace(2)}\n`);
  const shown = monitor(["--input", recorded, "--timestamps", "--since", "10m"]);
  assert.equal(endpointsOf(shown.stdout), "1 2");
  const at = Date.parse(shown.stdout.split(" ")[0]!);
  assert.ok(at >= before - 1 && at <= Date.now(), shown.stdout);

  const again = join(folder, "again.gob");
  monitor(["--input", recorded, "--record", again]);
  assert.deepEqual(readFileSync(again), readFileSync(recorded));

  const plain = join(folder, "plain.hex");
  writeFileSync(plain, `${trace(1)}\n${trace(2)}\n`);
  const untimed = monitor(["--input", plain, "--since", "10m"]);
  assert.equal(untimed.stdout, "");
  assert.match(untimed.stderr, /2 skipped \(time-unknown 2\)/);
  assert.equal(untimed.stderr.match(/an event has no time/g)?.length, 1);
});

test("a field that a recording has beside Go's is left out by who does not know it, and is read only as a time", () => {
  const read = (bytes: Uint8Array): unknown[] => {
    const found: unknown[] = [];
    const session = new PayloadSession({ onPayload: ({ cpu, type, time }) => found.push([cpu, type, time]) });
    assert.equal(session.push(bytes), undefined);
    return found;
  };
  const payload = { data: Uint8Array.of(4), cpu: 3, lost: 0n, type: EventSample };
  const time = { seconds: -1, nanos: 999_999_999 };
  const timed = Buffer.concat([RECORDED_PAYLOAD_DEFINITION, encodePayload(payload, time), encodePayload(payload)]);
  assert.deepEqual(read(timed), [
    [3, EventSample, time],
    [3, EventSample, undefined],
  ]);
  assert.deepEqual(read(Buffer.concat([PAYLOAD_DEFINITION, encodePayload(payload)])), [[3, EventSample, undefined]]);
});

test("Hubble's flags and subtypes select, also beside -Y; --compat has none of them", () => {
  const file = record("three.gob", 3);
  const names = join(folder, "names.json");
  writeFileSync(
    names,
    '{"endpoints": {"2": "shop/cart-7d9", "3": "default/web"}, "identities": {"100": "k8s:app=web"}}',
  );
  for (const [args, endpoints] of [
    [["-t", "trace:to-endpoint", "--port", "443"], "1 2 3"],
    [["-t", "trace:from-host"], ""],
    [["--verdict", "forwarded", "-Y", "destination.endpoint == 2 // the second"], "2"],
    [["--to-pod", "shop/cart", "--names", names], "2"],
    [["--namespace", "default,shop", "--names", names], "2 3"],
    [["--label", "app=web", "--names", names], "1 2 3"],
    [["--ip", "10.0.0.0/8"], ""],
  ] as const)
    assert.equal(endpointsOf(monitor(["--input", file, ...args]).stdout), endpoints, args.join(" "));
  const nameless = monitor(["--input", file, "--namespace", "shop"]);
  assert.equal(nameless.stderr.match(/name no pods, namespaces and labels/g)?.length, 1);
  const both = monitor(["--input", file, "--first", "1", "--last", "1"]);
  assert.deepEqual([both.code, both.stdout], [2, ""]);
  assert.match(both.stderr, /'--first <n>' cannot be used with option '--last/);
  const refused = monitor(["--input", file, "--compat", "--first", "1"]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /cilium monitor prints, which has no --first/);
});

test("VLAN tags and extension headers are looked behind; what is no IP packet shows its MAC addresses", () => {
  const v6 = (next: string, payload: string): string =>
    `${ETHERNET}86dd60000000${(payload.length / 2).toString(16).padStart(4, "0")}${next}40${"20010db8".padEnd(31, "0")}1${"20010db8".padEnd(31, "0")}2${payload}`;
  const hex = [
    trace(1, `${ETHERNET}810000640800${IP}${TCP}`),
    trace(1, v6("00", `3c000502000001000600010400000000${TCP}`)),
    trace(1, `${ETHERNET}08060001080006040001${"00".repeat(20)}`),
    trace(1, `${ETHERNET}88cc${"00".repeat(46)}`),
  ].join("\n");
  const { stdout } = monitor(["--input", "-", "-o", "compact"], `${hex}\n`);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(21)),
    [
      "1.2.3.4:80 (ID:100) -> 5.6.7.8:443 (world) to-endpoint FORWARDED (TCP Flags: SYN)",
      "[2001:db8::1]:80 (ID:100) -> [2001:db8::2]:443 (world) to-endpoint FORWARDED (TCP Flags: SYN)",
      "01:23:45:67:89:ab (ID:100) -> 02:33:45:67:89:ab (world) to-endpoint FORWARDED (ARP)",
      "01:23:45:67:89:ab (ID:100) -> 02:33:45:67:89:ab (world) to-endpoint FORWARDED (LinkLayerDiscovery)",
    ],
  );
});

test("what a filter compares with and can never be is pointed out", () => {
  for (const [filter, message] of [
    ["policy.match == 'l3-l4'", /policy\.match is never 'l3-l4'[\s\S]*did you mean 'L3-L4'/],
    ["l7.protocol == 'HTTP'", /l7\.protocol is never 'HTTP'/],
    ["l7.type == 'request'", /l7\.type is never 'request'[\s\S]*did you mean 'Request'/],
    ["l7.type in ['Request', 'RESPONSE']", /l7\.type is never 'RESPONSE'[\s\S]*did you mean 'Response'/],
    ["'Dropped' != flow.verdict", /flow\.verdict is never 'Dropped'[\s\S]*did you mean 'DROPPED'/],
    [
      "!(flow.kind == 'trace' || flow.type == 'TO_STACK')",
      /flow\.type is never 'TO_STACK'[\s\S]*did you mean 'to-stack'/,
    ],
    ["flow.reason == 'POLICY_DENIED'", /flow\.reason is never 'POLICY_DENIED'[\s\S]*did you mean 'Policy denied'/],
    ["trace.state == 'srv6_encap'", /trace\.state is never 'srv6_encap'[\s\S]*did you mean 'srv6-encap'/],
    ["flow.verdict == 'dropped'", /flow\.verdict is never 'dropped'[\s\S]*did you mean 'DROPPED'/],
    ["flow.kind == 'drops'", /flow\.kind is never 'drops'[\s\S]*did you mean 'drop'/],
    ["drop.reason == 'policy denied'", /drop\.reason is never 'policy denied'[\s\S]*did you mean 'Policy denied'/],
    [
      "drop.reason in ['Policy denied', 'FIB lookup failed, 4', '206, 0', 'nonsense']",
      /drop\.reason is never 'nonsense'/,
    ],
    ["policy.direction == 'in'", /policy\.direction is never 'in'/],
    ["trace.point == 'TO_ENDPOINT'", /trace\.point is never 'TO_ENDPOINT'[\s\S]*did you mean 'to-endpoint'/],
    ["flow.protocol == 'TCP'", /flow\.protocol is never 'TCP'[\s\S]*did you mean 'tcp'/],
  ] as const) {
    const { stderr, code } = monitor(["--input", "-", "-Y", filter]);
    assert.equal(code, 2, filter);
    assert.match(stderr, message);
  }
});

test("what may be there is not pointed out, whatever names it", () => {
  for (const filter of [
    "l7.type == 'Request' || l7.type == 'Other'",
    "flow.reason in ['Policy denied', 'L3-L4', 'new', 'FIB lookup failed, 4', 'a reason of later']",
    "flow.type == 'L3_L4' || flow.type == 'http-request' || flow.type == '14'",
    "trace.point == '14' || trace.state == '9'",
  ])
    assert.equal(monitor(["--input", "-", "-Y", filter]).code, 0, filter);
});

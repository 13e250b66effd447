import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { encodePayload, PAYLOAD_DEFINITION } from "../src/wire/cilium/index.ts";
import { skipUnless } from "./support/needs.ts";

const PROGRAM = join(import.meta.dirname, "../bin/tapline");
const PACKET =
  "0233456789ab0123456789ab0800450000280001000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
const DROP = `01850a00efbeadde3600000036000000640000000200000014000000${"00".repeat(4)}${PACKET}`;
const TRACE = `04000a00efbeadde3600000036000000640000000200000014000000${"00".repeat(4)}${PACKET}`;
const folder = mkdtempSync(join(tmpdir(), "tapline-"));
after(() => rmSync(folder, { recursive: true }));

function monitor(
  args: readonly string[],
  input: string | Uint8Array,
): { stdout: string; stderr: string; code: number | null } {
  const { stdout, stderr, status } = spawnSync(PROGRAM, ["monitor", ...args], { input, timeout: 120_000 });
  return { stdout: stdout.toString(), stderr: stderr.toString(), code: status };
}

test("hex lines are filtered with CEL, and shown with names and times", () => {
  const names = join(folder, "names.json");
  writeFileSync(names, '{"identities": {"100": "shop/cart"}, "endpoints": {"20": "shop/db"}}');
  const filter = "drop.reason == 'Policy denied' && destination.port == 443";
  const { stdout, code } = monitor(
    ["--input", "-", "-Y", filter, "--names", names, "--timestamps"],
    `1 ${TRACE}\n2 ${DROP}\n`,
  );
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^\d{4}-\d\d-\d\dT[\d:.]+Z xx drop \(Policy denied\) flow 0xdeadbeef to endpoint 20 \(shop\/db\), identity shop\/cart->2: 1\.2\.3\.4:80 -> 5\.6\.7\.8:443 tcp SYN\n$/,
  );
});

test("an input that was read is closed", () => {
  const path = join(folder, "once.hex");
  writeFileSync(path, `${TRACE}\n`);
  // Node tells of a descriptor that is open then, and nobody has any more.
  const collect = `import { setFlagsFromString } from "node:v8"; import { runInNewContext } from "node:vm";
setFlagsFromString("--expose-gc"); process.once("beforeExit", () => { runInNewContext("gc")(); setImmediate(() => {}); });`;
  const env = { ...process.env, NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(collect)}` };
  const { stderr, stdout } = spawnSync(PROGRAM, ["monitor", "--input", path, "-q"], { env, timeout: 120_000 });
  assert.match(stdout.toString(), /1\.2\.3\.4:80/);
  assert.equal(stderr.toString(), "");
});

test("whose messages they are is found out, and said where it is asked for", () => {
  const device = `04000a00efbeadde28000000280002006400000002000000140000020000000000${"00".repeat(23)}${PACKET.slice(28)}`;
  const early = `01850a00efbeadde360000003600000064000000020000001400000000000000${PACKET}`;
  const lines = `${device}\n${early}\n`;
  const ends = "1\\.2\\.3\\.4:80 -> 5\\.6\\.7\\.8:443 tcp SYN";
  const shown = monitor(["--input", "-"], lines);
  assert.match(
    shown.stdout,
    new RegExp(`^-> endpoint 20 .* identity 100->world .*: ${ends}\n.* identity 100->2: ${ends}\n$`),
  );
  assert.match(monitor(["--input", "-", "--dialect", "v1.19"], lines).stdout, /identity 100->world: .*\n$/);
  assert.match(monitor(["--input", "-", "--dialect", "v1.9", "-t", "trace"], lines).stdout, /identity 100->2 /);
  const compat = monitor(["--input", "-", "--compat", "-t", "drop"], lines);
  assert.equal(compat.stdout, monitor(["--input", "-", "--compat", "-t", "drop", "--dialect", "v1.9"], lines).stdout);
  assert.equal(monitor(["--input", "-", "--compat", "--dialect", "auto"], "").code, 2);
  const future = `01850a00efbeadde3600000036000400640000000200000014000000${"00".repeat(20)}${PACKET}`;
  assert.match(monitor(["--input", "-"], future).stdout, /Unrecognized drop event \(version 4\)/);
});

test("what --record writes, --input reads; what -j writes too", () => {
  const file = join(folder, "recorded.gob");
  const recorded = monitor(["--input", "-", "--record", file, "--dialect", "v1.9"], `1 ${TRACE}\n2 ${DROP}\n`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  // The drop is one of v1.9, which is known before the trace is shown.
  for (const dialect of [[], ["--dialect", "v1.9"]])
    assert.equal(monitor(["--input", file, ...dialect], "").stdout, recorded.stdout);
  const json = monitor(["--input", file, "-j"], "").stdout;
  assert.equal(monitor(["--input", "-", "-j"], json).stdout, json);
  const flows = (args: readonly string[], input: string) => monitor([...args, "-o", "compact"], input).stdout;
  const jsonFile = join(folder, "recorded.json");
  writeFileSync(jsonFile, json);
  const withoutTimes = flows(["--input", file], "").replace(/^\w{3} [ \d]\d [\d:.]+: /gm, "");
  assert.equal(flows(["--input", jsonFile], ""), withoutTimes);
});

test("a recording is not recorded over, and other types' errors are not told", () => {
  const file = join(folder, "own.gob");
  monitor(["--input", "-", "--record", file], `1 ${TRACE}\n`);
  const before = readFileSync(file);
  symlinkSync(file, join(folder, "link.gob"));
  for (const output of [file, join(folder, "link.gob")]) {
    const { code, stderr } = monitor(["--input", file, "--record", output], "");
    assert.equal(code, 2, stderr);
    assert.match(stderr, /it would be lost/);
    assert.deepEqual(readFileSync(file), before);
  }
  const broken = `${TRACE.slice(0, 40)}\n`;
  for (const form of [[], ["-o", "compact"], ["-j"]]) {
    const drops = monitor(["--input", "-", "-t", "drop", ...form], broken);
    assert.deepEqual([drops.stdout, drops.code], ["", 0], form.join(" "));
    assert.match(drops.stderr, /^messages: 1 in = 0 handled \+ 1 skipped \(filtered 1\)\n$/);
    assert.equal(monitor(["--input", "-", ...form], broken).code, 1, `undecoded ${form.join(" ")}`);
  }
});

test("Hubble's flows are read and written", () => {
  const flow =
    '{"flow":{"verdict":"DROPPED","drop_reason":133,"IP":{"source":"10.0.1.71","destination":"10.0.1.142","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":57024,"destination_port":80,"flags":{"SYN":true}}},"source":{"identity":9212},"Type":"L3_L4","event_type":{"type":1,"sub_type":133},"Summary":"TCP Flags: SYN"},"node_name":"k8s1","time":"2021-06-21T20:43:40.984355420Z"}\n';
  const lost = '{"lost_events":{"source":"PERF_EVENT_RING_BUFFER","num_events_lost":"17","cpu":3}}\n';
  assert.equal(monitor(["--input", "-", "-o", "jsonpb"], flow + lost).stdout, flow + lost);
  assert.equal(
    monitor(["--input", "-", "-o", "compact"], flow).stdout,
    "Jun 21 20:43:40.984: 10.0.1.71:57024 (ID:9212) <> 10.0.1.142:80 (unknown) Policy denied DROPPED (TCP Flags: SYN)\n",
  );
  assert.equal(
    monitor(["--input", "-", "-o", "dict"], flow).stdout,
    "  TIMESTAMP: Jun 21 20:43:40.984\n     SOURCE: 10.0.1.71:57024\nDESTINATION: 10.0.1.142:80\n       TYPE: Policy denied\n    VERDICT: DROPPED\n    SUMMARY: TCP Flags: SYN\n",
  );
  assert.match(
    monitor(["--input", "-", "-o", "jsonpb"], `2 ${DROP}\n`).stdout,
    /^\{"flow":\{.*"drop_reason_desc":"POLICY_DENIED"/,
  );
  const file = join(folder, "events.log");
  writeFileSync(file, flow);
  const read = spawnSync(PROGRAM, ["read", file], { encoding: "utf8", timeout: 120_000 });
  assert.match(read.stdout, /10\.0\.1\.71:57024 → 10\.0\.1\.142:80/, read.stderr);
});

test("a socket that is not there is not looked for elsewhere, and the agent says its version", async () => {
  const { stderr, code } = monitor(["--monitor-socket", join(folder, "typo.sock")], "");
  assert.equal(code, 1);
  assert.match(stderr, /typo\.sock/);
  assert.doesNotMatch(stderr, /var\/run\/cilium/);
  const api = createHttpServer((request, response) => {
    response.statusCode = request.url === "/v1/healthz" ? 200 : 404;
    response.end('{"cilium":{"state":"Ok","msg":"1.20.2 (v1.20.2-abc)"}}');
  });
  await new Promise<void>((resolve) => api.listen(join(folder, "cilium.sock"), resolve));
  const message = Buffer.from(`01ce${DROP.slice(4)}`, "hex");
  const agent = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(PAYLOAD_DEFINITION);
    socket.write(encodePayload({ data: message, cpu: 0, lost: 0n, type: 9 }));
  });
  await new Promise<void>((resolve) => agent.listen(join(folder, "monitor.sock"), resolve));
  const child = spawn(PROGRAM, ["monitor", "--monitor-socket", join(folder, "monitor.sock")]);
  const text = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
  child.kill("SIGINT");
  await new Promise((resolve) => child.once("close", resolve));
  agent.close();
  api.close();
  assert.match(text, /^xx drop \(No device\) /);
});

test("flow events are read back by tapline read", () => {
  const { stdout } = monitor(["--input", "-", "-o", "ndjson"], `2 ${DROP}\n`);
  const file = join(folder, "flows.ndjson");
  writeFileSync(file, stdout);
  const read = spawnSync(PROGRAM, ["read", file, "-Y", "drop.reason == 'Policy denied'"], {
    encoding: "utf8",
    timeout: 120_000,
  });
  assert.match(read.stdout, /drop .*1\.2\.3\.4:80 → 5\.6\.7\.8:443 .*Policy denied/);
});

test("Wireshark opens the packets, with what the datapath said of them", { skip: skipUnless("tshark") }, () => {
  const file = join(folder, "drops.pcapng");
  const { stdout } = spawnSync(PROGRAM, ["monitor", "--input", "-", "-o", "pcapng"], { input: `2 ${DROP}\n` });
  writeFileSync(file, stdout);
  const fields = ["-T", "fields", "-e", "ip.src", "-e", "tcp.dstport", "-e", "frame.comment"];
  const { stdout: shown } = spawnSync("tshark", ["-r", file, ...fields], { encoding: "utf8" });
  assert.match(shown, /^1\.2\.3\.4\t443\tdrop: DROPPED Policy denied; .*identity 100 -> 2/);
});

test("wrong use is told in one line, with what would be right", () => {
  for (const [args, message] of [
    [["-t", "drops"], /^tapline: -t drops: .*did you mean drop\?\n$/],
    [["--from", "70000"], /^tapline: --from 70000: expected the id of an endpoint/],
    [["extra"], /unexpected argument 'extra'/],
    [["--input", join(folder, "nothing")], /there is no such file/],
    [["-Y", "drop.raeson == 'x'", "--input", "-"], /drop\.reason/],
  ] as const) {
    const { stderr, code } = monitor(args, "");
    assert.match(stderr, message);
    assert.ok(code === 1 || code === 2, `${args.join(" ")} ends with ${code}`);
  }
});

test("lines that are nothing, and a session that is cut, are told and counted", () => {
  const lines = monitor(["--input", "-"], `what\n2 ${DROP}\n`);
  assert.match(lines.stderr, /1: this line is neither a message in hexadecimal/);
  assert.match(lines.stdout, /^xx drop/);
  assert.equal(lines.code, 1);
  const cut = Buffer.concat([
    PAYLOAD_DEFINITION,
    encodePayload({ data: fromHex(DROP), cpu: 0, lost: 0n, type: 9 }),
  ]).subarray(0, -3);
  const session = monitor(["--input", "-"], cut);
  assert.match(session.stderr, /the recording ends with: unexpected EOF/);
  assert.equal(session.code, 1);
});

test("what became of everything is said last, and a limit costs one line", () => {
  const lost = encodePayload({ data: new Uint8Array(0), cpu: 3, lost: 17n, type: 2 });
  const drop = encodePayload({ data: fromHex(DROP), cpu: 1, lost: 0n, type: 9 });
  const bad = encodePayload({ data: Uint8Array.of(1, 2, 3), cpu: 1, lost: 0n, type: 9 });
  const session = Buffer.concat([PAYLOAD_DEFINITION, drop, lost, bad, drop.subarray(0, -1)]);
  const balance =
    "messages: 4 in = 2 handled + 1 skipped (undecoded 1) + 1 truncated (end-of-stream 1)\n" +
    "lost-events: 17 in = 0 handled + 17 dropped (before-the-agent 17)\n";
  const told = monitor(["--input", "-"], session);
  assert.ok(told.stderr.endsWith(balance), told.stderr);
  assert.equal(monitor(["--input", "-", "-q"], session.subarray(0, -drop.length + 1)).stderr, "");
  const filtered = monitor(["--input", "-", "--from", "11", "-t", "drop"], `2 ${DROP}\n02${"00".repeat(19)}\n`);
  assert.equal(filtered.stderr, "messages: 2 in = 0 handled + 2 skipped (filtered 1, not-at-this-verbosity 1)\n");
  const long = monitor(["--input", "-", "--max-message", "80"], session);
  assert.match(long.stderr, /a message of \d+ bytes is longer than the limit of 80/);
  assert.match(long.stderr, /dropped \(broken-stream 1\)/);
});

test("a capture of packets is called one, and read is named", () => {
  const pcap = Buffer.from("d4c3b2a1020004000000000000000000ffff000001000000", "hex");
  const pcapng = Buffer.from("0a0d0d0a1c0000004d3c2b1a01000000ffffffffffffffff1c000000", "hex");
  for (const [name, bytes] of [
    ["pcap", pcap],
    ["pcapng", pcapng],
  ] as const) {
    const file = join(folder, `captured.${name}`);
    writeFileSync(file, bytes);
    const ran = spawnSync(PROGRAM, ["monitor", "--input", file], { encoding: "utf8", timeout: 120_000 });
    assert.match(
      ran.stderr,
      new RegExp(`captured\\.${name}: .*this is a ${name} capture, no recording of the monitor: tapline read shows it`),
    );
    assert.deepEqual([ran.stdout, ran.status], ["", 1]);
  }
});

test("ends that Hubble has named are named in lines, as by hubble observe: the pod, else the service, else DNS names", () => {
  const flow = (source: string) =>
    `{"flow":{"verdict":"FORWARDED","IP":{"source":"10.0.1.71","destination":"fd00::1","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":57024,"destination_port":80}},${source},"destination":{"namespace":"kube-system"},"Type":"L3_L4","event_type":{"type":4},"Summary":"TCP"}}\n`;
  const names = [
    '"source":{"namespace":"shop","pod_name":"cart-0"},"source_names":["cart.example"]',
    '"source":{"pod_name":"cart-0"}',
    '"source":{"namespace":"shop"},"source_service":{"namespace":"web","name":"front"}',
    '"source":{},"source_names":["a.example","b.example"]',
    '"source":{"namespace":"shop"},"source_names":[]',
    '"source":[],"source_names":{}',
  ];
  const { stdout } = monitor(["--input", "-", "-o", "compact"], names.map(flow).join(""));
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => /: (\S+)/.exec(line)?.[1]),
    [
      "shop/cart-0:57024",
      "cart-0:57024",
      "web/front:57024",
      "a.example,b.example:57024",
      "10.0.1.71:57024",
      "10.0.1.71:57024",
    ],
  );
  assert.match(stdout, /\[fd00::1\]:80/);
  const dict = monitor(["--input", "-", "-o", "dict"], flow(names[0]!));
  assert.match(dict.stdout, /^ {5}SOURCE: shop\/cart-0:57024\nDESTINATION: \[fd00::1\]:80$/m);
});

test("nothing that a message or a line brings acts on the terminal", () => {
  const evil = "a\\u001b[31m\u009b31m\u202eb";
  const events = [
    `{"type":"agent","subtype":"${evil}","message":"${evil}"}`,
    `{"type":"drop","reason":"${evil}","summary":{"l3":{"src":"${evil}","dst":"${evil}"}}}`,
    `{"type":"logRecord","l7Proto":"${evil}","verdict":"${evil}","flowType":"${evil}","dns":{"Query":"${evil}"}}`,
    `{"type":"agent","message":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
  ].join("\n");
  for (const args of [
    [],
    ["-j"],
    ["-o", "compact"],
    ["-o", "table"],
    ["-o", "ndjson"],
    ["-o", "json"],
    ["--summary"],
  ]) {
    const { stdout, code } = monitor(["--input", "-", ...args], events);
    assert.equal(code, 0, args.join(" "));
    assert.doesNotMatch(stdout, /[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/, args.join(" "));
  }
});

test("a summary has a row a kind, and stays as narrow as it can", () => {
  const { stdout } = monitor(["--input", "-", "--summary"], `1 ${TRACE}\n2 ${DROP}\n2 ${DROP}\n`);
  assert.equal(
    stdout.replace(/ +/g, " "),
    "COUNT BYTES KIND WHAT WHY ENDPOINTS IDENTITIES\n" +
      " 2 108 drop Policy denied 10 -> 20 100 -> world\n 1 54 trace to-endpoint new 10 -> 20 100 -> world\n3 events\n",
  );
});

test("two agents are watched at once, connections are made again, and ^C ends it with everything written", async () => {
  const paths = ["a", "b"].map((name) => join(folder, `${name}.sock`));
  const session = Buffer.concat([
    PAYLOAD_DEFINITION,
    encodePayload({ data: fromHex(DROP), cpu: 1, lost: 0n, type: 9 }),
  ]);
  const sockets: Socket[] = [];
  const servers = await Promise.all(
    paths.map(
      (path) =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          let connections = 0;
          const server = createServer((socket) => {
            sockets.push(socket.on("error", () => {}));
            // The first connection ends: the second stays.
            if (connections++ === 0) socket.end(session);
            else socket.write(session);
          }).listen(path, () => resolve(server));
        }),
    ),
  );
  const args = ["--monitor-socket", `one=${paths[0]}`, "--monitor-socket", `two=${paths[1]}`, "--retry", "0.05"];
  const child = spawn(PROGRAM, ["monitor", ...args]);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (stdout.split("\n").length > 4) child.kill("SIGINT");
  });
  const deadline = setTimeout(() => child.kill("SIGKILL"), 120_000);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(deadline);
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  assert.equal(code, 130);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(0, 8))
      .sort(),
    ["[one] xx", "[one] xx", "[two] xx", "[two] xx"],
  );
});

test("an object is compared, and what is none is refused", () => {
  const file = join(folder, "no-object");
  writeFileSync(file, readFileSync(PROGRAM));
  const { stderr, code } = monitor(["--check-alignment", file], "");
  assert.match(stderr, /this is no ELF file/);
  assert.equal(code, 1);
});

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { SyntheticConnection } from "../src/wire/packet/index.ts";
import { PcapngReader, PcapngWriter, PcapWriter, readPacketFacts } from "../src/wire/pcap/index.ts";
import { checkHar } from "./support/check-har.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-read-"));
after(() => rmSync(folder, { recursive: true }));
const tapline = join(import.meta.dirname, "../bin/tapline");

/** Two connections: a request with a password that is answered with 503, and one that is answered with 200. */
const CAPTURE = join(folder, "capture.pcapng");
writeFileSync(CAPTURE, writeCapture(new PcapngWriter(), true));

function writeCapture(writer: PcapngWriter | PcapWriter, addInterface: boolean): Uint8Array {
  if (addInterface && writer instanceof PcapngWriter) writer.addInterface({ name: "eth0" });
  const exchanges = [
    [
      'POST /login?access_token=s3cr3t HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer s3cr3t\r\nContent-Length: 21\r\n\r\n{"password":"s3cr3t"}',
      "HTTP/1.1 503 Service Unavailable\r\nSet-Cookie: id=s3cr3t\r\nContent-Length: 4\r\n\r\ndown",
    ],
    [
      "GET /ok HTTP/1.1\r\nHost: b\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok",
    ],
  ];
  const encoder = new TextEncoder();
  exchanges.forEach(([request, response], i) => {
    const at = (millis: number) => ({ seconds: 1_700_000_000 + i, nanos: millis * 1e6 });
    const connection = new SyntheticConnection(
      writer,
      { kind: "ip", address: "10.0.0.2", port: 80 },
      { kind: "ip", address: "10.0.0.1", port: 1000 + i },
      { handshake: true },
    );
    connection.open(at(0));
    connection.data(at(1), "read", encoder.encode(request), 0, encoder.encode(request).length);
    connection.data(at(21), "write", encoder.encode(response), 0, encoder.encode(response).length);
    connection.close(at(22), "fin");
  });
  return writer.take();
}

function writeInput(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function run(args: readonly string[], input?: Uint8Array | string, env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(tapline, ["read", ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    ...(input === undefined ? {} : { input }),
  });
  return { status, stdout, stderr, lines: stdout.split("\n").slice(0, -1) };
}

describe("tapline read", () => {
  test("prints one line an exchange, and the balance last", () => {
    const { status, lines, stderr } = run([CAPTURE]);
    assert.equal(status, 0);
    assert.match(lines[0]!, /10\.0\.0\.1:1000 → 10\.0\.0\.2:80 +POST +a +\/login\?access_token=‹redacted:.* 503 /);
    assert.match(
      lines[1]!,
      /10\.0\.0\.1:1001 → 10\.0\.0\.2:80 +GET +b +\/ok +200 +plain +0 B \/ 2 B +20 ms +complete$/,
    );
    assert.equal(lines.length, 2);
    assert.match(stderr, /^2 exchanges, 2 shown\nnothing lost: \d+ packets, [^\n]*\n$/);
    assert.doesNotMatch(stderr, /BALANCE/);
  });

  test("no form of output has a credential in it, unless it is asked for", () => {
    for (const form of [
      ["-vv"],
      ["-o", "json"],
      ["-o", "ndjson"],
      ["-o", "har"],
      ["-T", "fields", "-e", "request.headers", "-e", "request.path", "-e", "request.body", "-e", "response.headers"],
      ["-z", "1"],
      ["-z", "follow,http,ascii,1"],
      ["-z", "1,hex"],
      ["-z", "1,raw"],
      ["--events"],
      ["-vv", "--explain", "-Y", "request.headers['authorization'] == 'x' || request.body == ''"],
    ]) {
      const { stdout, stderr } = run([CAPTURE, ...form]);
      assert.ok(stdout.length > 100, form.join(" "));
      assert.doesNotMatch(stdout + stderr, /s3cr3t/, form.join(" "));
    }
    assert.match(run([CAPTURE, "-vv", "--no-redact"]).stdout, /Bearer s3cr3t/);
    assert.match(run([CAPTURE, "-z", "1", "--no-redact"]).stdout, /^> Authorization: Bearer s3cr3t$/m);
  });

  test("a filter that no event can match is refused with --events", () => {
    const refused = run([CAPTURE, "--events", "-Y", "5xx"]);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /^tapline: events have no response\.code: .*leave out --events/);
    assert.ok(run([CAPTURE, "--events", "-Y", "event.size > 0 and connection.id == 1"]).lines.length > 0);
  });

  test("a connection that is not there, and -P with nothing written, are told", () => {
    for (const target of ["99999", "follow,http,ascii,99999"]) {
      const unknown = run([CAPTURE, "-z", target]);
      assert.equal(unknown.status, 1);
      assert.ok(unknown.stderr.startsWith(`tapline: -z ${target}: no such connection has anything to show`));
    }
    const alone = run([CAPTURE, "-P"]);
    assert.equal(alone.status, 2);
    assert.match(alone.stderr, /^tapline: -P prints what -w or --send takes/);
  });

  test("a flag that would do nothing is refused, and a closed output is told", () => {
    for (const [args, says] of [
      [["-E", "header=y"], /^tapline: -E says how -T fields prints, and that is not there; -T fields -e/],
      [["--header", "-o", "json"], /^tapline: --header is of table, csv and markdown: -o json has no titles$/m],
      [["--since", "12:00", "--until", "11:59:59.9"], /^tapline: --since 12:00 is not before .*; over midnight they/],
      [["--since", "2026-01-02", "--until", "2026-01-01 23:59"], /^tapline: --since .* nothing is between them$/m],
      [["--since", "1700000000", "--until", "1700000000"], /nothing is between them$/m],
    ] as const) {
      const { status, stderr } = run([CAPTURE, ...args]);
      assert.equal(status, 2, args.join(" "));
      assert.match(stderr, says);
    }
    // The day of the one is not known before that of the other is looked at.
    for (const args of [
      ["--since", "23:00", "--until", "2026-01-01"],
      ["--since", "11:59", "--until", "12:00"],
    ])
      assert.equal(run([CAPTURE, ...args]).status, 0, args.join(" "));
  });

  test("a filter sees what is redacted when it is shown", () => {
    const { lines } = run([CAPTURE, "-Y", "request.headers['authorization'] == 'Bearer s3cr3t' and 5xx"]);
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0]!, /s3cr3t/);
  });

  test("every format can be read again", () => {
    for (const format of ["ndjson", "har"]) {
      const { stdout } = run([CAPTURE, "-o", format]);
      if (format === "har") assert.deepEqual(checkHar(JSON.parse(stdout)), []);
      const fields = [
        "-T",
        "fields",
        "-e",
        "request.method",
        "-e",
        "response.code",
        "-e",
        "response.body",
        "-e",
        "duration",
      ];
      const again = run(["-", ...fields], stdout);
      assert.deepEqual(again.lines, run([CAPTURE, ...fields]).lines);
      assert.equal(again.status, 0, again.stderr);
    }
    assert.equal(JSON.parse(run([CAPTURE, "-o", "json"]).stdout).length, 2);
    assert.deepEqual(JSON.parse(run([CAPTURE, "-o", "json", "-Y", "404"]).stdout), []);
  });

  test("a recording of Cilium's monitor as flows, which a filter can ask about", () => {
    const lines = [
      '{"cpu":"CPU 01:","type":"drop","mark":"0x1","ifindex":"eth0","reason":"Policy denied","source":7,"bytes":74}',
      '{"type":"agent","subtype":"Policy updated","message":{"revision":2}}',
      "no message",
    ];
    const { status, stderr } = run(["-"], `${lines.join("\n")}\n`);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /stdin:3: this line is neither[\s\S]*\n2 flows, 2 shown\nrecords: 3 in = 2 handled \+ 1 skipped/,
    );
    assert.equal(run(["-", "-Y", "drop.reason == 'Policy denied'"], `${lines[0]}\n${lines[1]}\n`).lines.length, 1);
  });

  test("fields as tshark's -T fields has them", () => {
    const fields = ["-T", "fields", "-e", "request.method", "-e", "response.code"];
    assert.deepEqual(run([CAPTURE, ...fields]).lines, ["POST\t503", "GET\t200"]);
    assert.deepEqual(run([CAPTURE, ...fields, "-E", "header=y", "-E", "separator=,", "-E", "quote=d"]).lines, [
      '"request.method","response.code"',
      '"POST","503"',
      '"GET","200"',
    ]);
  });

  test("exit codes: wrong usage, nothing matched, no such file, a file that is none", () => {
    for (const [args, status, message] of [
      [[], 2, /expected a file/],
      [[CAPTURE, "-Y", "response.cod == 1"], 2, /response\.cod == 1\n {2}\^{12}; did you mean response\.code\?/],
      [[CAPTURE, "-o", "xml"], 2, /Allowed choices are table, json, ndjson, har/],
      [[CAPTURE, "-T", "fields", "-e", "nothing.here"], 2, /there is no attribute nothing\.here/],
      [[CAPTURE, "-E", "x=y", "-T", "fields", "-e", "time"], 2, /-E x=y is not known/],
      [[CAPTURE, "--limit", "bodyByte=1"], 2, /did you mean bodyBytes\?/],
      [[CAPTURE, "-z", "x"], 2, /no connection is named/],
      [[CAPTURE, "--explain"], 2, /needs a filter/],
      [[CAPTURE, "--keylog", join(folder, "none")], 1, /none: there is no such file/],
      [[join(folder, "none")], 1, /none: there is no such file/],
      [[import.meta.filename], 1, /nothing that can be read: it is text/],
      [[CAPTURE, "-Y", "404", "--fail-empty"], 3, /2 exchanges, 0 shown/],
      [[CAPTURE, "-Y", "503", "--fail-empty"], 0, /2 exchanges, 1 shown/],
    ] as const) {
      const result = run(args);
      assert.equal(result.status, status, `${args.join(" ")}: ${result.stderr}`);
      assert.match(result.stderr, message);
    }
  });

  test("damage is told with its place, and what is whole is shown", () => {
    const cut = join(folder, "cut.pcapng");
    writeFileSync(cut, readFileSync(CAPTURE).subarray(0, -10));
    const { status, lines, stderr } = run([cut]);
    assert.equal(status, 1);
    assert.equal(lines.length, 2);
    assert.match(stderr, /^tapline: .*cut\.pcapng: at byte \d+: the file ends in the middle/);
  });

  test("what is said of a file cannot move the cursor", () => {
    const path = writeInput("\x1b[31mred.pcap", readFileSync(CAPTURE).subarray(0, 200));
    const { stderr } = run([path]);
    assert.ok(stderr.includes("\\x1b[31mred.pcap"), stderr);
    assert.ok(!stderr.includes("\x1b"), stderr);
  });

  test("-c stops, several files are one capture, limits bound what is kept", () => {
    assert.equal(run([CAPTURE, "-c", "1"]).lines.length, 1);
    // The same packets again are retransmissions.
    assert.equal(run([CAPTURE, "-r", CAPTURE]).lines.length, 2);
    const bodies = ["-T", "fields", "-e", "response.body", "-e", "quality"];
    assert.deepEqual(run([CAPTURE, ...bodies, "--limit", "bodyBytes=2"]).lines, ["do\ttruncated", "ok\tcomplete"]);
  });

  test("what -c leaves unread is no damage, whatever the format", () => {
    const lines = run([CAPTURE, "-o", "ndjson"]).stdout;
    const large: readonly (readonly [name: string, content: Uint8Array | string])[] = [
      ["large.ndjson", lines.repeat(Math.ceil(2e6 / lines.length))],
      ["large.har", run([writeInput("all.ndjson", lines.repeat(1500)), "-o", "har"]).stdout],
      ["large.pcapng", Buffer.concat(Array(2000).fill(readFileSync(CAPTURE)))],
    ];
    for (const [name, content] of large) {
      const { status, lines, stderr } = run([writeInput(name, content), "-c", "1"]);
      assert.deepEqual([status, lines.length], [0, 1], `${name}: ${stderr}`);
      assert.doesNotMatch(stderr, /^tapline:/m);
    }
  });

  test("colour when it is forced, and never with NO_COLOR", () => {
    assert.match(run([CAPTURE], undefined, { FORCE_COLOR: "1", NO_COLOR: "" }).stdout, /\u001b\[31m503/);
    assert.doesNotMatch(run([CAPTURE], undefined, { FORCE_COLOR: "1", NO_COLOR: "1" }).stdout, /\u001b/);
    assert.match(run([CAPTURE, "--color", "always"]).stdout, /\u001b\[31m503/);
  });

  test("-w writes the packets of what matches, with what was found as comments, from a file or from stdin", () => {
    const comments = (file: string): string[] => {
      const found: string[] = [];
      const reader = new PcapngReader({
        packet: (packet) => found.push(readPacketFacts(packet).comments?.join("; ") ?? ""),
      });
      reader.push(readFileSync(file));
      reader.end();
      return found;
    };
    const out = join(folder, "out.pcapng");
    for (const [args, input] of [
      [[CAPTURE], undefined],
      [["-"], readFileSync(CAPTURE)],
    ] as const) {
      const { status, stdout, stderr } = run([...args, "-Y", "5xx", "-w", out], input);
      assert.deepEqual([status, stdout], [0, ""], stderr);
      const [first, ...rest] = comments(out);
      assert.match(
        first!,
        /^tapline: connection 1, source .*; tapline: POST a\/login\?access_token=‹redacted:.* → 503 /,
      );
      assert.ok(rest.length >= 6 && rest.every((comment) => comment === ""));
      assert.equal(run([out]).lines.length, 1);
    }
    assert.equal(run([CAPTURE, "-w", join(folder, "out.pcap"), "-P"]).lines.length, 2);
    assert.equal(run([join(folder, "out.pcap")]).lines.length, 2);
    assert.equal(run([CAPTURE, "-Y", "404", "-w", out]).status, 0);
    assert.deepEqual(run([out]).lines, []);
  });

  test("-w writes exchanges too, and nothing half-written stays behind", () => {
    const har = join(folder, "out.har");
    assert.equal(run([CAPTURE, "-w", har]).status, 0);
    assert.deepEqual(checkHar(JSON.parse(readFileSync(har, "utf8"))), []);
    assert.doesNotMatch(readFileSync(har, "utf8"), /s3cr3t/);
    for (const [args, status, message] of [
      [[CAPTURE, "-w", join(folder, "x.txt")], 2, /does not say what to write/],
      [
        [har, "-w", join(folder, "x.pcap")],
        2,
        /cannot convert har to pcap: only captures and Envoy traces can be; write har or ndjson/,
      ],
      [[CAPTURE, "-Y", "nonsense", "-w", join(folder, "x.har")], 2, /there is no attribute nonsense/],
      [[join(folder, "none"), "-w", join(folder, "x.pcapng")], 1, /there is no such file/],
    ] as const) {
      const result = run(args);
      assert.deepEqual([result.status, message.test(result.stderr)], [status, true], result.stderr);
    }
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes("x.")),
      [],
    );
  });

  test("a reader of both outputs that stops reading is no error", () => {
    const lines = run([CAPTURE, "-o", "ndjson"]).stdout;
    const file = writeInput("many.ndjson", lines.repeat(200));
    const { stdout } = spawnSync(
      "bash",
      ["-c", '"$0" read "$1" 2>&1 | head -1 > /dev/null; echo $PIPESTATUS', tapline, file],
      {
        encoding: "utf8",
      },
    );
    assert.equal(stdout, "0\n");
  });

  test("a reader that stops reading is no error", async () => {
    const child = spawn(tapline, ["read", ...Array(200).fill(CAPTURE), "-vv"], { stdio: ["ignore", "pipe", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    await new Promise((resolve) => child.once("close", resolve));
    assert.doesNotMatch(stderr, /EPIPE|bug/);
  });

  test("live: an exchange is printed when its packets have come, and ^C ends with all that was there", async () => {
    const child = spawn(tapline, ["read", "-"], { stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.stdin.write(writeCapture(new PcapWriter(), false));
    for (let i = 0; i < 12_000 && stdout.split("\n").length < 3; i++) await wait(10);
    assert.match(stdout, /POST.*\n.*GET.*\n/);
    child.kill("SIGINT");
    assert.equal(await exited, 130);
    assert.match(stderr, /^2 exchanges, 2 shown\n/);
  });
});

test("tapline convert makes HAR, NDJSON and pcapng with comments and secrets of any file", () => {
  const convert = (...args: string[]) => spawnSync(tapline, ["convert", ...args], { encoding: "utf8" });
  const [har, ndjson, pcapng, keys] = ["c.har", "c.ndjson", "c.pcapng", "keys.log"].map((name) => join(folder, name));
  for (const [from, to] of [
    [CAPTURE, har!],
    [har!, ndjson!],
  ] as const) {
    const { status, stderr } = convert(from, to);
    assert.deepEqual([status, stderr], [0, ""]);
    assert.match(run([to]).lines[0]!, / POST .* 503 /);
    assert.doesNotMatch(readFileSync(to, "utf8"), /s3cr3t/);
  }
  assert.deepEqual(checkHar(JSON.parse(readFileSync(har!, "utf8"))), []);
  assert.match(convert(CAPTURE, "-o", "ndjson", "-").stdout, /^\{"type":"exchange".*\n\{"type":"exchange"/);
  writeFileSync(keys!, `CLIENT_RANDOM ${"ab".repeat(32)} ${"cd".repeat(48)}\n`);
  assert.deepEqual(convert("--keylog", keys!, CAPTURE, pcapng!).stderr, "");
  const found: string[] = [];
  const reader = new PcapngReader({
    packet: (packet) => found.push(...(readPacketFacts(packet).comments ?? [])),
    secrets: (_, bytes) => found.push(new TextDecoder().decode(bytes)),
  });
  reader.push(readFileSync(pcapng!));
  reader.end();
  assert.match(found[0]!, /^CLIENT_RANDOM abab/);
  assert.equal(found.filter((line) => / → (?:503|200) /.test(line)).length, 2);
  assert.deepEqual(
    [convert(har!, join(folder, "no.pcap")).status, convert(CAPTURE, join(folder, "no.pb")).status],
    [2, 2],
  );
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.includes("no.")),
    [],
  );
});

test("completion scripts know every command's options", () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { status, stdout } = spawnSync(tapline, ["completion", shell], { encoding: "utf8" });
    assert.equal(status, 0);
    for (const word of ["read", "proxy", "fail-empty", "config-path"])
      assert.ok(stdout.includes(word), `${shell} ${word}`);
  }
  const script = spawnSync(tapline, ["completion", "bash"], { encoding: "utf8" }).stdout;
  const cases: readonly (readonly [line: string, completed: string])[] = [
    ["tapline read --keyl", "--keylog"],
    ["tapline completion z", "zsh"],
    ["tapline help summ", "summary"],
    ["tapline deploy agent --namesp", "--namespaces"],
    ["tapline deploy ag", "agent"],
    ["tapline read -o mark", "markdown"],
    ["tapline read --columns time,serv", "time,server time,service.name time,service.source"],
    ["tapline read --limit bodyB", "bodyBytes="],
    ["tapline read -e request.pat", "request.path"],
    ["tapline summary --by response.code,service.na", "response.code,service.name"],
    ["tapline audit --redact-pii email,c", "email,card"],
  ];
  const asked = cases.map(
    ([line]) => `COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _tapline; echo "\${COMPREPLY[@]}"`,
  );
  const completed = spawnSync("bash", ["-c", [script, ...asked].join("\n")], { encoding: "utf8" });
  assert.deepEqual(
    completed.stdout.trim().split("\n"),
    cases.map(([, expected]) => expected),
  );
});

test("-w takes the packets of what --since, --until and --trace leave, and does not guess at the last ones", () => {
  const before = join(folder, "before.pcapng");
  assert.equal(run([CAPTURE, "--until", "1700000001", "-w", before]).status, 0);
  assert.match(run([before, "-q"]).stdout, /^\S+ .* POST .*\n$/);
  const after = join(folder, "after.pcapng");
  assert.equal(run([CAPTURE, "--since", "1700000001", "-w", after]).status, 0);
  assert.match(run([after, "-q"]).stdout, /^\S+ .* GET .*\n$/);
  const none = join(folder, "none.pcapng");
  assert.equal(run([CAPTURE, "--trace", "4bf92f3577b34da6a3ce929d0e0e4736", "-w", none]).status, 0);
  assert.equal(run([none, "-q"]).stdout, "");
  const last = run([CAPTURE, "--last", "1", "-w", join(folder, "last.pcapng")]);
  assert.equal(last.status, 2);
  assert.match(last.stderr, /--last 1: of packets and traces/);
  assert.equal(run([CAPTURE, "--last", "1", "-q", "-w", join(folder, "last.ndjson")]).status, 0);
});

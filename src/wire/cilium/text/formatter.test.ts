import assert from "node:assert/strict";
import { test } from "node:test";
import { DEBUG, INFO, JSON_OUTPUT, MonitorFormatter, type MonitorFormatterOptions, VERBOSE } from "./formatter.ts";

/** 1.2.3.4:80 -> 5.6.7.8:443, SYN. */
const PACKET =
  "0233456789ab0123456789ab0800450000280001000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
const TRACE = `04000a00efbeadde3600000036000000640000000200000014000000${"00".repeat(4)}${PACKET}`;
const DROP = `01850a00efbeadde360000003600000064000000020000001400000000000000${PACKET}`;
const POLICY = `05000a00efbeadde3600000036000000c8000000ffffffffbb01060100000000${PACKET}`;
const DEBUG_MESSAGE = "02010a00efbeadde010000000200000003000000";

const CASES: readonly (readonly [what: string, options: MonitorFormatterOptions, hex: string, text: string])[] = [
  [
    "a trace",
    { verbosity: INFO },
    TRACE,
    "-> endpoint 20 flow 0xdeadbeef identity 100->2 state new ifindex 0 orig-ip 0.0.0.0: 1.2.3.4:80 -> 5.6.7.8:443 tcp SYN\n",
  ],
  [
    "a trace in v1.19, with the names of reserved identities",
    { verbosity: INFO, dialect: "v1.19" },
    TRACE,
    "-> endpoint 20 flow 0xdeadbeef identity 100->world state new ifindex 0 orig-ip 0.0.0.0: 1.2.3.4:80 -> 5.6.7.8:443 tcp SYN\n",
  ],
  [
    "a trace in v1.19, comma and all",
    { verbosity: INFO, dialect: "v1.19", compat: true, numeric: true },
    TRACE,
    "-> endpoint 20 flow 0xdeadbeef , identity 100->2 state new ifindex 0 orig-ip 0.0.0.0: 1.2.3.4:80 -> 5.6.7.8:443 tcp SYN\n",
  ],
  [
    "names that were given",
    { verbosity: INFO, names: { identity: (id) => (id === 100 ? "client" : undefined), endpoint: () => "pod" } },
    TRACE,
    "-> endpoint 20 (pod) flow 0xdeadbeef identity client->2 state new ifindex 0 orig-ip 0.0.0.0: 1.2.3.4:80 -> 5.6.7.8:443 tcp SYN\n",
  ],
  [
    "a drop",
    { verbosity: INFO },
    DROP,
    "xx drop (Policy denied) flow 0xdeadbeef to endpoint 20, identity 100->2: 1.2.3.4:80 -> 5.6.7.8:443 tcp SYN\n",
  ],
  [
    "a policy verdict as JSON",
    { verbosity: JSON_OUTPUT },
    POLICY,
    '{"cpu":"CPU 03:","type":"policy-verdict","mark":"0xdeadbeef","source":10,"remoteLabel":200,"proto":6,"dstPort":443,"direction":"ingress","verdict":-1,"action":"deny","match":"none","bytes":54,"summary":"1.2.3.4:80 -\\u003e 5.6.7.8:443 tcp SYN"}\n',
  ],
  ["a debug message, which one line a packet leaves out", { verbosity: INFO }, DEBUG_MESSAGE, ""],
  [
    "a debug message",
    { verbosity: DEBUG },
    DEBUG_MESSAGE,
    "CPU 03: MARK 0xdeadbeef FROM 10 DEBUG: No message, arg1=1 (0x1) arg2=2 (0x2)\n",
  ],
  ["a type that is not known", { verbosity: VERBOSE }, "00010203", "CPU 03: Unknown event: [0 1 2 3]\n"],
  [
    "a type that is not known, as JSON",
    { verbosity: JSON_OUTPUT },
    "00010203",
    '{"cpu":"CPU 03:","type":"unknown","messageType":0,"data":"00010203"}\n',
  ],
  [
    "a message cut short",
    { verbosity: INFO },
    "0185",
    "Error while parsing drop notification message: unexpected EOF\n",
  ],
  [
    "a message cut short, as JSON",
    { verbosity: JSON_OUTPUT, dialect: "v1.19" },
    "0185",
    '{"cpu":"CPU 03:","type":"error","message":"cannot decode message type \'1\': unexpected DropNotify data length, expected at least 36 but got 2"}\n',
  ],
  ["nothing", { verbosity: INFO }, "", "Error while parsing message: empty message\n"],
];

test("messages are printed", () => {
  for (const [what, options, hex, text] of CASES)
    assert.equal(new MonitorFormatter(options).formatSample(Buffer.from(hex, "hex"), 3), text, what);
});

test("compat keeps what the Go process had printed before it stopped, and says why it would have", () => {
  const formatter = new MonitorFormatter({ compat: true });
  const text = formatter.formatSample(Uint8Array.of(1, 2, 3, 4), 12);
  assert.equal(text, "Error while parsing drop notification message: unexpected EOF\n");
  assert.equal(formatter.panic, "runtime error: slice bounds out of range [32:4]");
});

test("control characters do not reach the terminal", () => {
  const notify = "822bffa50301010b4167656e744e6f7469667901ffa6000102010454797065010600010454657874010c000000";
  const text = "\x1b[31mred\x07\nnew line\x9b";
  const value = `ffa6010101${text.length.toString(16).padStart(2, "0")}${Buffer.from(text, "latin1").toString("hex")}00`;
  const hex = `${notify}${(value.length / 2).toString(16).padStart(2, "0")}${value}`;
  const shown = new MonitorFormatter().formatSample(Buffer.from(hex, "hex"), 0);
  assert.equal(shown, ">> Message: \\x1b[31mred\\x07\\nnew line\\x9b\n");
  const json = new MonitorFormatter({ verbosity: JSON_OUTPUT }).formatSample(Buffer.from(hex, "hex"), 0);
  assert.deepEqual(JSON.parse(json), { type: "agent", subtype: "Message", message: "\x1b[31mred\x07\nnew line�" });
});

test("any bytes at all give text, and with -j lines that are JSON", () => {
  const seed = Number(process.env["TAPLINE_SEED"] ?? 20261120);
  let state = seed >>> 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const seeds = [TRACE, DROP, POLICY, DEBUG_MESSAGE].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
  for (const dialect of ["v1.9", "v1.19"] as const)
    for (const compat of [false, true])
      for (const verbosity of [INFO, DEBUG, VERBOSE, JSON_OUTPUT] as const) {
        const formatter = new MonitorFormatter({ verbosity, dialect, compat });
        for (let round = 0; round < 400; round++) {
          const bytes = seeds[random(seeds.length)]!.slice(0, random(120));
          for (let i = 0; i < random(12); i++) bytes[random(bytes.length)] = random(256);
          const text = formatter.formatSample(bytes, random(64));
          if (verbosity === JSON_OUTPUT && !compat && text !== "")
            assert.doesNotThrow(
              () => JSON.parse(text),
              `seed ${seed}: ${text} of ${Buffer.from(bytes).toString("hex")}`,
            );
        }
      }
});

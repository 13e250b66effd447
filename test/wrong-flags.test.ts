/** A value that a flag does not know is refused before anything is done: with the flag, the value, what is allowed, and exit code 2. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Command, type Option } from "commander";
import { COMMANDS } from "../src/cli/commands.ts";
import { findOptionWords } from "../src/cli/completion/option-words.ts";
import { MAIN } from "./support/tapline-main.ts";

const SAMPLE = join(import.meta.dirname, "../docs/sample");

/** Arguments that a command needs beside the flag in question. `deploy` has commands below it, whose flags are parsed first. */
const BESIDE: Readonly<Record<string, readonly string[]>> = {
  read: ["capture.pcapng"],
  summary: ["capture.pcapng"],
  diff: ["capture.pcapng", "capture.pcapng"],
  convert: ["capture.pcapng", "new.pcapng"],
  audit: ["capture.pcapng"],
  view: ["capture.pcapng"],
  wasm: ["../../bin/http-trace-filter.wasm"],
  tap: ["http://127.0.0.1:9", "--config-id", "one"],
  proxy: ["-c", "envoy.yaml", "--show"],
  monitor: ["--input", "node.gob"],
  run: ["--", "true"],
};

/** Flags whose words are known only where they are used, and what belongs to them there. */
const WITH: Readonly<Record<string, readonly string[]>> = {
  "read --by": ["--summary"],
  "--field": ["-T", "fields"],
  "--field-option": ["-T", "fields", "-e", "request.path"],
  "--dump-when": ["--keep-last", "1m"],
  "--write-format": ["-w", "new"],
};

interface Flag {
  /** `deploy filter` */
  readonly call: string;
  readonly option: Option;
}

/** All flags that take a value. */
const FLAGS: Flag[] = [];
for (const { name, load } of COMMANDS) {
  const command = new Command(name);
  (await load()).define(command);
  for (const one of [command, ...command.commands])
    for (const option of one.options)
      if (option.required || option.optional)
        FLAGS.push({ call: one === command ? name : `${name} ${one.name()}`, option });
}

describe("a wrong value of a flag", () => {
  test("of a few words is refused with the flag, the value and the words", () => {
    const chosen = FLAGS.filter(({ option }) => option.argChoices !== undefined);
    assert.ok(chosen.length > 45, String(chosen.length));
    const refused = tryFlags(chosen.map(({ call, option }) => [...call.split(" "), `${option.long}=nonsense`]));
    chosen.forEach(({ call, option }, at) => {
      const { code, message = "" } = refused[at]!;
      assert.equal(code, 2, `${call} ${option.flags}: ${message}`);
      assert.ok(message.includes(`option '${option.flags}' argument 'nonsense' is invalid`), message);
      assert.ok(message.includes(`Allowed choices are ${option.argChoices!.join(", ")}.`), message);
    });
  });

  test("of words that the program knows is refused, too, in every command", () => {
    const named = FLAGS.filter(
      ({ call, option }) => isNamed(option) && !NEEDS_MORE.has(call) && !NEEDS_MORE.has(`${call} ${option.long}`),
    );
    const refused = tryFlags(
      named.map(({ call, option }) => {
        const words = findOptionWords(option.long!)!.words;
        const value =
          words.every((word) => word.endsWith("=")) && option.long !== "--field-option" ? "nonsense=1" : "nonsense";
        const [beside = [], more = []] = [BESIDE[call], WITH[`${call} ${option.long}`] ?? WITH[option.long!]];
        return [call, ...more, `${option.long}=${value}`, ...beside];
      }),
    );
    named.forEach(({ call, option }, at) => {
      const { code, message = "" } = refused[at]!;
      assert.equal(code, 2, `${call} ${option.flags}: ${message}`);
      assert.ok(message.includes("nonsense"), `${call} ${option.flags}: ${message}`);
      const { long, short } = option;
      assert.ok(
        [long, short].some((flag) => flag != null && message.includes(flag)),
        `${call} ${option.flags}: ${message}`,
      );
      const { words } = findOptionWords(long!)!;
      const told = words.includes("request.path") ? ["docs/filter.md"] : words;
      for (const word of told)
        assert.ok(message.includes(word.replace(/=$/, "")), `${call} ${option.flags}: ${word}: ${message}`);
    });
  });

  test("of a form that it has not is refused", () => {
    const formed = FLAGS.filter(
      ({ call, option }) => FORMED.has(option.long!) && takes(option) && !NEEDS_MORE.has(call),
    );
    assert.deepEqual(new Set(formed.map(({ option }) => option.long)), FORMED);
    const refused = tryFlags(
      formed.map(({ call, option }) => [call, `${option.long}=nonsense`, ...(BESIDE[call] ?? [])]),
    );
    formed.forEach(({ call, option: { flags, long, short } }, at) => {
      const { code, message = "" } = refused[at]!;
      assert.equal(code, 2, `${call} ${flags}: ${message}`);
      assert.ok(message.includes("nonsense"), `${call} ${flags}: ${message}`);
      assert.ok(
        [long, short].some((flag) => flag != null && message.includes(flag)),
        `${call} ${flags}: ${message}`,
      );
    });
  });

  test("of any other flag is refused by its reader, or it is a text of the user's", () => {
    const taken = new Set<string>();
    for (const { option } of FLAGS) {
      if (option.argChoices !== undefined || isNamed(option) || FORMED.has(option.long!)) continue;
      if (takes(option)) taken.add(option.long!);
    }
    // Names, files, addresses and filters; those that have a form are looked at where they are used. A flag of a few words belongs to
    // the tests above: it has `choices`, or a row of `findOptionWords`, by which shells complete it, too.
    assert.deepEqual([...taken].sort(), TEXTS);
  });

  test("ends the program with 2, and one that would do nothing is refused as well", () => {
    for (const [args, says] of [
      [["read", "capture.pcapng", "-o", "xml"], /^tapline: option '-o, --output <format>' argument 'xml' is invalid/],
      [
        ["summary", "capture.pcapng", "--by", "nonsense"],
        /^tapline: --by: there is no attribute nonsense\n {2}nonsense\n/,
      ],
      [["read", "capture.pcapng", "--proto-path", "."], /^tapline: --proto-path says where .* --proto is not there$/m],
      [["receive-taps", "--write-format", "har"], /^tapline: --write-format says how -w writes, and -w is not there$/m],
      [["query", "--url", "nonsense"], /^tapline: --url nonsense: expected http:\/\/HOST:PORT/],
      [["mcp", "--url", "ftp://a"], /^tapline: --url ftp:\/\/a: expected http:\/\/HOST:PORT/],
      [
        ["read", "capture.pcapng", "--redact-key", "none"],
        /^tapline: --redact-key none: there is no such file; make one/,
      ],
      [
        ["completion", "nonsense"],
        /^tapline: command-argument value 'nonsense' is invalid for argument 'shell'\. Allowed choices are bash, zsh, fish\.$/m,
      ],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
        cwd: SAMPLE,
        encoding: "utf8",
        timeout: 60_000,
      });
      assert.equal(status, 2, stderr);
      assert.match(stderr, says);
    }
  });
});

/** Whether its value is made of words of a list. `--type` of `read` has choices, that of `monitor` a list. */
function isNamed({ long, argChoices }: Option): boolean {
  return argChoices === undefined && findOptionWords(long!) !== undefined;
}

/** Whether its parser, if it has one, has nothing against that value. */
function takes({ parseArg, defaultValue }: Option): boolean {
  try {
    parseArg?.("nonsense", defaultValue as never);
    return true;
  } catch {
    return false;
  }
}

/** The flags of each view. */
const VIEWS = {
  list: [],
  fields: ["-T", "fields", "-e", "request.path"],
  sum: ["--summary"],
  statistic: ["-z", "io,stat,1"],
  events: ["--events"],
  bytes: ["-z", "1"],
  exchanges: ["-z", "follow,http,ascii,1"],
};

/** Flags of `read`, and the views that they say something about. */
const SAY: readonly (readonly [flags: readonly string[], views: readonly (keyof typeof VIEWS)[]])[] = [
  [["-e", "request.path"], ["fields"]],
  [["-E", "header=y"], ["fields"]],
  [
    ["-Y", "connection.id == 1"],
    ["list", "fields", "sum", "statistic", "events", "exchanges"],
  ],
  [
    ["-o", "ndjson"],
    ["list", "sum", "statistic", "events", "exchanges"],
  ],
  [
    ["--columns", "time"],
    ["list", "exchanges"],
  ],
  [["--header"], ["list", "fields", "exchanges"]],
  [["-v"], ["list", "exchanges"]],
  [
    ["--sort", "size"],
    ["list", "fields", "exchanges"],
  ],
  [
    ["--since", "12:00"],
    ["list", "fields", "sum", "statistic", "exchanges"],
  ],
  [
    ["--until", "12:00"],
    ["list", "fields", "sum", "statistic", "exchanges"],
  ],
  [
    ["--last", "2"],
    ["list", "fields", "exchanges"],
  ],
  [
    ["--trace", "x"],
    ["list", "fields", "sum", "statistic", "exchanges"],
  ],
  [
    ["-c", "1"],
    ["list", "fields", "sum", "statistic", "events", "exchanges"],
  ],
  [
    ["--send", "grpc://127.0.0.1:9"],
    ["list", "fields", "sum", "statistic", "exchanges"],
  ],
  [
    ["--keep-last", "1m"],
    ["list", "fields", "sum", "statistic", "exchanges"],
  ],
];

test("a flag that says nothing about what is shown is refused, and no other", () => {
  const cases = SAY.flatMap(([flags, views]) =>
    Object.entries(VIEWS).map(([view, shown]) => ({
      line: ["read", "capture.pcapng", ...shown, ...flags],
      isRefused: !views.includes(view as keyof typeof VIEWS),
    })),
  ).filter(({ line, isRefused }) => isRefused || !line.includes("--send"));
  const answers = tryFlags(cases.map(({ line }) => line));
  cases.forEach(({ line, isRefused }, at) => {
    const { code, message } = answers[at]!;
    assert.equal(code, isRefused ? 2 : undefined, `${line.join(" ")}: ${message}`);
    if (isRefused) assert.match(message!, /does not go with|sums them up|that is not there/, line.join(" "));
  });
});

test("what is written, sent or kept takes no order and no form of the print", () => {
  const lines = [
    ["-w", "new.pcapng", "-v"],
    ["-w", "new.pcapng", "-o", "json"],
    ["-w", "new.pcapng", "--columns", "time"],
    ["-w", "new.pcapng", "-T", "fields", "-e", "id"],
    ["-w", "new.pcapng", "-P", "--sort", "size", "-c", "1"],
    ["-w", "new.har", "-o", "curl"],
    ["-w", "new.har", "-T", "fields", "-e", "id"],
    ["-w", "new.har", "--events"],
    ["-w", "new.har", "-z", "1"],
    ["-w", "new.pcapng", "--events"],
    ["-w", "new.pcapng", "-z", "1"],
    ["--keep-last", "1m", "--last", "2"],
    ["--keep-last", "1m", "--sort", "size", "-c", "1"],
  ];
  tryFlags(lines.map((flags) => ["read", "capture.pcapng", ...flags])).forEach(({ code, message }, at) => {
    assert.equal(code, 2, `${lines[at]!.join(" ")}: ${message}`);
  });
});

test("flows are chosen by their time, and by nothing that only exchanges have", () => {
  const lines = [
    ["--trace", "x"],
    ["--last", "1"],
    ["--sort", "time"],
  ];
  tryFlags(lines.map((flags) => ["read", "node.gob", ...flags])).forEach(({ code, message }, at) => {
    assert.equal(code, 2);
    assert.ok(message?.startsWith(`${lines[at]![0]} is of exchanges, and these are flows`), message);
  });
});

function tryFlags(lines: readonly (readonly string[])[]): { code?: number; message?: string }[] {
  const script = join(import.meta.dirname, "support/try-flags.ts");
  const before = readdirSync(SAMPLE);
  const { stdout } = spawnSync(process.execPath, [script, JSON.stringify(lines)], {
    cwd: SAMPLE,
    encoding: "utf8",
    timeout: 90_000,
    maxBuffer: 1 << 26,
  });
  const refused = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  // Nothing is begun.
  assert.deepEqual(readdirSync(SAMPLE), before);
  assert.equal(refused.length, lines.length, `not refused: ${lines[refused.length]?.join(" ")}`);
  return refused;
}

/** Commands that look at the machine before they look at these flags; and a filter that the collector is asked to look at. */
const NEEDS_MORE: ReadonlySet<string> = new Set(["agent", "run", "query --filter"]);

/** Flags whose values have a form that is known where they are used. */
const FORMED: ReadonlySet<string> = new Set(
  "tz since until at last follow send publish ip identity http-status related-to hosts hosts-to-trace url match redact-key otlp"
    .split(" ")
    .map((name) => `--${name}`),
);

const TEXTS: readonly string[] =
  "address agent-api authentication-secret backend binary check-alignment cluster comm config config-id config-map config-path container context data dump-to from from-pod http-method image ingest-token input interface keylog kubeconfig label method monitor-socket name names namespace namespaces path pod port proto proto-path publish-ca publish-cert publish-key publish-token read-file record redact-except redact-headers redact-names replay request-header response-header root-id send-ca send-cert send-key service-cluster service-node spool storage-class store-secret taps tls-ca tls-cert tls-key to to-pod token tokens trace user vm-config write"
    .split(" ")
    .map((name) => `--${name}`);

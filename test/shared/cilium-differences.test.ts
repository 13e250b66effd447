import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../src/wire/cilium/index.ts";
import {
  CILIUM,
  createFormatter,
  expectedOf,
  fromHex,
  type MessageVector,
  MODES,
  readMessages,
} from "../support/cilium-vectors.ts";

interface Subject {
  readonly dialect: Dialect;
  readonly vector: MessageVector;
  readonly mode: string;
  readonly expected: string;
  readonly shown: string;
}

/** Everything that is printed otherwise without --compat, as docs/monitor.md lists it: `applies` is to all, `check` what holds then. */
const DIFFERENCES: readonly {
  readonly what: string;
  readonly dialects: readonly Dialect[];
  readonly applies: (subject: Subject) => boolean;
  readonly check: (subject: Subject) => boolean;
}[] = [
  {
    what: "later messages are not unknown: recorder and socket traces",
    dialects: ["v1.9", "v1.19"],
    applies: ({ vector }) => /^0[67]/.test(vector.hex),
    check: ({ shown, mode }) =>
      /^Recorder|"type":"(recorder|trace-sock|error)"|cgroup_id|^cannot decode|^Error/.test(shown) ||
      (shown === "" && mode.startsWith("info")),
  },
  {
    what: "what is no JSON with -j becomes JSON",
    dialects: ["v1.9", "v1.19"],
    applies: ({ mode, expected, vector }) =>
      mode === "json" && (!isJson(expected) || vector.panic?.[mode] !== undefined),
    check: ({ shown }) => shown === "" || isJson(shown),
  },
  {
    what: "an error stands alone, and nothing stops",
    dialects: ["v1.9", "v1.19"],
    applies: ({ expected, vector, mode }) =>
      vector.hex === "" || /^(Error while|cannot decode)/.test(expected) || vector.panic?.[mode] !== undefined,
    check: ({ shown }) => shown.length > 0,
  },
  {
    what: "control characters are escaped",
    dialects: ["v1.9", "v1.19"],
    applies: ({ expected, mode, vector }) =>
      mode !== "json" && /^(agent|logrecord)/.test(vector.id) && hasControls(expected),
    check: ({ shown }) => !/[\0-\x08\x0b-\x1f\x7f]/.test(shown),
  },
  {
    what: "records of every kind have a head and an end, and a response its ends the right way round",
    dialects: ["v1.9", "v1.19"],
    applies: ({ vector, mode }) => mode !== "json" && vector.id.startsWith("logrecord"),
    check: ({ shown }) => /^(->|<-|\?\?) /.test(shown) && shown.endsWith("\n"),
  },
  {
    what: "headers of other versions are told apart by their length",
    dialects: ["v1.9", "v1.19"],
    applies: ({ vector, dialect }) => OTHER_VERSIONS[dialect]!.test(vector.id),
    check: ({ shown, mode }) => shown !== "" || mode === "info",
  },
  {
    what: "traces have one comma at most before the identities",
    dialects: ["v1.19"],
    applies: ({ vector }) => vector.hex.startsWith("04"),
    check: ({ shown, expected }) => shown === mendCommas(expected),
  },
  {
    what: "drops have one comma at most before the identities, and the trace id behind none",
    dialects: ["v1.19"],
    applies: ({ vector, mode }) => vector.hex.startsWith("01") && mode !== "hex" && !mode.startsWith("verbose"),
    check: ({ shown, expected }) => shown === mendCommas(expected).replace(",  [ ip-trace-id", " [ ip-trace-id"),
  },
  {
    what: "--hex of drops is not the other way round, and IP-TRACE-ID stands in brackets in the line before",
    dialects: ["v1.19"],
    applies: ({ vector }) => vector.hex.startsWith("01"),
    check: ({ shown, expected, vector, mode }) => {
      const [head] = splitDrop(expected);
      const [, packet] = splitDrop(expectedOf(vector, mode === "hex" ? "verbose" : "hex"));
      return shown === head + packet;
    },
  },
  {
    what: "captures have a line end before the packet",
    dialects: ["v1.19"],
    applies: ({ vector, mode }) => vector.hex.startsWith("03") && (mode === "hex" || mode.startsWith("verbose")),
    check: ({ shown, expected }) => shown.replace(/( bytes, [^\n]*)\n/, "$1") === expected,
  },
];

for (const [file, dialect, modes] of [
  ["messages-v1.9.jsonl", "v1.9", 5],
  ["messages-v1.19.4.jsonl", "v1.19", 7],
] as const)
  test(`without compat ${file} prints the same, but for what is listed`, { skip: CILIUM.skip }, () => {
    let same = 0;
    for (const [mode, options] of Object.entries(MODES).slice(0, modes)) {
      const formatter = createFormatter(dialect, false, options);
      for (const vector of readMessages(file)) {
        const expected = expectedOf(vector, mode);
        const shown = formatter.formatSample(fromHex(vector.hex), vector.cpu);
        if (shown === expected) {
          same++;
          continue;
        }
        const subject: Subject = { dialect, vector, mode, expected, shown };
        const difference = DIFFERENCES.find((one) => one.dialects.includes(dialect) && one.applies(subject));
        const where = `${vector.id} ${mode}\n${expected}${shown}`;
        assert.ok(difference !== undefined, `a difference that is not listed: ${where}`);
        assert.ok(difference.check(subject), `${difference.what}: ${where}`);
      }
    }
    assert.ok(same > 3000, `${same} the same`);
  });

function isJson(text: string): boolean {
  try {
    return text !== "" && JSON.parse(text) !== undefined && text.trim().split("\n").length === 1;
  } catch {
    return false;
  }
}

function hasControls(text: string): boolean {
  return /[\0-\x08\x0b-\x1f\x7f\ufffd]/.test(text) || text.trimEnd().includes("\n");
}

/** Vectors whose headers are those of other versions: an outcome of ours, and zeros or nonsense of Cilium's. */
const OTHER_VERSIONS: Readonly<Partial<Record<Dialect, RegExp>>> = {
  "v1.9": /^(dropN|pv40|trace-v2|trace-badver)/,
  "v1.19": /^(drop9|pv-)/,
};

function mendCommas(text: string): string {
  return text.replace(" , identity", " identity").replace(", , identity", ", identity");
}

/** v1.19's output for a drop with -vv: its line, mended, and the packet. */
function splitDrop(text: string): [head: string, packet: string] {
  const [, separator, line, id, packet] =
    /^(-+\n)([^\n]*)\n(?: \[ IP-TRACE-ID=(\d+?)(?=0{8} |Ethernet| {2}|$))?([\s\S]*)$/.exec(text)!;
  return [`${separator}${line}${id === undefined ? "" : ` [ IP-TRACE-ID = ${id} ]`}\n`, packet!];
}

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DebugMsg,
  type Dialect,
  debugCaptureToVerbose,
  decodeLogRecordNotify,
  dropNotifyToVerbose,
  logRecordNotifyToVerbose,
  MessageDecoder,
  type PrinterOptions,
  traceNotifyToVerbose,
} from "../../src/wire/cilium/index.ts";
import { CILIUM, expectedOf, fromHex, LINKS, type MessageVector, readMessages } from "../support/cilium-vectors.ts";

/** Messages whose header another version of Cilium takes for its own: the library goes by the length. */
const OTHER_HEADERS: Readonly<Partial<Record<Dialect, RegExp>>> = {
  "v1.9": /^(dropN|pv40|tsock)/,
  "v1.19": /^(drop9|pv-|tsock38)/,
};

const FILES: readonly (readonly [file: string, dialect: Dialect])[] = [
  ["messages-v1.9.jsonl", "v1.9"],
  ["messages-v1.19.4.jsonl", "v1.19"],
];
const SEPARATOR = `${"-".repeat(78)}\n`;

for (const [file, dialect] of FILES)
  test(`the methods of the library give what Go printed: ${file}`, { skip: CILIUM.skip }, () => {
    // Each printing has its own: under compat the dissector carries state from one packet to the next.
    const fresh = (): PrinterOptions => ({
      dialect,
      compat: true,
      names: dialect === "v1.9" ? { link: (index) => LINKS[index] } : {},
    });
    const decoder = new MessageDecoder(dialect, false);
    const compared: Record<string, number> = {};
    for (const vector of readMessages(file)) {
      if (vector.panic !== undefined || OTHER_HEADERS[dialect]!.test(vector.id)) continue;
      const data = fromHex(vector.hex);
      const message = decoder.decode(data, 0, data.length);
      if (typeof message === "string" || /^(Error while|cannot decode)/.test(expectedOf(vector, "info"))) continue;
      for (const [mode, text] of Object.entries(textsOf(message, data, prefixOf(vector), fresh))) {
        assert.equal(text, expectedOf(vector, mode), `${vector.id} ${mode}`);
        compared[`${message.kind} ${mode}`] = (compared[`${message.kind} ${mode}`] ?? 0) + 1;
      }
    }
    for (const [what, least] of [
      ["trace info", 250],
      ["trace verbose", 250],
      ["trace hex", 250],
      ["trace json", 250],
      ["drop json", 20],
      ["policy info", 8],
      ["capture verbose", 20],
      ["debug debug", 300],
      ["debug json", 300],
    ] as const)
      assert.ok((compared[what] ?? 0) >= least, `${what}: ${compared[what]} of at least ${least}`);
  });

type Decoded = Exclude<ReturnType<MessageDecoder["decode"]>, string>;

/** Output of the methods, by the mode whose text it is. */
function textsOf(message: Decoded, data: Uint8Array, cpu: string, fresh: () => PrinterOptions): Record<string, string> {
  switch (message.kind) {
    case "trace":
    case "drop": {
      const { notify } = message;
      const texts = {
        info: notify.dumpInfo(data, fresh()),
        verbose: SEPARATOR + notify.dumpVerbose(true, data, cpu, fresh()),
        hex: SEPARATOR + notify.dumpVerbose(false, data, cpu, fresh()),
        json: notify.dumpJSON(data, cpu, fresh()),
      };
      const verbose =
        message.kind === "trace"
          ? traceNotifyToVerbose(message.notify, fresh())
          : dropNotifyToVerbose(message.notify, fresh());
      checkMembers(verbose, texts.json);
      // v1.19 takes the flag the wrong way round, of drops only.
      if (message.kind === "drop" && fresh().dialect === "v1.19")
        return { ...texts, verbose: texts.hex, hex: texts.verbose };
      return texts;
    }
    case "policy":
      return { info: message.notify.dumpInfo(data, fresh()) };
    case "capture": {
      const { capture } = message;
      const json = capture.dumpJSON(data, cpu, fresh());
      checkMembers(debugCaptureToVerbose(capture, fresh()), json);
      return {
        info: capture.dumpInfo(data, fresh()),
        verbose: SEPARATOR + capture.dumpVerbose(true, data, cpu, fresh()),
        json,
      };
    }
    case "debug": {
      const { debug } = message;
      assert.ok(debug instanceof DebugMsg);
      return { info: debug.dumpInfo(data), debug: debug.dump(cpu, fresh()), json: debug.dumpJSON(cpu, fresh()) };
    }
    default:
      return {};
  }
}

/** The `…Verbose` object is the JSON but for the members of the event around it, to the byte. */
function checkMembers(verbose: object, json: string): void {
  const summary = json.indexOf(',"summary":');
  const middle = json.slice(json.indexOf('"type"'), summary < 0 ? json.lastIndexOf("}") : summary);
  assert.equal(JSON.stringify(verbose), `{${middle}}`);
  const keepDigits = (_: string, value: unknown, context?: { source: string }) =>
    typeof value === "number" ? context!.source : value;
  const { cpu: _cpu, summary: _summary, ...members } = JSON.parse(json, keepDigits);
  for (const [name, value] of Object.entries(verbose)) assert.equal(`${value}`, `${members[name] ?? 0}`, name);
  for (const name of Object.keys(members)) assert.ok(name in verbose, name);
}

function prefixOf({ cpu }: MessageVector): string {
  return `CPU ${String(cpu).padStart(2, "0")}:`;
}

for (const [file, dialect] of FILES)
  test(`the verbose form of a record is what Go's json.Marshal gives: ${file}`, { skip: CILIUM.skip }, () => {
    let compared = 0;
    for (const vector of readMessages(file)) {
      if (!vector.id.startsWith("logrecord") || /^(Error while|cannot decode)/.test(expectedOf(vector, "info")))
        continue;
      const record = decodeLogRecordNotify(fromHex(vector.hex), dialect);
      const json = JSON.stringify(logRecordNotifyToVerbose(record, { dialect }));
      assert.equal(`${json}\n`, expectedOf(vector, "json"), vector.id);
      compared++;
    }
    assert.ok(compared >= 13, `${compared}`);
  });

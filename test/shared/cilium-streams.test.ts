import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BorrowedPayload,
  decodeMeta,
  encodeMeta,
  encodePayload,
  MessageTypeTrace,
  MonitorFormatter,
  type MonitorFormatterOptions,
  PAYLOAD_DEFINITION,
  PayloadSession,
} from "../../src/wire/cilium/index.ts";
import { CILIUM, createFormatter, fromHex, MODES, readMessages, readVectors } from "../support/cilium-vectors.ts";

interface Fields {
  readonly data: string;
  readonly cpu: number;
  readonly lost: number;
  readonly type: number;
}

interface StreamVector {
  readonly id: string;
  readonly hex: string;
  readonly sent: readonly Fields[] | null;
  readonly decoded_fresh: readonly Fields[] | null;
  readonly decoded_reused_struct: readonly Fields[] | null;
  readonly final_error: string;
  readonly cli_stdout_info: readonly string[] | null;
  readonly cli_stdout_json: readonly string[] | null;
}

test("gob sessions decode, whole and a byte at a time, with each payload new and with one used again", {
  skip: CILIUM.skip,
}, () => {
  for (const stream of readVectors<StreamVector>("streams-v1.9.jsonl"))
    for (const reuse of [false, true])
      for (const size of [1, 7, Number.POSITIVE_INFINITY]) {
        const expected = reuse ? stream.decoded_reused_struct : stream.decoded_fresh;
        const { payloads, error } = decode(fromHex(stream.hex), size, reuse);
        const where = `${stream.id}, reuse ${reuse}, pieces of ${size}`;
        if (expected !== null || stream.decoded_fresh === null) assert.deepEqual(payloads, expected ?? [], where);
        assert.equal(error, stream.final_error, where);
      }
});

test("a process of the command prints sessions as Cilium's does, stale CPUs and stale layers included", {
  skip: CILIUM.skip,
}, () => {
  for (const stream of readVectors<StreamVector>("streams-v1.9.jsonl"))
    for (const [mode, lines] of [
      ["info", stream.cli_stdout_info],
      ["json", stream.cli_stdout_json],
    ] as const) {
      if (lines === null) continue;
      const formatter = createFormatter("v1.9", true, MODES[mode] as MonitorFormatterOptions);
      const shown: string[] = [];
      new PayloadSession({
        reuse: true,
        onPayload: (payload) => {
          const text = Buffer.from(formatter.formatPayload(payload), "latin1").toString();
          shown.push(formatter.panic === undefined ? text : `${text}<<PANIC ${formatter.panic}>>`);
        },
      }).push(fromHex(stream.hex));
      assert.deepEqual(shown, lines, `${stream.id} ${mode}`);
    }
});

test("payloads are encoded as Go encodes them", { skip: CILIUM.skip }, () => {
  for (const stream of readVectors<StreamVector & { proto: string }>("streams-v1.9.jsonl")) {
    if (
      stream.sent === null ||
      stream.decoded_fresh === null ||
      stream.proto !== "1.2" ||
      stream.id.startsWith("trunc")
    )
      continue;
    const messages = stream.sent.map((fields) =>
      encodePayload({ ...fields, data: fromHex(fields.data), lost: BigInt(fields.lost) }),
    );
    // 2^64 - 1 is not exact as the number it was read as.
    if (stream.sent.some(({ lost }) => !Number.isSafeInteger(lost))) continue;
    assert.equal(Buffer.concat([PAYLOAD_DEFINITION, ...messages]).toString("hex"), stream.hex, stream.id);
  }
  assert.deepEqual(decodeMeta(encodeMeta({ size: 1234 })), { size: 1234 });
});

test("filters show what Cilium's show", { skip: CILIUM.skip }, () => {
  const messages = new Map(readMessages("messages-v1.9.jsonl").map((vector) => [vector.id, vector]));
  interface FilterVector {
    readonly types: readonly number[] | null;
    readonly from: readonly number[] | null;
    readonly to: readonly number[] | null;
    readonly related: readonly number[] | null;
    readonly out: Readonly<Record<string, string>>;
  }
  for (const { types, from, to, related, out } of readVectors<FilterVector>("filters-v1.9.jsonl")) {
    const formatter = createFormatter("v1.9", true, {
      ...MODES["debug"],
      eventTypes: types ?? [],
      fromSource: from ?? [],
      toDst: to ?? [],
      related: related ?? [],
    });
    for (const [id, expected] of Object.entries(out)) {
      const vector = messages.get(id);
      if (vector === undefined) continue;
      formatter.resetDissector();
      const shown = formatter.formatSample(fromHex(vector.hex), vector.cpu);
      assert.equal(shown, expected, `${id} ${JSON.stringify({ types, from, to, related })}`);
    }
  }
});

test("lost events ignore filters", () => {
  const formatter = new MonitorFormatter({ fromSource: [42], eventTypes: [MessageTypeTrace] });
  const { text, recognised } = formatter.formatEvent({ data: new Uint8Array(0), cpu: 1, lost: 7n, type: 2 });
  assert.deepEqual({ text, recognised }, { text: "CPU 01: Lost 7 events\n", recognised: true });
});

function decode(stream: Uint8Array, size: number, reuse: boolean): { payloads: Fields[]; error: string } {
  const payloads: Fields[] = [];
  const onPayload = ({ bytes, start, end, cpu, lost, type }: BorrowedPayload): void => {
    payloads.push({ data: Buffer.from(bytes.subarray(start, end)).toString("hex"), cpu, lost: Number(lost), type });
  };
  const session = new PayloadSession({ onPayload, reuse });
  for (let at = 0; at < stream.length; at += size) session.push(stream.slice(at, Math.min(stream.length, at + size)));
  return { payloads, error: session.finish() };
}

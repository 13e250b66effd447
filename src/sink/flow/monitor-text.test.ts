import assert from "node:assert/strict";
import { test } from "node:test";
import { FlowEventReader, MonitorFormatter } from "../../wire/cilium/index.ts";
import { BatchWriter } from "../terminal/batch-writer.ts";
import { MonitorText } from "./monitor-text.ts";

const NOTHING = (): void => {};

test("another program's words are looked over for secrets, and the datapath's are not", async () => {
  const looked: string[] = [];
  const stream = { write: () => true } as unknown as NodeJS.WritableStream;
  const output = new MonitorText({
    ...{ formatter: new MonitorFormatter({ dialect: "auto" }), writer: new BatchWriter(stream), filter: undefined },
    ...{ compat: false, timestamps: false, showNode: false, names: {}, lostInterval: 0, flows: new FlowEventReader() },
    ...{ onPanic: NOTHING, onDissectorStart: NOTHING, onUnknownPayload: NOTHING },
    redactText: (text) => {
      looked.push(text);
      return text;
    },
  });
  const submit = (json: unknown) => output.submit({ json, line: JSON.stringify(json), origin: {} });
  for (const type of ["drop", "trace", "policy-verdict", "debug", "trace-sock"])
    submit({ type, reason: "Policy denied" });
  assert.deepEqual(looked, []);
  assert.equal(
    submit({ type: "logRecord", observationPoint: "Egress", l7Proto: "http", http: { url: "/?token=x" } }),
    "taken",
  );
  assert.equal(looked.length, 1);
  assert.equal(submit({ flow: { verdict: "DROPPED", Summary: "TCP Flags: SYN" } }), "taken");
  assert.equal(looked.length, 2);
  await output.close();
});

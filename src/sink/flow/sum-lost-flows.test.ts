import assert from "node:assert/strict";
import { test } from "node:test";
import type { FlowEvent, FlowSink } from "../../model/index.ts";
import { sumLostFlows } from "./sum-lost-flows.ts";

test("a sum of lost events names where they were lost, and nothing of the sum before it", async () => {
  const flows: FlowEvent[] = [];
  const sink: FlowSink = {
    submit: (flow) => {
      flows.push(flow);
      return "taken";
    },
    whenReady: async () => {},
    flush: async () => {},
    close: async () => {},
  };
  const lose = (to: FlowSink, source: string | undefined, events: number): void => {
    const attributes = { "lost.events": events, ...(source === undefined ? {} : { "lost.source": source }) };
    to.submit({ kind: "lost", summary: "", attributes });
  };
  const named = sumLostFlows(sink, 3600);
  for (const source of ["B", "C", "B", "A"]) lose(named, source, 2);
  await named.close(0);
  const unnamed = sumLostFlows(sink, 3600);
  for (const events of [1, 2, 3]) lose(unnamed, undefined, events);
  await unnamed.close(0);
  assert.deepEqual(
    flows.map(({ attributes }) => [attributes["lost.source"], attributes["lost.events"]]),
    [
      ["B", 2],
      ["A, B, C", 6],
      [undefined, 1],
      [undefined, 5],
    ],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatError, Ledger } from "../../model/index.ts";
import { createTraceReader } from "./create-trace-reader.ts";

function read(chunks: readonly string[], mayBeEmpty: boolean): { problems: string[]; ledger: Ledger } {
  const problems: string[] = [];
  const ledger = new Ledger();
  const reader = createTraceReader("x", {
    observer: { observe: () => {} },
    problem: (problem) => problems.push(formatError(problem)),
    ledger,
    encoding: "json",
    mayBeEmpty,
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return { problems, ledger };
}

test("a live source from which nothing came is no fault, an empty file is", () => {
  assert.deepEqual(read([], true).problems, []);
  assert.deepEqual(read([""], true).problems, []);
  assert.deepEqual(read([], false).problems, ["x: at byte 0: the input is empty"]);
  assert.match(read(["nothing"], true).problems.join(), /^x:1:1: /);
});

test("fields that nothing is known of are counted", () => {
  const trace = '{"http_buffered_trace": {"foo": 1, "request": {"headers": [{"key": "a"}], "bar": {"baz": [1, 2]}}}}';
  for (const chunks of [[trace], [...trace]]) {
    const { problems, ledger } = read(chunks, true);
    assert.deepEqual(problems, []);
    assert.equal(ledger.book("fields").format(), "fields: 2 in = 0 handled + 2 skipped (unknown 2)");
  }
  assert.deepEqual(
    [...read(['{"http_buffered_trace": {}}'], true).ledger.books].filter(({ name }) => name === "fields"),
    [],
  );
});

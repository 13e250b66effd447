import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildBody, buildExchange } from "../../../test/support/build-exchange.ts";
import {
  type Exchange,
  type FlowEvent,
  type HttpExchange,
  Ledger,
  MemoryBudget,
  type Sink,
  type SocketEvent,
  type Submission,
} from "../../model/index.ts";
import { decodeContent } from "../content/node-content-decoder.ts";
import { compileFilter } from "../filter/index.ts";
import { Redactor } from "../redaction/index.ts";
import { EventPipeline } from "./event-pipeline.ts";
import { ExchangePipeline, type ExchangePipelineOptions } from "./exchange-pipeline.ts";

/** A sink that keeps what it gets, and answers with `answer`. */
function createSink<Item>(answer: Submission = "taken") {
  const items: Item[] = [];
  const calls: string[] = [];
  const sink: Sink<Item> = {
    submit: (item) => {
      items.push(item);
      return answer;
    },
    whenReady: async () => {},
    flush: async () => void calls.push("flush"),
    close: async (deadline) => void calls.push(`close ${deadline}`),
  };
  return { items, calls, sink };
}

function createPipeline(options: Partial<ExchangePipelineOptions>) {
  const ledger = new Ledger();
  const budget = new MemoryBudget(1024 * 1024);
  const pipeline = new ExchangePipeline({ ledger, budget, decode: decodeContent, outputs: [], ...options });
  return { pipeline, ledger, budget };
}

const flow = (kind: FlowEvent["kind"], reason: string): FlowEvent => ({ kind, reason, summary: "", attributes: {} });

/** An exchange whose response has a gzip body. */
function gzipped(text: string): Exchange {
  const exchange = buildExchange({ responseHeaders: { "Content-Encoding": "gzip", "Set-Cookie": "id=s3cr3t" } });
  return { ...exchange, response: { ...exchange.response!, body: buildBody(gzipSync(text)) } };
}

describe("the pipeline of exchanges", () => {
  test("a filter sees what is redacted for everybody else", () => {
    const { items, sink } = createSink<Exchange>();
    const filter = compileFilter("response.headers['set-cookie'] == 'id=s3cr3t'");
    const { pipeline } = createPipeline({ filter, redactor: new Redactor(), outputs: [{ exchanges: sink }] });
    assert.equal(pipeline.exchange(gzipped("")), "shown");
    const [shown] = items as HttpExchange[];
    assert.match(shown!.response!.headers.find(({ name }) => name === "Set-Cookie")!.value!, /^id=redacted-/);
  });

  test("decodes for the filter, and redacts what it hands on", () => {
    const { items, sink } = createSink<Exchange>();
    const filter = compileFilter("response.body.contains('needle')");
    const { pipeline } = createPipeline({ filter, redactor: new Redactor(), outputs: [{ exchanges: sink }] });
    assert.equal(pipeline.exchange(gzipped("a needle in it")), "shown");
    assert.equal(pipeline.exchange(gzipped("hay")), "filtered");
    const [shown] = items as HttpExchange[];
    assert.equal(items.length, 1);
    assert.equal(Buffer.from(shown!.response!.body.bytes).toString(), "a needle in it");
    assert.doesNotMatch(JSON.stringify(shown!.response!.headers), /s3cr3t/);
    assert.deepEqual([pipeline.seen, pipeline.shown, pipeline.unit], [2, 1, "exchange"]);
  });

  test("where traffic passes, bodies that are looked at are decoded ahead, and the end waits for them", async () => {
    const waiting: (() => void)[] = [];
    const decodeAhead = {
      submit: (exchange: Exchange, done: (exchange: Exchange) => void) => void waiting.push(() => done(exchange)),
      whenIdle: async () => {
        for (const finish of waiting.splice(0)) finish();
      },
    };
    for (const [showsBodies, filter, ahead] of [
      [true, undefined, true],
      [false, compileFilter("response.body.contains('needle')"), true],
      [false, compileFilter("!has(jsonrpc.method)"), true],
      [false, compileFilter("response.code == 200"), false],
      [false, compileFilter("not grpc && not sse"), false],
      [false, undefined, false],
    ] as const) {
      const { items, sink } = createSink<Exchange>();
      const { pipeline } = createPipeline({ filter, decodeAhead, outputs: [{ exchanges: sink, showsBodies }] });
      assert.equal(pipeline.exchange(gzipped("a needle in it")), ahead ? "being-decoded" : "shown");
      assert.equal(items.length, ahead ? 0 : 1);
      await pipeline.close(0);
      assert.equal(items.length, 1);
    }
  });

  test("is full when an output is, until it is flushed", async () => {
    const { sink } = createSink<Exchange>("full");
    const { pipeline } = createPipeline({ outputs: [{ exchanges: sink }] });
    assert.equal(pipeline.isFull, false);
    pipeline.exchange(buildExchange());
    assert.equal(pipeline.isFull, true);
    await pipeline.flush();
    assert.equal(pipeline.isFull, false);
  });

  test("what decoding met is among the problems where bodies are shown", () => {
    for (const [showsBodies, problems] of [
      [true, ["decompression-limit"]],
      [false, []],
    ] as const) {
      const { items, sink } = createSink<Exchange>();
      const limits = { decompressionRatio: 1, decompressionGrace: 10 };
      const { pipeline } = createPipeline({ limits, outputs: [{ exchanges: sink, showsBodies }] });
      pipeline.exchange(gzipped("a".repeat(1000)));
      assert.deepEqual(items[0]!.problems, problems);
    }
  });

  test("bodies are decoded only for filters that read them", () => {
    let decoded = 0;
    const decode: typeof decodeContent = (...args) => {
      decoded++;
      return decodeContent(...args);
    };
    for (const [text, times] of [
      ["request.path == '/body'", 0],
      ["response.body.contains('x')", 1],
      ["request.headers['x'] == '.body'", 0],
    ] as const) {
      decoded = 0;
      createPipeline({ decode, filter: compileFilter(text) }).pipeline.exchange(gzipped("hay"));
      assert.equal(decoded, times, text);
    }
  });

  test("every output gets what matches; one that explains gets the rest, too", () => {
    const matching = createSink<Exchange>();
    const all = createSink<Exchange>();
    const explanations: unknown[] = [];
    const { pipeline } = createPipeline({
      filter: compileFilter("response.code == 500"),
      outputs: [
        { exchanges: matching.sink },
        { exchanges: all.sink, explain: (explanation) => explanations.push(explanation) },
      ],
    });
    for (const status of [200, 500, 404]) pipeline.exchange(buildExchange({ status }));
    assert.deepEqual([matching.items.length, all.items.length, explanations.length], [1, 3, 3]);
    assert.deepEqual([pipeline.seen, pipeline.shown], [3, 1]);
  });

  test("says why something reached no output", () => {
    const { sink } = createSink<FlowEvent>({ dropped: "without-packet" });
    const taking = createSink<FlowEvent>();
    const { pipeline } = createPipeline({ outputs: [{ flows: sink }] });
    assert.equal(pipeline.flow(flow("drop", "x")), "without-packet");
    assert.equal(pipeline.exchange(buildExchange()), "no-place-in-output");
    const both = createPipeline({ outputs: [{ flows: sink }, { flows: taking.sink }] }).pipeline;
    assert.equal(both.flow(flow("drop", "x")), "shown");
  });

  test("stops at the count, and says so once", () => {
    let enough = 0;
    const { items, sink } = createSink<Exchange>("full");
    const { pipeline } = createPipeline({ count: 2, enough: () => enough++, outputs: [{ exchanges: sink }] });
    const outcomes = [1, 2, 3, 4].map(() => pipeline.exchange(buildExchange()));
    assert.deepEqual(outcomes, ["shown", "shown", "not-asked-for", "not-asked-for"]);
    assert.deepEqual([items.length, enough, pipeline.seen, pipeline.shown], [2, 1, 4, 2]);
  });

  test("flows: chosen beside the filter; counts of lost events pass both", () => {
    const { items, sink } = createSink<FlowEvent>();
    const { pipeline } = createPipeline({
      filter: compileFilter("flow.reason == 'a'"),
      selectFlow: ({ kind }) => kind === "drop",
      outputs: [{ flows: sink }],
    });
    for (const event of [flow("drop", "a"), flow("drop", "b"), flow("trace", "a"), flow("lost", "b")])
      pipeline.flow(event);
    assert.deepEqual(
      items.map(({ kind, reason }) => `${kind} ${reason}`),
      ["drop a", "lost b"],
    );
    assert.equal(pipeline.unit, "flow");
  });

  test("flushes and closes every sink, with its deadline", async () => {
    const exchanges = createSink<Exchange>();
    const flows = createSink<FlowEvent>();
    const { pipeline } = createPipeline({ outputs: [{ exchanges: exchanges.sink, flows: flows.sink }] });
    await pipeline.flush();
    await pipeline.close(17);
    for (const { calls } of [exchanges, flows]) assert.deepEqual(calls, ["flush", "close 17"]);
  });

  test("socket events are analysed, in a book that may have another name, and nothing stays open", async () => {
    const { items, sink } = createSink<Exchange>();
    const { pipeline, ledger, budget } = createPipeline({ bookName: "analysis-bytes", outputs: [{ exchanges: sink }] });
    assert.deepEqual(ledger.format(), []);
    const events = conversation();
    for (const event of events) pipeline.observe(event);
    pipeline.finishInput();
    const sent = events.reduce((sum, event) => sum + (event.kind === "data" ? event.data.length : 0), 0);
    assert.deepEqual(ledger.format(), [`analysis-bytes: ${sent} in = ${sent} handled`]);
    assert.deepEqual([items.length, budget.used], [1, 0]);
  });
});

describe("the pipeline of socket events", () => {
  test("filters, counts, and books what was not asked for", () => {
    const { items, sink } = createSink<SocketEvent>();
    const ledger = new Ledger();
    let enough = 0;
    const pipeline = new EventPipeline({
      ledger,
      sink,
      select: ({ kind }) => kind === "data",
      count: 1,
      enough: () => enough++,
    });
    const [request, response] = conversation().filter((event) => event.kind === "data");
    for (const event of conversation()) pipeline.observe(event);
    assert.deepEqual([items.length, enough, pipeline.shown, pipeline.seen], [1, 1, 1, 4]);
    const sizes = [request!, response!].map((event) => event.data.length);
    assert.deepEqual(ledger.format(), [
      `bytes: ${sizes[0]! + sizes[1]!} in = ${sizes[0]} handled + ${sizes[1]} skipped (not-asked-for ${sizes[1]})`,
    ]);
    assert.throws(() => pipeline.exchange(), /this file holds exchanges/);
  });
});

function conversation(): SocketEvent[] {
  const { connection } = buildExchange();
  const time = { seconds: 1, nanos: 0 };
  const data = (direction: "read" | "write", text: string): SocketEvent => ({
    kind: "data",
    connection,
    time,
    direction,
    offset: 0,
    data: Buffer.from(text),
  });
  return [
    { kind: "open", connection, time },
    data("read", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    data("write", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    { kind: "close", connection, time, how: "fin" },
  ];
}

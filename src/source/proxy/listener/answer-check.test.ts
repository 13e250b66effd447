import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBudget } from "../../../model/index.ts";
import type { Channel, ChannelHandler } from "../channel/channel.ts";
import { AnswerCheck } from "./answer-check.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const REQUEST = Buffer.from("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
const RESPONSE = Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n");
const SETTINGS = Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]);

class FakeChannel {
  handler: ChannelHandler | undefined;
  isPaused = false;
  handleWith(handler: ChannelHandler): void {
    this.handler = handler;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
}

function start() {
  const [client, endpoint] = [new FakeChannel(), new FakeChannel()];
  const budget = new MemoryBudget(2 ** 20);
  const others: string[][] = [];
  const passed: string[] = [];
  const relay = (name: string): ChannelHandler => ({
    received: (bytes) => passed.push(`${name} ${Buffer.from(bytes).toString("latin1")}`),
    ended: () => passed.push(`${name} ended`),
    flushed: () => {},
    closed: () => passed.push(`${name} closed`),
  });
  const check = new AnswerCheck({
    client: client as unknown as Channel,
    endpoint: endpoint as unknown as Channel,
    budget,
    onOther: (...both) => others.push(both.map((bytes) => Buffer.from(bytes).toString("latin1"))),
  });
  client.handleWith(check.keepClient(relay("client")));
  endpoint.handleWith(check.checkEndpoint(relay("endpoint")));
  /** A read's bytes are gone when the call returns. */
  const send = (channel: FakeChannel, bytes: Uint8Array) => {
    const buffer = Buffer.from(bytes);
    channel.handler!.received(buffer);
    buffer.fill(0);
  };
  return { client, endpoint, budget, others, passed, check, send };
}

for (const [name, spoken, asked, answer] of [
  ["HTTP/2 answered in HTTP/1", "h2", PREFACE, RESPONSE],
  ["HTTP/1 answered in HTTP/2", "http/1.1", REQUEST, SETTINGS],
] as const) {
  test(`${name} is told, with all that was sent, however the answer is cut`, () => {
    for (let cut = 0; cut < answer.length; cut++) {
      const { client, endpoint, budget, others, passed, check, send } = start();
      check.clientSpeaks(spoken);
      send(client, asked);
      send(client, Buffer.from("more"));
      if (cut > 0) send(endpoint, answer.subarray(0, cut));
      if (others.length === 0) send(endpoint, answer.subarray(cut));
      const [[came, sent] = []] = others;
      assert.ok(answer.toString("latin1").startsWith(came!) && came!.length >= 7, `cut at ${cut}`);
      assert.equal(sent, `${asked.toString("latin1")}more`);
      assert.deepEqual(
        passed.filter((line) => line.startsWith("endpoint")),
        [],
      );
      assert.equal(budget.used, 0);
    }
  });
}

test("what fits passes whole and in order, and nobody looks any more", () => {
  for (const [spoken, asked, answer] of [
    ["h2", PREFACE, SETTINGS],
    ["http/1.1", REQUEST, RESPONSE],
    ["http/1.1", REQUEST, Buffer.from("ICY 200 OK\r\n\r\n")],
    ["http/1.1", REQUEST, Buffer.from("HTTQ/1.1 200 OK\r\n\r\n")],
    ["http/1.1", REQUEST, Buffer.from([0, 0, 7, 4, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7])],
    ["http/1.1", REQUEST, Buffer.from([0, 0, 6, 4, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6])],
    ["http/1.1", REQUEST, Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6])],
    ["http/1.1", REQUEST, Buffer.from([0, 0, 6, 5, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6])],
    ["h2", PREFACE, Buffer.from([0xff, 1, 2])],
  ] as const)
    for (let cut = 0; cut < answer.length; cut++) {
      const { client, endpoint, budget, others, passed, check, send } = start();
      check.clientSpeaks(spoken);
      send(client, asked);
      if (cut > 0) send(endpoint, answer.subarray(0, cut));
      send(endpoint, answer.subarray(cut));
      send(client, asked);
      assert.deepEqual(others, []);
      const text = passed.filter((line) => line.startsWith("endpoint")).map((line) => line.slice("endpoint ".length));
      assert.equal(text.join(""), answer.toString("latin1"));
      assert.equal(budget.used, 0);
      assert.ok(!(client.handler?.constructor.name ?? "").startsWith("Kept"));
    }
});

test("a server that speaks first waits for its client where that may be the other HTTP", () => {
  for (const [spoken, asked, isOther] of [
    ["h2", PREFACE, false],
    ["http/1.1", REQUEST, true],
  ] as const) {
    const { client, endpoint, others, passed, check, send } = start();
    send(endpoint, SETTINGS);
    assert.ok(endpoint.isPaused);
    check.clientSpeaks(spoken);
    send(client, asked);
    assert.equal(others.length, isOther ? 1 : 0);
    assert.equal(passed.length, isOther ? 1 : 2);
    assert.equal(endpoint.isPaused, isOther);
  }
  const greeting = start();
  greeting.send(greeting.endpoint, Buffer.from("220 ready\r\n"));
  assert.deepEqual(greeting.passed, ["endpoint 220 ready\r\n"]);
});

test("a server that speaks first waits no longer than its client may speak", () => {
  const left = start();
  left.send(left.endpoint, SETTINGS);
  left.client.handler!.ended();
  assert.deepEqual(left.passed, ["client ended", `endpoint ${SETTINGS.toString("latin1")}`]);
  assert.ok(!left.endpoint.isPaused);
  left.endpoint.handler!.ended();
  assert.equal(left.passed.at(-1), "endpoint ended");

  const other = start();
  other.send(other.endpoint, SETTINGS);
  other.send(other.client, Buffer.from("no HTTP"));
  assert.deepEqual(other.passed, ["client no HTTP", `endpoint ${SETTINGS.toString("latin1")}`]);
  assert.ok(!other.endpoint.isPaused);

  const early = start();
  early.send(early.client, Buffer.from("no HTTP"));
  early.send(early.endpoint, SETTINGS);
  assert.deepEqual(early.passed, other.passed);
  for (const { budget, others } of [left, other, early]) assert.deepEqual([budget.used, others], [0, []]);
});

test("an end lets what is held pass; beyond 64 KiB of a client nothing is kept", () => {
  const { endpoint, passed, send } = start();
  send(endpoint, Buffer.from("HTT"));
  endpoint.handler!.ended();
  assert.deepEqual(passed, ["endpoint HTT", "endpoint ended"]);

  for (const [size, isKept] of [
    [64 * 1024, true],
    [64 * 1024 + 1, false],
  ] as const) {
    const long = start();
    long.check.clientSpeaks("h2");
    long.send(long.client, Buffer.alloc(size, "x"));
    assert.equal(long.budget.used, isKept ? size : 0);
    long.send(long.endpoint, RESPONSE);
    assert.equal(long.others.length, isKept ? 1 : 0);
    assert.equal(long.budget.used, 0);
  }
});

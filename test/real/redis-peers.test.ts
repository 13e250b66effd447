import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createConnection } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Analyzer } from "../../src/analysis/analyzer.ts";
import { rowOf } from "../../src/analysis/protocols/index.ts";
import type { RedisExchange, RedisText, RedisValue } from "../../src/analysis/redis/redis-exchange.ts";
import { clientOf, type Exchange } from "../../src/model/index.ts";
import { openCapture } from "../../src/source/capture-file/index.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { recordLoopback } from "../support/record-loopback.ts";
import { runProgram } from "../support/run-program.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { dissect, findNode, type PdmlNode } from "../support/tshark-fields.ts";

const tapline = join(import.meta.dirname, "../../bin/tapline");
const runTapline = (args: readonly string[]) => runProgram(tapline, args, { timeoutMillis: 120_000 });
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline");
const PYTHON = join(CACHE, "redis-py/bin/python");
const IOREDIS = join(CACHE, "ioredis");
const CLIENTS = join(import.meta.dirname, "../support/redis");

const skip =
  skipUnless("redis-server", "redis-cli", "tcpdump", "tshark") ||
  (existsSync(PYTHON) && existsSync(IOREDIS)
    ? false
    : `missing: redis-py or ioredis in ${CACHE} (scripts/setup-tests)`);

/** Each is typed into a redis-cli of its own. */
const TYPED: readonly (readonly string[])[] = [
  ["PING"],
  ["ECHO", "two words"],
  ["SET", "cli:a", "1", "EX", "100", "NX"],
  ["GET", "cli:a"],
  ["GET", "cli:none"],
  ["STRLEN", "cli:a"],
  ["INCRBYFLOAT", "cli:a", "1.5"],
  ["LPUSH", "cli:a", "x"],
  ["HSET", "cli:h", "a", "1", "b", "2"],
  ["HGETALL", "cli:h"],
  ["RPUSH", "cli:l", "a", "b", "c"],
  ["LRANGE", "cli:l", "0", "-1"],
  ["LRANGE", "cli:none", "0", "-1"],
  ["SADD", "cli:s", "a"],
  ["SMEMBERS", "cli:s"],
  ["ZADD", "cli:z", "1.5", "a"],
  ["ZRANGE", "cli:z", "0", "-1", "WITHSCORES"],
  ["TYPE", "cli:z"],
  ["OBJECT", "HELP"],
  ["COMMAND", "COUNT"],
  ["CLIENT", "INFO"],
  ["CONFIG", "GET", "save"],
  ["MEMORY", "USAGE", "cli:z"],
  ["EVAL", "return {1, {2, 'three'}, redis.status_reply('FINE')}", "0"],
  ["DEBUG", "PROTOCOL", "bignum"],
  ["DEBUG", "PROTOCOL", "double"],
  ["DEBUG", "PROTOCOL", "attrib"],
  ["DEBUG", "PROTOCOL", "push"],
  ["DEBUG", "PROTOCOL", "verbatim"],
  ["DEBUG", "PROTOCOL", "true"],
  ["DEBUG", "PROTOCOL", "map"],
  ["DEBUG", "PROTOCOL", "set"],
  ["NOSUCHCOMMAND"],
  ["AUTH", "wrong"],
];

describe("Redis, as foreign programs speak it", { skip }, () => {
  const { path: folder, remove } = makeTemporaryFolder();
  let server: StartedProgram;
  let port: number;
  let capture: string;
  let exchanges: readonly RedisExchange[];
  let all: readonly Exchange[];

  before(async () => {
    [port] = (await findFreePorts(1)) as [number];
    server = startProgram("redis-server", ["--port", String(port), "--save", "", "--enable-debug-command", "yes"], {
      cwd: folder,
    });
    await waitForPort(port);
    capture = await recordLoopback(folder, `tcp port ${port}`, async () => {
      for (const version of ["-2", "-3"])
        for (const words of TYPED) await runProgram("redis-cli", ["-p", String(port), version, ...words]);
      await runProgram("redis-cli", ["-p", String(port)], { input: "MULTI\nSET cli:t 1\nINCR cli:t\nEXEC\nQUIT\n" });
      await runInline(port);
      const python = await runProgram(PYTHON, [join(CLIENTS, "conversations.py"), String(port)], {
        timeoutMillis: 120_000,
      });
      assert.equal(python.code, 0, python.stderr);
      const node = await runProgram(process.execPath, [join(CLIENTS, "conversations.mjs"), IOREDIS, String(port)], {
        timeoutMillis: 120_000,
      });
      assert.equal(node.code, 0, node.stderr);
    });
    all = await readExchanges(capture);
    exchanges = all.filter((exchange): exchange is RedisExchange => exchange.kind === "redis");
  });

  after(async () => {
    await server?.stop();
    remove();
  });

  it("is all taken for Redis, at least 100 conversations, nothing of it broken", () => {
    assert.equal(all.length, exchanges.length);
    assert.ok(new Set(exchanges.map(({ connection }) => connection)).size >= 100);
    for (const exchange of exchanges) {
      assert.deepEqual(exchange.problems, [], rowOf(exchange).operation(exchange));
      assert.match(exchange.quality, /^(?:complete|truncated)$/);
      assert.ok(exchange.pushed || (exchange.request !== undefined && exchange.response !== undefined));
    }
  });

  it("has the values that tshark finds, and pairs them in the order of both sides", async () => {
    const judged = await dissectRedis(capture, port);
    const ours = new Map<number, RedisExchange[]>();
    for (const exchange of exchanges) {
      const client = clientOf(exchange.connection);
      const key = client?.kind === "ip" ? client.port : 0;
      ours.set(key, [...(ours.get(key) ?? []), exchange]);
    }
    let streams = 0;
    for (const [clientPort, conversation] of ours) {
      // tshark 4.0 knows no RESP3, and takes inline commands for strings.
      const isKnown = conversation.every(({ protocol, request }) => protocol === "resp2" && request?.isInline !== true);
      if (!isKnown) continue;
      const { commands, replies, isPartial } = judged.get(clientPort)!;
      // An array that goes on in the next segment it shows again with each of them.
      if (isPartial) continue;
      streams++;
      const requests = conversation.flatMap(({ request }) => (request === undefined ? [] : [request]));
      assert.deepEqual(
        requests.map(({ words }) => `[${words.map(bulkText).join(" ")}]`),
        commands.map(cutLong),
        `commands from port ${clientPort}`,
      );
      const subscribed = conversation.some(({ pushed }) => pushed);
      if (!subscribed)
        assert.deepEqual(
          conversation.map(({ response }) => (response!.replies > 1 ? "several" : valueText(response!.value))),
          conversation.map(({ response }, at) => (response!.replies > 1 ? "several" : cutLong(replies[at] ?? "none"))),
          `replies to port ${clientPort}`,
        );
    }
    assert.ok(streams >= 50, `${streams} streams were judged`);
  });

  it("says what each client was told", () => {
    const told = (key: string, command: string) =>
      exchanges
        .filter(({ request }) => request !== undefined)
        .filter((exchange) => rowOf(exchange).operation(exchange) === `${command} ${key}`)
        .map((exchange) => valueText(exchange.response!.value));
    assert.deepEqual(told("cli:none", "GET"), ["null", "null"]);
    assert.deepEqual(told("py:crlf", "GET"), Array(2).fill(`$${hex("a\r\nb\r\n*1\r\n$4\r\nPING\r\n")}`));
    assert.deepEqual(told("io:b", "GET"), [`$${Buffer.from("é€😀").toString("hex")}`]);
    const outcomes = exchanges.map((exchange) => rowOf(exchange).outcome(exchange));
    const words = new Set(outcomes.flatMap((outcome) => (outcome?.result === "error" ? [outcome.reason] : [])));
    assert.deepEqual([...words].sort(), ["ERR", "NOSCRIPT", "WRONGTYPE"]);
    const pushes = exchanges.filter(({ pushed }) => pushed).map((exchange) => rowOf(exchange).operation(exchange));
    for (const push of ["message py:news", "pmessage py:n*", "message io:more"]) assert.ok(pushes.includes(push), push);
  });

  it("times every exchange: what blocks takes as long as it blocks", () => {
    for (const { times, pushed } of exchanges) {
      assert.ok(times.responseStart !== undefined && times.responseEnd !== undefined);
      if (!pushed) assert.ok(seconds(times.responseStart) >= seconds(times.requestEnd!));
    }
    const [blocked] = exchanges.filter((exchange) => rowOf(exchange).operation(exchange) === "BLPOP py:q");
    const took = seconds(blocked!.times.responseEnd!) - seconds(blocked!.times.requestStart!);
    assert.ok(took >= 0.1, `${took} s`);
  });

  it("goes through every output of read", async () => {
    const read = (...args: string[]) => runTapline(["read", capture, ...args]);
    const table = await read("-Y", "redis && redis.key == 'py:h' && redis.command == 'HGETALL'");
    assert.equal(table.code, 0);
    assert.equal(table.stdout.trimEnd().split("\n").length, 2);
    const long = await read("-vv", "-Y", "redis.command == 'LRANGE' && redis.key == 'cli:l'");
    assert.match(long.stdout, /> LRANGE cli:l 0 -1[\s\S]*< \(array of 3\)[\s\S]*1\) "a"\n\s+2\) "b"/);
    const fields = await read(
      "-T",
      "fields",
      "-e",
      "operation",
      "-e",
      "outcome",
      "-Y",
      "error && redis.error == 'WRONGTYPE'",
    );
    assert.ok(fields.stdout.includes("LPUSH cli:a\terror"));
    const lines = join(folder, "redis.ndjson");
    assert.equal((await read("-w", lines)).code, 0);
    assert.equal(
      readFileSync(lines, "utf8")
        .trimEnd()
        .split("\n")
        .filter((line) => line.includes('"kind":"redis"')).length,
      exchanges.length,
    );
    const again = await runTapline(["read", lines, "-T", "fields", "-e", "operation"]);
    const once = await read("-T", "fields", "-e", "operation");
    assert.equal(again.stdout, once.stdout);
    const part = join(folder, "part.pcap");
    assert.equal((await read("-Y", "redis.key == 'io:q'", "-w", part)).code, 0);
    const rest = await runTapline(["read", part, "-T", "fields", "-e", "redis.key"]);
    assert.ok(rest.stdout.includes("io:q") && !rest.stdout.includes("cli:a"));
  });
});

/** Lines that a person types into a plain connection. */
async function runInline(port: number): Promise<void> {
  const socket = createConnection(port, "127.0.0.1");
  socket.write('PING\r\nSET inline "two words"\r\nGET inline\r\n\r\nQUIT\r\n');
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
}

async function readExchanges(path: string): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(exchange) });
  await openCapture(path, { observer: analyzer, ledger: analyzer.ledger });
  analyzer.finish();
  for (const book of analyzer.ledger.books) assert.equal(book.imbalance, 0);
  assert.equal(analyzer.budget.used, 0);
  return exchanges;
}

const seconds = (time: { seconds: number; nanos: number }): number => time.seconds + time.nanos / 1e9;
const hex = (text: string): string => Buffer.from(text, "latin1").toString("hex");

function bulkText({ bytes, size }: RedisText): string {
  return cutLong(`$${Buffer.from(bytes).toString("hex")}${bytes.length < size ? `…${size}` : ""}`);
}

/** A value as one text: strings in hexadecimal, arrays in brackets. */
function valueText(value: RedisValue): string {
  if ("values" in value) return cutLong(`[${value.values.map(valueText).join(" ")}]`);
  if (value.type === "null") return "null";
  return value.type === "bulk" ? bulkText(value) : `${value.type} ${Buffer.from(value.bytes).toString("latin1")}`;
}

/** The beginning of a long one: not all of it is kept. */
function cutLong(text: string): string {
  return text.length > MAX_COMPARED ? text.slice(0, MAX_COMPARED) : text;
}

const MAX_COMPARED = 2000;

/** By the client's port: what tshark finds on both sides, in order. */
async function dissectRedis(path: string, port: number): Promise<Map<number, JudgedStream>> {
  const streams = new Map<number, JudgedStream>();
  for (const packet of await dissect(path, ["-d", `tcp.port==${port},resp`, "-Y", "resp"], "tcp resp")) {
    const from = Number(findNode(packet, "tcp.srcport")!.show);
    const to = Number(findNode(packet, "tcp.dstport")!.show);
    const clientPort = from === port ? to : from;
    const stream = streams.get(clientPort) ?? { commands: [], replies: [], isPartial: false };
    if (PARTIAL.some((name) => findNode(packet, name) !== undefined)) stream.isPartial = true;
    streams.set(clientPort, stream);
    for (const { name, children } of packet)
      if (name === "resp") (from === port ? stream.replies : stream.commands).push(...children.flatMap(judgedText));
  }
  return streams;
}

interface JudgedStream {
  readonly commands: string[];
  readonly replies: string[];
  isPartial: boolean;
}

const PARTIAL = ["resp.partial", "resp.reassembled_in_next_frame", "resp.array_recursion_too_deep"];

function judgedText({ name, show, children }: PdmlNode): string[] {
  switch (name) {
    case "resp.string":
      return [`simple ${show}`];
    case "resp.error":
      return [`error ${show}`];
    case "resp.integer":
      return [`integer ${show}`];
    case "resp.bulk_string": {
      const length = children.find((child) => child.name === "resp.bulk_string.length")!.show;
      const value = children.find((child) => child.name === "resp.bulk_string.value");
      return [length === "-1" ? "null" : `$${value?.value ?? ""}`];
    }
    case "resp.array": {
      const length = children.find((child) => child.name === "resp.array.length")!.show;
      return [length === "-1" ? "null" : cutLong(`[${children.flatMap(judgedText).join(" ")}]`)];
    }
    default:
      return [];
  }
}

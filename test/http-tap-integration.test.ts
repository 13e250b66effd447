/**
 * Envoy's integration tests of the HTTP tap (I1 to I22, H1 to H3), over HTTP/1 and HTTP/2, with the whole proxy and Node's own
 * clients and servers.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type {
  HttpBufferedTrace,
  HttpBufferedTrace_Message,
  TraceWrapper,
} from "../src/wire/envoy/gen/envoy/data/tap/v3/trace_pb.js";
import { attach, describeSegment, type JsonMessage, tapConfig } from "./support/attached-tap.ts";
import { exchange, ReplyingService, sendOnOneConnection } from "./support/http-exchange.ts";
import { startTapped, type TappedHarness, writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { until } from "./support/proxy-harness.ts";
import { listTraces, readBinaryTrace, readDelimitedTraces } from "./support/read-traces.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const ANY = "{ any_match: true }";
const NONE = "{ not_match: { any_match: true } }";
const header = (phase: string, name: string, value: string) =>
  `{ http_${phase}_match: { headers: [ { name: ${name}, string_match: { exact: ${value} } } ] } }`;
const all = (...rules: string[]) => `{ and_match: { rules: [ ${rules.join(", ")} ] } }`;
const some = (...rules: string[]) => `{ or_match: { rules: [ ${rules.join(", ")} ] } }`;
const REQUEST = header("request_headers", "foo", "bar");
const RESPONSE = header("response_headers", "bar", "baz");
const RQ_TAPPED = "http.front.tap.rq_tapped";

/** Headers that Node's client and server add. */
const ADDED = new Set(["date", "connection", "keep-alive", "transfer-encoding", "trailer", "host"]);

for (const http of [1, 2] as const) {
  describe(`HTTP/${http}`, () => {
    const service = new ReplyingService(http);
    const folder = makeTemporaryFolder();
    let servicePort = 0;
    let harness: TappedHarness | undefined;

    before(async () => {
      servicePort = await service.start();
    });
    afterEach(async () => {
      await harness?.stop();
      harness = undefined;
      service.reply = {};
    });
    after(() => {
      service.stop();
      folder.remove();
    });

    async function start(...taps: string[]): Promise<TappedHarness> {
      harness = await startTapped(writeHttpBootstrap(servicePort, taps));
      return harness;
    }
    const admin = () => start("common_config: { admin_config: { config_id: test } }");
    const send = (message = {}) => exchange(http, harness!.port, message);
    const tappedAre = (count: number) => until(() => harness!.statistic(RQ_TAPPED) === count, `rq_tapped is ${count}`);

    describe("static configuration", () => {
      const prefix = (name: string) => `${folder.path}/${name}/tap`;
      const config = (name: string, match: string, output = "", format = "PROTO_BINARY") =>
        `common_config: { static_config: { ${match}, output_config: { ${output}sinks: [ { format: ${format}, file_per_tap: { path_prefix: ${prefix(name)} } } ] } } }`;
      const buffered = (name: string): HttpBufferedTrace => {
        const [file] = listTraces(`${folder.path}/${name}`, ".pb");
        const { trace } = readBinaryTrace(`${folder.path}/${name}`, file!);
        assert.equal(trace.case, "httpBufferedTrace");
        return trace.value as HttpBufferedTrace;
      };
      const ROWS: readonly (readonly [name: string, match: string])[] = [
        ["I1 StaticFilePerTap", `match: ${ANY}`],
        ["I2 match wins over match_config", `match: ${ANY}, match_config: ${NONE}`],
        ["I3 match_config alone works", `match_config: ${ANY}`],
      ];
      for (const [name, match] of ROWS)
        test(name, async () => {
          await start(config(name.slice(0, 2), match));
          assert.equal(harness!.statistic(RQ_TAPPED), 0);
          await send();
          await tappedAre(1);
          await harness!.stop();
          const { request: asked, response } = buffered(name.slice(0, 2));
          assert.equal(headerValue(asked, ":path"), "/path");
          assert.equal(headerValue(response, ":status"), "200");
        });

      const SEGMENTS = [
        "requestHeaders",
        "requestBodyChunk hello",
        "requestTrailers c=d",
        "responseHeaders",
        "responseBodyChunk world",
        "responseTrailers g=h",
      ];
      for (const [name, match] of [
        ["I10 StaticFilePerTapStreaming", REQUEST],
        ["I11 StaticFilePerTapStreamingWithRequestBuffering", RESPONSE],
      ] as const)
        test(name, async () => {
          const id = name.slice(0, 3);
          await start(config(id, `match: ${match}`, "streaming: true, ", "PROTO_BINARY_LENGTH_DELIMITED"));
          service.reply = { headers: { bar: "baz" }, body: ["world"], trailers: { g: "h" } };
          assert.equal(await send({ headers: { foo: "bar" }, body: ["hello"], trailers: { c: "d" } }), "world");
          await tappedAre(1);
          await harness!.stop();
          const files = listTraces(`${folder.path}/${id}`, ".pb_length_delimited");
          assert.equal(files.length, 1);
          const wrappers = await readDelimitedTraces(`${folder.path}/${id}`, files[0]!);
          assert.deepEqual(wrappers.map(describeSegment), SEGMENTS);
        });

      for (const [name, filter, check] of [
        [
          "I13 record_headers_received_time",
          "record_headers_received_time: true",
          ({ request: asked, response }: HttpBufferedTrace) => {
            const now = Date.now() / 1000;
            for (const message of [asked, response])
              assert.ok(Math.abs(Number(message!.headersReceivedTime!.seconds) - now) < 60);
          },
        ],
        [
          "I14 record_downstream_connection",
          "record_downstream_connection: true",
          ({ downstreamConnection }: HttpBufferedTrace) => {
            const [local, remote] = [downstreamConnection?.localAddress, downstreamConnection?.remoteAddress].map(
              (address) => address?.address.value as { address: string; portSpecifier: { value: number } },
            );
            assert.deepEqual([local!.address, remote!.address], ["127.0.0.1", "127.0.0.1"]);
            assert.ok(local!.portSpecifier.value > 0 && remote!.portSpecifier.value > 0);
          },
        ],
      ] as const)
        test(name, async () => {
          const id = name.slice(0, 3);
          await start(`${config(id, `match: ${ANY}`, "", "PROTO_BINARY_LENGTH_DELIMITED")}, ${filter}`);
          await send();
          await tappedAre(1);
          await harness!.stop();
          const [file] = listTraces(`${folder.path}/${id}`, ".pb_length_delimited");
          const wrappers = await readDelimitedTraces(`${folder.path}/${id}`, file!);
          assert.equal(wrappers.length, 1);
          check(wrappers[0]!.trace.value as HttpBufferedTrace);
        });
    });

    describe("through /tap", () => {
      test("I4 AdminBasicFlow", async () => {
        await admin();
        const first = await attach(harness!, tapConfig(some(REQUEST, RESPONSE)));
        first.leave();
        await until(() => attachedTo(harness!) === 0, "the first is detached");
        const tap = await attach(harness!, tapConfig(some(REQUEST, RESPONSE)));
        await send({ headers: { foo: "bar" } });
        const [byRequest] = await tap.take(1);
        const pseudo =
          http === 1 ? [":authority", ":path", ":method", ":scheme"] : [":method", ":path", ":authority", ":scheme"];
        const named = (message: JsonMessage) => message.headers.map(({ key }) => key).filter((key) => !ADDED.has(key));
        assert.deepEqual(named(byRequest!.request).sort(), [...pseudo, "foo"].sort());
        assert.deepEqual(named(byRequest!.response), [":status"]);
        service.reply = { headers: { bar: "baz" } };
        await send();
        const [byResponse] = await tap.take(1);
        assert.deepEqual(named(byResponse!.response), [":status", "bar"]);
        service.reply = {};
        await send();
        tap.leave();
        await until(() => attachedTo(harness!) === 0, "the second is detached");
        const both = await attach(harness!, tapConfig(all(REQUEST, RESPONSE)));
        await send({ headers: { foo: "bar" } });
        service.reply = { headers: { bar: "baz" } };
        await send({ headers: { foo: "bar" } });
        const [byBoth] = await both.take(1);
        assert.ok(byBoth!.request.headers.some(({ key }) => key === "foo"));
        assert.ok(byBoth!.response.headers.some(({ key }) => key === "bar"));
        await tappedAre(3);
        both.leave();
      });

      test("I5 AdminLdsReload: a listener that replaces the old one is tapped", async () => {
        const bootstrap = (manager: string) =>
          writeHttpBootstrap(servicePort, ["common_config: { admin_config: { config_id: test } }"], manager);
        harness = await startTapped(bootstrap("stat_prefix: front"));
        const tap = await attach(harness, tapConfig(header("response_trailers", "g", "h")));
        service.reply = { trailers: { g: "h" } };
        await send();
        await tap.take(1);
        await harness.reload(bootstrap("stat_prefix: other"));
        await send();
        const [trace] = await tap.take(1);
        assert.deepEqual(trace!.response.trailers, [{ key: "g", value: "h", raw_value: "" }]);
        await until(() => harness!.statistic("http.other.tap.rq_tapped") === 1, "the new listener's tap counts");
        tap.leave();
      });

      test("I6 AdminTrailers", async () => {
        await admin();
        const match = all(header("request_trailers", "c", "d"), header("response_trailers", "g", "h"));
        const tap = await attach(harness!, tapConfig(match));
        service.reply = { body: ["world"], trailers: { g: "h" } };
        await send({ body: ["hello"], trailers: { c: "no" } });
        await send({ body: ["hello"], trailers: { c: "d" } });
        const [trace] = await tap.take(1);
        assert.deepEqual(trace!.request.trailers, [{ key: "c", value: "d", raw_value: "" }]);
        assert.deepEqual(trace!.response.trailers, [{ key: "g", value: "h", raw_value: "" }]);
        await tappedAre(1);
        tap.leave();
      });

      const BODIES: readonly (readonly [
        name: string,
        format: string,
        output: string,
        request: object,
        response: object,
      ])[] = [
        [
          "I7 AdminBodyAsBytes",
          "JSON_BODY_AS_BYTES",
          "",
          { as_bytes: "aGVsbG8=", truncated: false },
          { as_bytes: "d29ybGQ=", truncated: false },
        ],
        [
          "I8 AdminBodyAsString",
          "JSON_BODY_AS_STRING",
          "",
          { as_string: "hello", truncated: false },
          { as_string: "world", truncated: false },
        ],
        [
          "I9 AdminBodyAsBytesTruncated",
          "JSON_BODY_AS_BYTES",
          "max_buffered_rx_bytes: 3, max_buffered_tx_bytes: 4, ",
          { as_bytes: "aGVs", truncated: true },
          { as_bytes: "d29ybA==", truncated: true },
        ],
        [
          "nothing kept",
          "JSON_BODY_AS_BYTES",
          "max_buffered_rx_bytes: 0, max_buffered_tx_bytes: 0, ",
          { as_bytes: "", truncated: true },
          { as_bytes: "", truncated: true },
        ],
      ];
      for (const [name, format, output, asked, answered] of BODIES)
        test(name, async () => {
          await admin();
          const tap = await attach(harness!, tapConfig(ANY, { format, output }));
          service.reply = { body: ["wor", "ld"] };
          await send({ body: ["he", "llo"] });
          const [trace] = await tap.take(1);
          assert.deepEqual([trace!.request.body, trace!.response.body], [asked, answered]);
          await send();
          const [bodiless] = await tap.take(1);
          assert.equal(bodiless!.request.body, undefined);
          tap.leave();
        });

      test("I12 AdminBodyMatching: a pattern over two frames", async () => {
        await admin();
        const body = (side: string) =>
          `{ http_${side}_generic_body_match: { patterns: [ { string_match: ${side} } ] } }`;
        const tap = await attach(harness!, tapConfig(all(body("request"), body("response"))));
        for (const [sent, reply] of [
          [["nothing"], ["response"]],
          [["request"], ["nothing"]],
          [["a request"], ["resp", "onse"]],
        ] as const) {
          service.reply = { body: reply };
          await send({ body: sent });
        }
        const [trace] = await tap.take(1);
        assert.deepEqual([trace!.request.body!.as_string, trace!.response.body!.as_string], ["a request", "response"]);
        await tappedAre(1);
        tap.leave();
      });

      test("H1 NoConfig: everything passes, nothing is tapped", async () => {
        await admin();
        service.reply = { body: ["world"], trailers: { g: "h" } };
        assert.equal(await send({ body: ["hello"], trailers: { c: "d" } }), "world");
        assert.equal(harness!.statistic(RQ_TAPPED), 0);
        assert.equal(harness!.statistic("tapline.ledger.tap-messages.entered"), 0);
      });

      test("H2 Config: each piece is shown", async () => {
        await admin();
        const tap = await attach(harness!, tapConfig(ANY, { output: "streaming: true, " }));
        service.reply = { body: ["world"], trailers: { g: "h" } };
        await send({ body: ["hello"], trailers: { c: "d" } });
        const pieces = await tap.takeDocuments(6);
        assert.deepEqual(
          pieces.map(
            (piece) =>
              Object.keys(piece["http_streamed_trace_segment"] as object).filter((key) => key !== "trace_id")[0],
          ),
          [
            "request_headers",
            "request_body_chunk",
            "request_trailers",
            "response_headers",
            "response_body_chunk",
            "response_trailers",
          ],
        );
        await tappedAre(1);
        tap.leave();
      });
    });

    describe("buffered, through /tap", () => {
      const output = (maxTraces: number, timeout = "") => ({
        sink: `buffered_admin: { max_traces: ${maxTraces}${timeout} }`,
        format: "PROTO_BINARY_LENGTH_DELIMITED",
      });
      const numbered = (number: number) => send({ headers: { number: String(number) } });
      const numbersOf = (wrappers: readonly TraceWrapper[]) =>
        wrappers.map(({ trace }) => Number(headerValue((trace.value as HttpBufferedTrace).request, "number")));

      test("I15 AdminBufferedTapContent: in order, then the end", async () => {
        await admin();
        const tap = await attach(harness!, tapConfig(ANY, output(4)));
        for (const number of [1, 2, 3, 4]) await numbered(number);
        assert.deepEqual(numbersOf(await tap.readDelimited()), [1, 2, 3, 4]);
      });

      test("I16 AdminBufferedTapConcurrent: interleaved streams, each once", async () => {
        await admin();
        const tap = await attach(harness!, tapConfig(ANY, output(4)));
        service.reply = { body: ["one", "two", "three"] };
        if (http === 1) await Promise.all([1, 2, 3, 4].map(numbered));
        else await sendOnOneConnection(harness!.port, [1, 2, 3, 4]);
        assert.deepEqual(numbersOf(await tap.readDelimited()).sort(), [1, 2, 3, 4]);
      });

      test("I17 AdminBufferedTapTimeout: what was there in time", async () => {
        await admin();
        const tap = await attach(harness!, tapConfig(ANY, output(10, ", timeout: 0.3s")));
        await numbered(1);
        const numbers = numbersOf(await tap.readDelimited());
        assert.ok(numbers.length <= 1 && (numbers[0] ?? 1) === 1);
        await numbered(2);
      });

      test("I18 AdminBufferedTapLongTimeout: full before it", async () => {
        await admin();
        const tap = await attach(harness!, tapConfig(ANY, output(2, ", timeout: 600s")));
        for (const number of [1, 2]) await numbered(number);
        assert.deepEqual(numbersOf(await tap.readDelimited()), [1, 2]);
      });

      test("I19 AdminBufferedTapConsecutive: each begins anew", async () => {
        await admin();
        for (const round of [1, 2]) {
          const tap = await attach(harness!, tapConfig(ANY, output(2)));
          for (const number of [1, 2]) await numbered(10 * round + number);
          assert.deepEqual(numbersOf(await tap.readDelimited()), [10 * round + 1, 10 * round + 2]);
        }
      });

      test("I20 AdminBufferedTapBuffering: nothing before it is full", async () => {
        await admin();
        const tap = await attach(harness!, tapConfig(ANY, output(2)));
        await numbered(1);
        await tappedAre(1);
        await delay(50);
        assert.equal(tap.bytes(), 0);
        await numbered(2);
        assert.equal((await tap.readDelimited()).length, 2);
      });

      test("I21 AdminBufferedTapEmptyResponse", async () => {
        await admin();
        const tap = await attach(harness!, tapConfig(ANY, output(2, ", timeout: 0.05s")));
        assert.equal(tap.response.statusCode, 200);
        assert.deepEqual(await tap.readDelimited(), []);
      });

      test("I22 AdminBufferedTapOverBuffering: no more than were asked for", async () => {
        await admin();
        const tap = await attach(harness!, tapConfig(ANY, output(3)));
        for (const number of [1, 2, 3, 4, 5, 6]) await numbered(number);
        assert.deepEqual(numbersOf(await tap.readDelimited()), [1, 2, 3]);
      });
    });
  });
}

test("H3 InvalidProto: a static configuration with an admin sink", async () => {
  const tap = `common_config: { static_config: { match: ${ANY}, output_config: { sinks: [ { streaming_admin: {} } ] } } }`;
  await assert.rejects(startTapped(writeHttpBootstrap(1, [tap])), {
    message: "Error: Specifying admin streaming output without configuring admin.",
  });
});

function attachedTo({ tapped }: TappedHarness): number {
  return tapped.registry.attachedCount;
}

function headerValue(message: HttpBufferedTrace_Message | undefined, name: string): string | undefined {
  return message?.headers.find(({ key }) => key === name)?.value;
}

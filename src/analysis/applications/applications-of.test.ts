import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { JSON_TYPE, post, streamed, textMessage, USER } from "../../../test/support/application-messages.ts";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import type { Application, Applications } from "../../model/index.ts";
import { decodeContent } from "../content/node-content-decoder.ts";
import { presentExchange } from "../content/present-exchange.ts";
import { compileFilter } from "../filter/index.ts";
import { EXCHANGE_CODEC, exchangeDocument, rowOf } from "../protocols/index.ts";
import { createNodeRedactor } from "../redaction/node-redactor.ts";
import { applicationsOf } from "./applications-of.ts";
import { MAX_CONTENT_LOOKED_AT } from "./content.ts";
import { readApplications } from "./table.ts";

test("a language server's first call is JSON-RPC, and not MCP's", () => {
  const exchange = buildExchange(
    post({ jsonrpc: "2.0", id: 1, method: "initialize", params: { processId: 4, rootUri: null, capabilities: {} } }),
  );
  assert.deepEqual(applicationsOf(exchange), [{ name: "jsonrpc", method: "initialize", id: "1" }]);
});

test("of a long body its beginning is looked at, and the end of a long stream", () => {
  const long = "x".repeat(2 * MAX_CONTENT_LOOKED_AT);
  const asked = {
    model: "m",
    messages: [
      { role: "user", content: "short" },
      { role: "user", content: long },
    ],
  };
  const pieces = Array.from({ length: 4000 }, () => ({ object: "chat.completion.chunk", choices: [{ delta: {} }] }));
  const last = {
    object: "chat.completion.chunk",
    choices: [{ finish_reason: "stop" }],
    usage: { completion_tokens: 4 },
  };
  const exchange = buildExchange(streamed(asked, [...pieces, last]));
  assert.deepEqual(applicationsOf(exchange), [
    { name: "sse" },
    { name: "llm", api: "openai", model: "m", streaming: true, outputTokens: 4, finishReason: "stop" },
  ]);
});

test("the events that were kept tell where there is no body", () => {
  const parts = streamed({ jsonrpc: "2.0", id: 1, method: "x" }, []);
  const bytes = new TextEncoder().encode('event: message\ndata: {"jsonrpc":"2.0","id":1,\ndata: "error":{"code":9}}');
  const messages = [{ ...textMessage("server", ""), kind: "event", bytes, size: bytes.length }];
  const exchange = buildExchange({ ...parts, exchange: { ...parts.exchange, messages } });
  assert.deepEqual(applicationsOf(exchange)[1], { name: "jsonrpc", method: "x", id: "1", errorCode: 9 });
});

test("what is not asked for is not looked for, and what is, once", () => {
  const exchange = buildExchange(post({ jsonrpc: "2.0", id: 1, method: "x" }));
  let reads = 0;
  const { body } = exchange.request!;
  const { bytes } = body;
  const counted = {
    ...body,
    get bytes() {
      reads++;
      return bytes;
    },
  };
  const watched = { ...exchange, request: { ...exchange.request!, body: counted } };
  for (const text of ["grpc", "not websocket", "'sse' in applications", "request.method == 'POST'"]) {
    const filter = compileFilter(text);
    assert.equal(filter.looksAtBodies, false, text);
    filter.matches("exchange", watched);
  }
  assert.equal(reads, 0);
  assert.equal(compileFilter("jsonrpc").looksAtBodies, true);
  assert.equal(compileFilter("grpc || llm.model == 'x'").looksAtBodies, true);
  applicationsOf(watched);
  const once = reads;
  assert.ok(once > 0);
  applicationsOf(watched);
  assert.equal(reads, once);
});

test("facts are redacted as the bodies that they stand in, which are decoded for them", () => {
  const secret = "AKIAIOSFODNN7EXAMPLE";
  const asked = JSON.stringify({ jsonrpc: "2.0", id: secret, method: "login" });
  const exchange = buildExchange({
    ...post("", { jsonrpc: "2.0", id: secret, error: { code: 1, message: `no such key: ${secret}` } }),
    requestHeaders: { ...JSON_TYPE, "Content-Encoding": "gzip" },
    requestBody: gzipSync(asked),
  });
  const shown = presentExchange(exchange, { decode: decodeContent, redactor: createNodeRedactor() });
  const { applications } = exchangeDocument(shown) as { readonly applications: readonly Application[] };
  const [{ id, method, errorMessage }] = applications as readonly [Applications["jsonrpc"]];
  assert.equal(method, "login");
  assert.match(`${id} ${errorMessage}`, /^redacted-aws-key-\w{8} no such key: redacted-aws-key-\w{8}$/);
  const notes = rowOf(shown)
    .details(shown, { bodies: false })
    .filter(({ part }) => part === "note");
  assert.match(JSON.stringify(notes), /jsonrpc login id redacted-aws-key-\w{8} error 1 no such key/);
  const readable = presentExchange(exchange, { decode: decodeContent, redactor: undefined });
  assert.ok(compileFilter(`jsonrpc.id == '${secret}'`).matches("exchange", readable));
});

test("counts of tokens are no secrets", () => {
  const usage = { prompt_tokens: 1200, completion_tokens: 3400 };
  const answered = { object: "chat.completion", choices: [], usage };
  const exchange = buildExchange(post({ model: "gpt-4o", max_tokens: 5, messages: USER }, answered));
  const shown = presentExchange(exchange, { decode: decodeContent, redactor: createNodeRedactor() });
  assert.ok(compileFilter("llm.input_tokens == 1200 && llm.output_tokens == 3400").matches("exchange", shown));
});

test("of a document's applications at most three are read, and none that is not known", () => {
  const names = ["sse", "unknown", "jsonrpc", "mcp", "graphql"];
  const read = readApplications(names.map((name) => ({ name, method: 7, id: "1" })));
  assert.deepEqual(read, [{ name: "sse" }, { name: "jsonrpc", id: "1" }]);
  assert.equal(readApplications(["sse", "mcp", "llm", "grpc"].map((name) => ({ name }))).length, 3);
});

test("a fact is no longer than a thousand characters, whatever is sent", () => {
  const message = "no ".repeat(10_000);
  const exchange = buildExchange(
    post({ jsonrpc: "2.0", id: 1, method: "x" }, { jsonrpc: "2.0", id: 1, error: { code: 1, message } }),
  );
  const [{ errorMessage }] = applicationsOf(exchange) as readonly [Applications["jsonrpc"]];
  assert.equal(errorMessage, message.slice(0, 1024));
});

test("a list, a HAR and a file's notes show what heads tell, also of a document that says more", () => {
  const parts = post({ jsonrpc: "2.0", id: 1, method: "x" });
  const seen = buildExchange(parts);
  const read = buildExchange({ ...parts, exchange: { application: applicationsOf(seen) } });
  assert.deepEqual(rowOf(read).cells(read), rowOf(seen).cells(seen));
  assert.equal(rowOf(seen).cells(seen).type, "json");
  assert.deepEqual(EXCHANGE_CODEC.writeHarEntry(read), EXCHANGE_CODEC.writeHarEntry(seen));
  assert.deepEqual(exchangeDocument(read), exchangeDocument(seen));
});

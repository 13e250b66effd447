/** Shapes of what runs inside HTTP, and what only looks like them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { JSON_TYPE, post, streamed, textMessage, USER } from "../../../test/support/application-messages.ts";
import { buildExchange, type ExchangeParts } from "../../../test/support/build-exchange.ts";
import { type Application, WEBSOCKET } from "../../model/index.ts";
import { compileFilter } from "../filter/index.ts";
import { exchangeDocument } from "../protocols/index.ts";
import { applicationsOf } from "./applications-of.ts";

/** The error, where there is one, is the last word. */
const RECOGNISED: readonly [what: string, parts: ExchangeParts, wanted: readonly Application[], error?: string][] = [
  [
    "a call of JSON-RPC",
    post({ jsonrpc: "2.0", id: 7, method: "eth_blockNumber", params: [] }, { jsonrpc: "2.0", id: 7, result: "0x1" }),
    [{ name: "jsonrpc", method: "eth_blockNumber", id: "7" }],
  ],
  [
    "a call that failed",
    post(
      { jsonrpc: "2.0", id: "a", method: "sum" },
      { jsonrpc: "2.0", id: "a", error: { code: -32602, message: "Invalid params" } },
    ),
    [{ name: "jsonrpc", method: "sum", id: "a", errorCode: -32602, errorMessage: "Invalid params" }],
    "-32602",
  ],
  ["a notification", post({ jsonrpc: "2.0", method: "tick" }), [{ name: "jsonrpc", method: "tick" }]],
  [
    "a call that could not be read",
    post({ jsonrpc: "2.0", id: 1, method: "x" }, { jsonrpc: "2.0", id: null, error: { code: -32700, message: "no" } }),
    [{ name: "jsonrpc", method: "x", id: "1", errorCode: -32700, errorMessage: "no" }],
    "-32700",
  ],
  [
    "a batch",
    post(
      [
        { jsonrpc: "2.0", id: 1, method: "a" },
        { jsonrpc: "2.0", id: 2, method: "b" },
      ],
      [
        { jsonrpc: "2.0", id: 1, result: 0 },
        { jsonrpc: "2.0", id: 2, error: { code: 5, message: "no" } },
      ],
    ),
    [{ name: "jsonrpc", method: "a", id: "1", calls: 2, errorCode: 5, errorMessage: "no" }],
    "5",
  ],
  [
    "an answer alone",
    { ...post("", { jsonrpc: "2.0", id: 3, result: {} }), without: "request" },
    [{ name: "jsonrpc", id: "3" }],
  ],
  [
    "JSON-RPC on a WebSocket",
    {
      exchange: {
        application: WEBSOCKET,
        messages: [
          textMessage("client", { jsonrpc: "2.0", id: 1, method: "subscribe" }),
          textMessage("server", { jsonrpc: "2.0", id: 1, result: "0x9" }),
        ],
      },
    },
    [{ name: "websocket" }, { name: "jsonrpc", method: "subscribe", id: "1" }],
  ],
  [
    "a tool of MCP, answered by events",
    streamed(
      { jsonrpc: "2.0", id: 4, method: "tools/call", params: { name: "weather", arguments: { city: "Oslo" } } },
      [
        { jsonrpc: "2.0", method: "notifications/progress", params: {} },
        { jsonrpc: "2.0", id: 4, result: { content: [], isError: true } },
      ],
      { requestHeaders: { "MCP-Protocol-Version": "2025-06-18" } },
    ),
    [
      { name: "sse" },
      { name: "jsonrpc", method: "tools/call", id: "4" },
      { name: "mcp", version: "2025-06-18", tool: "weather", isError: true },
    ],
    "tool-error",
  ],
  [
    "MCP's first call, before there is a header",
    post(
      { jsonrpc: "2.0", id: 0, method: "initialize", params: { protocolVersion: "2025-06-18", capabilities: {} } },
      { jsonrpc: "2.0", id: 0, result: { protocolVersion: "2025-03-26", capabilities: {} } },
    ),
    [
      { name: "jsonrpc", method: "initialize", id: "0" },
      { name: "mcp", version: "2025-03-26" },
    ],
  ],
  [
    "a session of MCP that is ended",
    {
      method: "DELETE",
      target: "/mcp",
      requestHeaders: { "Mcp-Session-Id": "1", "MCP-Protocol-Version": "2025-06-18" },
    },
    [{ name: "mcp", version: "2025-06-18" }],
  ],
  [
    "a resource and a prompt",
    post({ jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri: "file:///a" } }),
    [
      { name: "jsonrpc", method: "resources/read", id: "1" },
      { name: "mcp", resource: "file:///a" },
    ],
  ],
  [
    "a query of GraphQL",
    post(
      { query: "query Hero($id: ID!) { hero(id: $id) { name } }", variables: { id: 1 } },
      { data: { hero: null }, errors: [{ message: "no hero", extensions: { code: "NOT_FOUND" } }, { message: "2" }] },
    ),
    [
      {
        name: "graphql",
        operation: "query",
        operationName: "Hero",
        errors: 2,
        errorMessage: "no hero",
        errorCode: "NOT_FOUND",
      },
    ],
    "NOT_FOUND",
  ],
  [
    "the operation that is named of several",
    post({ query: "query A { a } mutation B { b }", operationName: "B" }),
    [{ name: "graphql", operation: "mutation", operationName: "B" }],
  ],
  [
    "a selection alone, with what only GraphQL answers",
    post({ query: "{ hero { name } }" }, { data: { hero: { name: "R2-D2" } } }),
    [{ name: "graphql", operation: "query" }],
  ],
  [
    "a stored query",
    post({ operationName: "Hero", extensions: { persistedQuery: { version: 1, sha256Hash: "ecf4" } } }),
    [{ name: "graphql", operationName: "Hero" }],
  ],
  [
    "a batch of GraphQL",
    post([{ query: "query A { a }" }, { query: "query B { b }" }], [{ data: {} }, { errors: [{ message: "x" }] }]),
    [{ name: "graphql", operation: "query", operationName: "A", operations: 2, errors: 1, errorMessage: "x" }],
    "errors",
  ],
  [
    "GraphQL in the target",
    { target: `/graphql?query=${encodeURIComponent("{ hero(id: 4) { name } }")}`, responseHeaders: JSON_TYPE },
    [{ name: "graphql", operation: "query" }],
  ],
  [
    "GraphQL as a body of its own type",
    { method: "POST", requestHeaders: { "Content-Type": "application/graphql" }, requestBody: "mutation { add }" },
    [{ name: "graphql", operation: "mutation" }],
  ],
  [
    "GraphQL that is subscribed on a WebSocket",
    {
      exchange: {
        application: WEBSOCKET,
        messages: [
          textMessage("client", { type: "connection_init" }),
          textMessage("client", { id: "1", type: "subscribe", payload: { query: "subscription News { news }" } }),
        ],
      },
    },
    [{ name: "websocket" }, { name: "graphql", operation: "subscription", operationName: "News" }],
  ],
  [
    "OpenAI's chat",
    post(
      { model: "gpt-4o", messages: USER },
      {
        object: "chat.completion",
        model: "gpt-4o-2024-08-06",
        choices: [{ finish_reason: "stop" }],
        usage: { prompt_tokens: 12, completion_tokens: 34 },
      },
    ),
    [
      {
        name: "llm",
        api: "openai",
        model: "gpt-4o-2024-08-06",
        inputTokens: 12,
        outputTokens: 34,
        finishReason: "stop",
      },
    ],
  ],
  [
    "OpenAI's chat in pieces",
    streamed({ model: "gpt-4o", stream: true, messages: USER }, [
      { object: "chat.completion.chunk", model: "gpt-4o", choices: [{ delta: { content: "I" }, finish_reason: null }] },
      { object: "chat.completion.chunk", model: "gpt-4o", choices: [{ delta: {}, finish_reason: "length" }] },
      { object: "chat.completion.chunk", choices: [], usage: { prompt_tokens: 5, completion_tokens: 6 } },
      "[DONE]",
    ]),
    [
      { name: "sse" },
      {
        name: "llm",
        api: "openai",
        model: "gpt-4o",
        streaming: true,
        inputTokens: 5,
        outputTokens: 6,
        finishReason: "length",
      },
    ],
  ],
  [
    "a call that was refused",
    post(
      { model: "gpt-4o", messages: USER },
      { error: { message: "Rate limit reached", type: "rate_limit_error" } },
      { status: 429 },
    ),
    [
      {
        name: "llm",
        api: "openai",
        model: "gpt-4o",
        errorType: "rate_limit_error",
        errorMessage: "Rate limit reached",
      },
    ],
    "rate_limit_error",
  ],
  [
    "OpenAI's responses",
    post(
      { model: "o3", input: "hello" },
      { object: "response", model: "o3", status: "completed", usage: { input_tokens: 1, output_tokens: 2 } },
    ),
    [{ name: "llm", api: "openai", model: "o3", inputTokens: 1, outputTokens: 2, finishReason: "completed" }],
  ],
  [
    "Anthropic's messages in pieces",
    streamed(
      { model: "claude-3-5-haiku-latest", max_tokens: 100, stream: true, messages: USER },
      [
        {
          type: "message_start",
          message: { model: "claude-3-5-haiku-20241022", usage: { input_tokens: 9, output_tokens: 1 } },
        },
        { type: "content_block_delta", delta: { type: "text_delta", text: "Hi" } },
        { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 15 } },
        { type: "message_stop" },
      ],
      { target: "/v1/messages" },
    ),
    [
      { name: "sse" },
      {
        name: "llm",
        api: "anthropic",
        model: "claude-3-5-haiku-20241022",
        streaming: true,
        inputTokens: 9,
        outputTokens: 15,
        finishReason: "end_turn",
      },
    ],
  ],
  [
    "Gemini",
    post(
      { contents: [{ role: "user", parts: [{ text: "hello" }] }] },
      {
        candidates: [{ content: {}, finishReason: "STOP" }],
        usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 },
      },
      { target: "/v1beta/models/gemini-2.0-flash:generateContent?key=k" },
    ),
    [{ name: "llm", api: "gemini", model: "gemini-2.0-flash", inputTokens: 3, outputTokens: 4, finishReason: "STOP" }],
  ],
  [
    "Bedrock",
    post(
      { messages: [{ role: "user", content: [{ text: "hello" }] }] },
      { output: { message: {} }, stopReason: "end_turn", usage: { inputTokens: 30, outputTokens: 62 } },
      { target: "/model/amazon.nova-lite-v1%3A0/converse" },
    ),
    [
      {
        name: "llm",
        api: "bedrock",
        model: "amazon.nova-lite-v1%3A0",
        inputTokens: 30,
        outputTokens: 62,
        finishReason: "end_turn",
      },
    ],
  ],
  [
    "Ollama, a line for each piece",
    {
      ...post({ model: "llama3.2", messages: USER }, undefined, { target: "/api/chat" }),
      responseHeaders: { "Content-Type": "application/x-ndjson" },
      responseBody: `${[
        { model: "llama3.2", message: { role: "assistant", content: "Hi" }, done: false },
        { model: "llama3.2", done: true, message: {}, done_reason: "stop", prompt_eval_count: 26, eval_count: 8 },
      ]
        .map((piece) => JSON.stringify(piece))
        .join("\n")}\n`,
    },
    [
      {
        name: "llm",
        api: "ollama",
        model: "llama3.2",
        streaming: true,
        inputTokens: 26,
        outputTokens: 8,
        finishReason: "stop",
      },
    ],
  ],
];

for (const [what, parts, wanted, error] of RECOGNISED)
  test(`what runs inside: ${what}`, () => {
    const exchange = buildExchange(parts);
    assert.deepEqual(applicationsOf(exchange), wanted);
    for (const { name } of wanted)
      assert.ok(compileFilter(`${name} && '${name}' in applications`).matches("exchange", exchange), name);
    assert.ok(compileFilter(`application == '${wanted[0]!.name}'`).matches("exchange", exchange));
    const condition = error === undefined ? "!has(application.error)" : `application.error == '${error}'`;
    assert.ok(compileFilter(condition).matches("exchange", exchange), condition);
    const document = exchangeDocument(exchange) as { readonly applications: unknown };
    assert.deepEqual(document.applications, wanted);
  });

/** Each is like one of the applications in something. */
const NEAR_MISSES: readonly [what: string, parts: ExchangeParts][] = [
  ["REST with an id and a method", post({ id: 1, method: "card", params: { amount: 3 } }, { id: 1, result: "paid" })],
  ["JSON-RPC of before 2.0", post({ id: 1, method: "getinfo", params: [] }, { id: 1, result: {}, error: null })],
  ["a version without a method", post({ jsonrpc: "2.0" })],
  ["an error that is a text", post({ jsonrpc: "2.0", id: 1 }, { jsonrpc: "2.0", id: 1, error: "no" })],
  ["a search by a word", post({ query: "red shoes", page: 2 }, { data: [], errors: [] })],
  ["a search by an object", post({ query: { match: { title: "shoes" } } })],
  ["a statement of SQL", post({ query: "select { name } from hero", variables: {} })],
  ["a template in braces", post({ query: "{name}" }, { hits: [] })],
  ["a query of another language, in the target", { target: `/api/v1/query?query=${encodeURIComponent('{job="x"}')}` }],
  ["a word in the target", { target: "/search?query=shoes" }],
  ["a selection that is not closed", post({ query: "query A { a ", variables: {} })],
  ["a car's model, and a prompt", post({ model: "Golf", prompt: "test drive" }, { booked: true })],
  ["a model's input that is another's", post({ model: "house", input: [1, 2] }, { volume: 3 })],
  ["messages of people", post({ model: "chat", messages: [{ role: "admin", content: "hello" }] })],
  ["messages that are texts", post({ model: "chat", messages: ["hello"] })],
  ["contents of a page", post({ contents: [{ title: "hello" }] }, { candidates: [] })],
  ["a status that an API calls done", post({ model: "x", prompt: "y" }, { done: true })],
  [
    "JSON-RPC as another type",
    { ...post({ jsonrpc: "2.0", id: 1, method: "x" }), requestHeaders: { "Content-Type": "text/html" } },
  ],
  ["what is no JSON", post("jsonrpc: 2.0, method: x")],
  ["a list of numbers", post("[1, 2, 3]")],
  [
    "a plain GET that is answered with JSON",
    { responseHeaders: JSON_TYPE, responseBody: '{"jsonrpc":"2.0","result":1}' },
  ],
  ["a version that is no date", post({ id: 1, method: "initialize", params: { protocolVersion: "2.0" } })],
];

for (const [what, parts] of NEAR_MISSES)
  test(`nothing runs inside ${what}`, () => {
    const exchange = buildExchange(parts);
    assert.deepEqual(applicationsOf(exchange), []);
    assert.ok(compileFilter("!has(application) && applications == []").matches("exchange", exchange));
  });

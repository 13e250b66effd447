import { type ApplicationName, type Applications, findApplication, type HttpExchange } from "../../../model/index.ts";
import { applicationsOf } from "../../applications/applications-of.ts";
import type { Value } from "../../filter/value.ts";
import type { KindAttribute } from "../../protocols/kind-attribute.ts";

/** The names for what bodies show to run on top of HTTP. */
export const BODY_APPLICATION_ATTRIBUTES: readonly KindAttribute<HttpExchange>[] = [
  fact("jsonrpc", "method", "string", ({ method }) => method, "the JSON-RPC method that is called: `tools/call`"),
  fact("jsonrpc", "id", "string", ({ id }) => id, "the call's id, as text; missing for a notification"),
  fact("jsonrpc", "error_code", "int", ({ errorCode }) => errorCode, "the error's code: `-32601`"),
  fact("jsonrpc", "error", "string", ({ errorMessage }) => errorMessage, "the error's message"),
  fact("mcp", "version", "string", ({ version }) => version, "the version of the Model Context Protocol: `2025-06-18`"),
  fact("mcp", "tool", "string", ({ tool }) => tool, "the tool that is called"),
  fact("mcp", "resource", "string", ({ resource }) => resource, "the resource that is read"),
  fact("mcp", "prompt", "string", ({ prompt }) => prompt, "the prompt that is asked for"),
  fact("mcp", "is_error", "bool", ({ isError }) => isError, "true where the tool says that it failed"),
  {
    ...fact("graphql", "operation", "string", ({ operation }) => operation, "`query`, `mutation` or `subscription`"),
    values: ["query", "mutation", "subscription"],
  },
  fact("graphql", "name", "string", ({ operationName }) => operationName, "the GraphQL operation's name"),
  fact(
    "graphql",
    "errors",
    "int",
    ({ errors }) => errors,
    "how many errors the response has; missing where it has none",
  ),
  fact("graphql", "error", "string", ({ errorMessage }) => errorMessage, "the first error's message"),
  fact("graphql", "error_code", "string", ({ errorCode }) => errorCode, "the first error's `extensions.code`"),
  fact(
    "llm",
    "api",
    "string",
    ({ api }) => api,
    "whose form it is: `openai`, `anthropic`, `gemini`, `bedrock`, `ollama`",
  ),
  fact("llm", "model", "string", ({ model }) => model, "the model, as the answer names it, else as asked for"),
  fact("llm", "streaming", "bool", ({ streaming }) => streaming, "true where the answer comes in pieces"),
  fact(
    "llm",
    "input_tokens",
    "int",
    ({ inputTokens }) => inputTokens,
    "tokens of the prompt, as the answer counts them",
  ),
  fact("llm", "output_tokens", "int", ({ outputTokens }) => outputTokens, "tokens of the answer, as it counts them"),
  fact(
    "llm",
    "finish_reason",
    "string",
    ({ finishReason }) => finishReason,
    "why the model stopped: `stop`, `tool_use`",
  ),
  fact(
    "llm",
    "error",
    "string",
    ({ errorType, errorMessage }) => errorType ?? errorMessage,
    "the error's type, or message",
  ),
];

function fact<Name extends ApplicationName>(
  application: Name,
  name: string,
  type: "string" | "int" | "bool",
  get: (application: Applications[Name]) => Value | undefined,
  doc: string,
): KindAttribute<HttpExchange> {
  return {
    name: `${application}.${name}`,
    type,
    phase: "end",
    ofBodies: true,
    get(exchange) {
      const found = findApplication({ application: applicationsOf(exchange) }, application);
      return found && get(found);
    },
    doc,
  };
}

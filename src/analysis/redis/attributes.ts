import type { KindAttribute } from "../protocols/kind-attribute.ts";
import { firstKey, fullCommandName } from "./command-words.ts";
import type { RedisExchange } from "./redis-exchange.ts";
import { commandText, errorWord, plainText, valueText } from "./value-text.ts";

export const REDIS_ATTRIBUTES: readonly KindAttribute<RedisExchange>[] = [
  attribute("redis.command", "string", "the command's name in upper case: `SET`, `CONFIG GET`", ({ request }) =>
    request === undefined ? undefined : fullCommandName(request),
  ),
  attribute("redis.key", "string", "the first key, or channel, that the command is about", ({ request }) => {
    const key = request && firstKey(request);
    return key && plainText(key);
  }),
  attribute("redis.arguments", "int", "how many arguments the command has", ({ request }) =>
    request === undefined ? undefined : Math.max(0, request.count - 1),
  ),
  attribute("redis.inline", "bool", "the command was sent as a line of text", ({ request }) => request?.isInline),
  attribute("redis.reply_type", "string", "what the reply is: `simple`, `bulk`, `array`, `error`, …", ({ response }) =>
    response === undefined ? undefined : response.value.type,
  ),
  attribute("redis.error", "string", "the first word of an error: `ERR`, `WRONGTYPE`", ({ response }) =>
    errorWord(response?.value),
  ),
  attribute(
    "redis.pushed",
    "bool",
    "the server sent it unasked: a push, a message, a line of MONITOR",
    (exchange) => exchange.pushed === true,
  ),
  attribute("request.body", "string", "the command as it is typed into redis-cli", ({ request }) =>
    request === undefined ? undefined : commandText(request),
  ),
  attribute(
    "response.body",
    "string",
    "the reply: of a string its text, else as redis-cli prints it",
    ({ response }) => {
      if (response === undefined) return undefined;
      const { value } = response;
      return value.type === "bulk" ? plainText(value) : valueText(value);
    },
  ),
  ...(["request", "response"] as const).flatMap((side) =>
    (["size", "total_size"] as const).map((name) =>
      attribute(`${side}.${name}`, "int", `bytes of the ${side} on the wire`, (exchange) => exchange[side]?.size),
    ),
  ),
];

function attribute(
  name: string,
  type: "string" | "int" | "bool",
  doc: string,
  get: KindAttribute<RedisExchange>["get"],
): KindAttribute<RedisExchange> {
  return { name, type, phase: "end", get, doc };
}

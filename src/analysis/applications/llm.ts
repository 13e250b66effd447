import type { LlmApplication } from "../../model/index.ts";
import type { Fields } from "../../wire/json/fields.ts";
import { FLAG, INTEGER, TEXT } from "../../wire/ndjson/index.ts";
import { type ApplicationRow, errorNote, redactTexts, words } from "./application-row.ts";
import { contentForm, type ExchangeContent } from "./content.ts";
import { LLM_INTERFACES, type LlmFacts } from "./llm-interfaces.ts";

export const LLM: ApplicationRow<"llm"> = {
  doc: "a call of a language model",
  recognise: recogniseLlm,
  schema: {
    api: TEXT,
    model: TEXT,
    streaming: FLAG,
    inputTokens: INTEGER,
    outputTokens: INTEGER,
    finishReason: TEXT,
    errorType: TEXT,
    errorMessage: TEXT,
  },
  read(fields) {
    const streaming = fields.flag("streaming");
    return {
      name: "llm",
      api: fields.text("api") ?? "",
      ...fields.copyTexts("model", "finishReason", "errorType", "errorMessage"),
      ...fields.copyNumbers("inputTokens", "outputTokens"),
      ...(streaming !== undefined && { streaming }),
    };
  },
  redact: (llm, redactor) => redactTexts(llm, redactor, "model", "finishReason", "errorType", "errorMessage"),
  note: ({ api, model, streaming, inputTokens, outputTokens, finishReason, errorType, errorMessage }) =>
    words(
      api,
      model,
      streaming === true ? "streamed" : undefined,
      inputTokens === undefined && outputTokens === undefined
        ? undefined
        : `${inputTokens ?? "?"} tokens in, ${outputTokens ?? "?"} out`,
      finishReason,
      errorNote(errorType, errorMessage),
    ),
  error: ({ errorType, errorMessage }) => errorType ?? (errorMessage === undefined ? undefined : "error"),
};

/**
 * A call of a language model by the form that one of the common interfaces gives it: of the request, where that is like no other's, else
 * of the answer. A body with `model` and `input` may be of anything.
 */
export function recogniseLlm(content: ExchangeContent): LlmApplication | undefined {
  const { asked, answered, exchange } = content;
  const request = asked.length === 1 ? asked[0] : undefined;
  if (request === undefined && exchange.request?.method === "GET") return undefined;
  const path = exchange.request?.target ?? "";
  const api = LLM_INTERFACES.find(({ asks, answers, path: known }) => {
    const isAsked = request !== undefined && asks(request);
    const isAnswered = answered.some(answers);
    return (
      isAsked === "certain" ||
      (isAsked === "maybe" && (isAnswered || known.test(path))) ||
      (isAnswered && exchange.request === undefined)
    );
  });
  if (api === undefined) return undefined;
  const facts = answered.map((one) => api.facts(one));
  const form = contentForm(exchange.response?.headers);
  const last = <Name extends keyof LlmFacts>(name: Name) => facts.findLast((one) => one[name] !== undefined)?.[name];
  const model = last("model") ?? request?.text("model") ?? api.modelIn?.exec(path)?.[1];
  const error = answered.map(errorOf).find((one) => one !== undefined);
  const isStreamed = form === "events" || form === "lines" || request?.flag("stream") === true;
  return withoutAbsent({
    name: "llm",
    api: api.name,
    model,
    streaming: isStreamed || undefined,
    inputTokens: last("inputTokens"),
    outputTokens: last("outputTokens"),
    finishReason: last("finishReason"),
    errorType: error?.text("type") ?? error?.text("status") ?? error?.text("code"),
    errorMessage: error?.text("message"),
  });
}

/** All of them give an object `error` with a message. */
function errorOf(answer: Fields): Fields | undefined {
  const error = answer.optional("error");
  return error?.text("message") === undefined ? undefined : error;
}

function withoutAbsent(
  facts: { readonly [Name in keyof LlmApplication]: LlmApplication[Name] | undefined },
): LlmApplication {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as unknown as LlmApplication;
}

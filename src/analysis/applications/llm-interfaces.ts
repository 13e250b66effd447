import { type Fields, fieldsOf } from "../../wire/json/fields.ts";

/** One of the interfaces that language models are called by. */
export interface LlmInterface {
  readonly name: string;
  /** Whether a request is of its form: for certain, or like others are. */
  asks(request: Fields): "certain" | "maybe" | undefined;
  /** Whether an answer, or a piece of one, is of its form. */
  answers(answer: Fields): boolean;
  facts(answer: Fields): LlmFacts;
  /** The paths that make certain what may be. */
  readonly path: RegExp;
  /** Finds the model in the path. */
  readonly modelIn?: RegExp;
}

/** Facts that one answer, or one piece of it, tells. */
export interface LlmFacts {
  readonly model?: string | undefined;
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly finishReason?: string | undefined;
}

/** The more particular ones first: OpenAI's form is spoken by many. */
export const LLM_INTERFACES: readonly LlmInterface[] = [
  {
    // https://docs.anthropic.com/en/api/messages
    name: "anthropic",
    asks: (request) =>
      hasTurns(request) && request.number("max_tokens") !== undefined && request.text("model") !== undefined
        ? "maybe"
        : undefined,
    answers: (answer) =>
      answer.text("type") === "message_start" ||
      (answer.text("type") === "message" &&
        answer.text("role") === "assistant" &&
        answer.optional("usage") !== undefined),
    facts(answer) {
      const message = answer.optional("message") ?? answer;
      const usage = message.optional("usage") ?? answer.object("usage");
      return {
        model: message.text("model"),
        inputTokens: usage.number("input_tokens"),
        outputTokens: usage.number("output_tokens"),
        finishReason: message.text("stop_reason") ?? answer.object("delta").text("stop_reason"),
      };
    },
    path: /\/v1\/messages(?:$|\?)/,
  },
  {
    // https://ai.google.dev/api/generate-content
    name: "gemini",
    asks: (request) =>
      request.list("contents")?.some((one) => fieldsOf(one).list("parts") !== undefined) === true ? "maybe" : undefined,
    answers: (answer) => answer.list("candidates") !== undefined && answer.optional("usageMetadata") !== undefined,
    facts(answer) {
      const usage = answer.object("usageMetadata");
      return {
        model: answer.text("modelVersion"),
        inputTokens: usage.number("promptTokenCount"),
        outputTokens: usage.number("candidatesTokenCount"),
        finishReason: firstOf(answer, "candidates").text("finishReason"),
      };
    },
    path: /:(?:streamG|g)enerateContent(?:$|\?)/,
    modelIn: /\/models\/([\w.-]+):/,
  },
  {
    // https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
    name: "bedrock",
    asks: (request) => (hasTurns(request) ? "maybe" : undefined),
    answers: (answer) =>
      answer.object("output").optional("message") !== undefined && answer.text("stopReason") !== undefined,
    facts(answer) {
      const usage = answer.object("usage");
      return {
        inputTokens: usage.number("inputTokens"),
        outputTokens: usage.number("outputTokens"),
        finishReason: answer.text("stopReason"),
      };
    },
    path: /\/model\/[^/]+\/converse(?:-stream)?(?:$|\?)/,
    modelIn: /\/model\/([^/]+)\/converse/,
  },
  {
    // https://github.com/ollama/ollama/blob/main/docs/api.md
    name: "ollama",
    asks: (request) =>
      request.text("model") !== undefined && (hasTurns(request) || request.text("prompt") !== undefined)
        ? "maybe"
        : undefined,
    answers: (answer) =>
      answer.flag("done") !== undefined &&
      answer.text("model") !== undefined &&
      (answer.optional("message") !== undefined || answer.text("response") !== undefined),
    facts: (answer) => ({
      model: answer.text("model"),
      inputTokens: answer.number("prompt_eval_count"),
      outputTokens: answer.number("eval_count"),
      finishReason: answer.text("done_reason"),
    }),
    path: /\/api\/(?:chat|generate)(?:$|\?)/,
  },
  {
    // https://platform.openai.com/docs/api-reference
    name: "openai",
    asks(request) {
      if (request.text("model") === undefined) return undefined;
      if (hasTurns(request)) return "certain";
      return ["input", "prompt"].some((name) => request.raw[name] !== undefined) ? "maybe" : undefined;
    },
    answers: (answer) =>
      OPENAI_OBJECTS.test(answer.text("object") ?? answer.object("response").text("object") ?? "") ||
      isEmbeddings(answer),
    facts(answer) {
      const response = answer.optional("response") ?? answer;
      const usage = response.object("usage");
      return {
        model: response.text("model"),
        inputTokens: usage.number("prompt_tokens") ?? usage.number("input_tokens"),
        outputTokens: usage.number("completion_tokens") ?? usage.number("output_tokens"),
        finishReason: firstOf(response, "choices").text("finish_reason") ?? endOf(response),
      };
    },
    path: /\/(?:chat\/completions|completions|responses|embeddings)(?:$|\?)/,
    modelIn: /\/deployments\/([\w.-]+)\//,
  },
];

const OPENAI_OBJECTS = /^(?:chat\.completion(?:\.chunk)?|text_completion|response)$/;

function isEmbeddings(answer: Fields): boolean {
  return answer.text("object") === "list" && firstOf(answer, "data").text("object") === "embedding";
}

/** A response has a status, which says while it goes on that it does. */
function endOf(response: Fields): string | undefined {
  const status = response.text("object") === "response" ? response.text("status") : undefined;
  return status === "completed" || status === "incomplete" || status === "failed" ? status : undefined;
}

/** `messages`, each with a role that models know. */
function hasTurns(request: Fields): boolean {
  const messages = request.list("messages");
  return (
    messages !== undefined &&
    messages.length > 0 &&
    messages.every((one) => ROLES.has(fieldsOf(one).text("role") ?? ""))
  );
}

const ROLES: ReadonlySet<string> = new Set("system developer user assistant tool function".split(" "));

function firstOf(fields: Fields, name: string): Fields {
  return fieldsOf(fields.list(name)?.[0]);
}

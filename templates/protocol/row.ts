import type { Outcome } from "../../model/index.ts";
import type { Presentation } from "../content/presentation.ts";
import type { ExchangeCells } from "../protocols/exchange-cells.ts";
import type { DetailOptions, ExchangeDetail } from "../protocols/exchange-details.ts";
import type { ExchangeSizes, ProtocolRow } from "../protocols/protocol-row.ts";
import { TEMPLATE_DETECTOR } from "./detector.ts";
import { TEMPLATE_DOCUMENT } from "./document.ts";
import type { TemplateExchange, TemplateLine } from "./template-exchange.ts";

export const TEMPLATE: ProtocolRow<"template"> = {
  kind: "template",
  doc: "a question in a line, and its answer in another: what a new protocol begins as",
  protocols: /^template\/1$/,
  detectors: [TEMPLATE_DETECTOR],
  shortForms: {},
  attributes: [
    {
      name: "template.question",
      type: "string",
      phase: "end",
      get: ({ question }) => question?.text,
      doc: "the question, as it was asked",
    },
    {
      name: "request.size",
      type: "int",
      phase: "end",
      get: ({ question }) => question?.size,
      doc: "bytes of the question",
    },
  ],
  operation: ({ question }) => (question === undefined ? "-" : (question.text.split(" ", 1)[0] ?? "-")),
  outcome,
  sizes,
  evidence: () => ({}),
  cells,
  details,
  facts: () => [],
  present,
  document: TEMPLATE_DOCUMENT,
  har: "HAR has no place for anything but HTTP",
};

/** Undefined would say that what was seen does not tell. */
function outcome({ answer, problems }: TemplateExchange): Outcome {
  if (problems.includes("connection-reset")) return { result: "error", reason: "connection-reset" };
  if (answer === undefined) return { result: "none", reason: problems[0] ?? "request-without-response" };
  return answer.text.startsWith("NO ") ? { result: "error", reason: answer.text.slice(3) } : { result: "ok" };
}

function sizes({ question, answer }: TemplateExchange): ExchangeSizes {
  return { ...(question && { request: question.size }), ...(answer && { response: answer.size }) };
}

function cells({ question, answer }: TemplateExchange): ExchangeCells {
  const [verb, ...words] = question?.text.split(" ") ?? [];
  const status = answer?.text.split(" ", 1)[0];
  return {
    verb: verb ?? "-",
    ...(words.length > 0 && { target: words.join(" ") }),
    ...(status !== undefined && { status, tone: status === "NO" ? "bad" : "good" }),
    sizes: { request: question?.size ?? 0, response: answer?.size ?? 0 },
  };
}

function details({ question, answer }: TemplateExchange, _options: DetailOptions): ExchangeDetail[] {
  return [
    ...(question === undefined ? [] : [{ part: "head", from: "client", line: question.text, fields: [] } as const]),
    ...(answer === undefined ? [] : [{ part: "head", from: "server", line: answer.text, fields: [] } as const]),
  ];
}

/** Whatever may hold a secret goes through the redactor: texts by `text`, bytes by `content`, headers by `headers`. */
function present(exchange: TemplateExchange, { redactor }: Presentation): TemplateExchange {
  if (redactor === undefined) return exchange;
  const { question, answer } = exchange;
  const redact = (line: TemplateLine): TemplateLine => ({ ...line, text: redactor.text(line.text) });
  return {
    ...exchange,
    ...(question && { question: redact(question) }),
    ...(answer && { answer: redact(answer) }),
  };
}

import { EPOCH } from "../../model/index.ts";
import type { Fields } from "../../wire/json/fields.ts";
import { readTime } from "../../wire/json/read-values.ts";
import { FLAG, INTEGER, record, reference, TEXT, time } from "../../wire/ndjson/index.ts";
import type { DocumentCodec } from "../protocols/document-codec.ts";
import type { TemplateExchange, TemplateLine } from "./template-exchange.ts";

const LINE = record({
  text: TEXT,
  size: INTEGER,
  truncated: FLAG,
  started: reference("timestamp"),
  finished: reference("timestamp"),
});

export const TEMPLATE_DOCUMENT: DocumentCodec<TemplateExchange> = {
  schema: { question: LINE, answer: LINE },
  write: ({ question, answer }) => ({
    question: question && lineDocument(question),
    answer: answer && lineDocument(answer),
  }),
  read(document, base) {
    const question = document.optional("question");
    const answer = document.optional("answer");
    return {
      ...base,
      kind: "template",
      ...(question && { question: readLine(question) }),
      ...(answer && { answer: readLine(answer) }),
    };
  },
};

function lineDocument(line: TemplateLine): object {
  return { ...line, started: time(line.started), finished: time(line.finished) };
}

function readLine(fields: Fields): TemplateLine {
  return {
    text: fields.text("text") ?? "",
    size: fields.number("size") ?? 0,
    truncated: fields.flag("truncated") ?? false,
    started: readTime(fields, "started") ?? EPOCH,
    finished: readTime(fields, "finished") ?? EPOCH,
  };
}

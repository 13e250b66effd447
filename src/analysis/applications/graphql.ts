import type { GraphqlApplication } from "../../model/index.ts";
import { type GraphqlOperation, readGraphqlOperation } from "../../wire/graphql/read-operation.ts";
import { Fields } from "../../wire/json/fields.ts";
import { readCutJson } from "../../wire/json/read-cut-json.ts";
import { INTEGER, TEXT } from "../../wire/ndjson/index.ts";
import { headerValue } from "../http/header-value.ts";
import { type ApplicationRow, errorNote, redactTexts, words } from "./application-row.ts";
import { type ExchangeContent, MAX_CONTENT_LOOKED_AT, startOf } from "./content.ts";

export const GRAPHQL: ApplicationRow<"graphql"> = {
  doc: "GraphQL",
  recognise: recogniseGraphql,
  schema: {
    operation: TEXT,
    operationName: TEXT,
    operations: INTEGER,
    errors: INTEGER,
    errorMessage: TEXT,
    errorCode: TEXT,
  },
  read: (fields) => ({
    name: "graphql",
    ...fields.copyTexts("operation", "operationName", "errorMessage", "errorCode"),
    ...fields.copyNumbers("operations", "errors"),
  }),
  redact: (graphql, redactor) => redactTexts(graphql, redactor, "operationName", "errorMessage", "errorCode"),
  note: ({ operation, operationName, operations, errors, errorMessage, errorCode }) =>
    words(
      operation,
      operationName,
      operations === undefined ? undefined : `batch of ${operations}`,
      errors === undefined ? undefined : `${errors} ${errors === 1 ? "error" : "errors"}`,
      errorNote(errorCode, errorMessage),
    ),
  error: ({ errors, errorCode }) => (errors === undefined ? undefined : (errorCode ?? "errors")),
};

/**
 * GraphQL by a document of its language: in a JSON body's `query`, in a body of `application/graphql`, or in the target's `query`. A
 * selection alone (`{ hero }`) may be of another language: then something else has to say so. A stored document is known by its hash.
 */
export function recogniseGraphql(content: ExchangeContent): GraphqlApplication | undefined {
  const asked = listRequests(content);
  const first = asked.find((one) => isRequest(one, content));
  if (first === undefined) return undefined;
  const operation = operationOf(first);
  const operationName = operation?.name ?? first.text("operationName");
  const errors = content.answered.flatMap((one) => one.list("errors") ?? []);
  const error = errors.length === 0 ? undefined : new Fields({ error: errors[0] }).object("error");
  const message = error?.text("message");
  const code = error?.object("extensions").text("code");
  return {
    name: "graphql",
    ...(operation && { operation: operation.type }),
    ...(operationName !== undefined && { operationName }),
    ...(content.isBatch && { operations: asked.length }),
    ...(errors.length > 0 && { errors: errors.length }),
    ...(message !== undefined && { errorMessage: message }),
    ...(code !== undefined && { errorCode: code }),
  };
}

/** The members that a request of GraphQL has, wherever they stand. */
function listRequests({ exchange, asked }: ExchangeContent): readonly Fields[] {
  const { request } = exchange;
  if (request === undefined) return [];
  if (/^\s*application\/graphql\s*(?:;|$)/i.test(headerValue(request.headers, "content-type") ?? ""))
    return [new Fields({ query: startOf(request.body) })];
  if (asked.length > 0) return asked.map(withoutEnvelope);
  const query = request.method === "GET" ? parametersOf(request.target ?? "") : undefined;
  return query === undefined ? [] : [query];
}

/** On a WebSocket the request stands in a message that subscribes (graphql-transport-ws, graphql-ws). */
function withoutEnvelope(fields: Fields): Fields {
  const type = fields.text("type");
  return type === "subscribe" || type === "start" ? fields.object("payload") : fields;
}

function parametersOf(target: string): Fields | undefined {
  const at = target.indexOf("?");
  if (at < 0 || !/[?&](?:query|extensions)=/.test(target)) return undefined;
  const parameters = new URLSearchParams(target.slice(at, at + MAX_CONTENT_LOOKED_AT));
  return new Fields({
    query: parameters.get("query") ?? undefined,
    operationName: parameters.get("operationName") ?? undefined,
    variables: readCutJson(parameters.get("variables") ?? ""),
    extensions: readCutJson(parameters.get("extensions") ?? ""),
  });
}

function isRequest(fields: Fields, content: ExchangeContent): boolean {
  if (fields.object("extensions").object("persistedQuery").text("sha256Hash") !== undefined) return true;
  const operation = operationOf(fields);
  if (operation === undefined) return false;
  return !operation.isShort || isNamedElsewhere(fields, content);
}

function isNamedElsewhere({ raw }: Fields, { exchange, answered }: ExchangeContent): boolean {
  if (["variables", "operationName", "extensions"].some((name) => raw[name] !== undefined)) return true;
  const { request, response } = exchange;
  if (/graphi?ql|[/._-]gql/i.test(request?.target ?? "")) return true;
  if ([request, response].some((one) => /graphql/i.test(headerValue(one?.headers, "content-type") ?? ""))) return true;
  return answered.some((one) => one.raw["data"] !== undefined || one.list("errors") !== undefined);
}

function operationOf(fields: Fields): GraphqlOperation | undefined {
  const query = fields.text("query");
  if (query === undefined) return undefined;
  return readGraphqlOperation(query, fields.text("operationName") || undefined, query.length >= MAX_CONTENT_LOOKED_AT);
}

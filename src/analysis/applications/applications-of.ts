import {
  type Application,
  type Header,
  type HttpExchange,
  MAX_APPLICATIONS,
  NO_APPLICATION,
  SERVER_SENT_EVENTS,
} from "../../model/index.ts";
import { headerValue } from "../http/header-value.ts";
import { contentForm, ExchangeContent, startOf } from "./content.ts";
import { APPLICATIONS } from "./table.ts";

/**
 * All that runs inside an exchange, from the outside in: what its heads say (`exchange.application`), and what the bodies show that it
 * has. Looked for when it is first asked for, in a bounded part of bodies that are JSON alone; coded ones are looked into where they were
 * decoded. Facts are as the bodies are: of an exchange that is redacted, they are.
 */
export function applicationsOf(exchange: HttpExchange): readonly Application[] {
  const { application } = exchange;
  // A document that was read says it, and a gRPC call has no JSON.
  if (application.some(({ name }) => APPLICATIONS[name].recognise !== undefined || name === "grpc")) return application;
  if (!mayHaveMore(exchange)) return application;
  let known = FOUND.get(exchange);
  if (known === undefined) {
    known = mayBeKnown(exchange) ? lookInside(exchange) : application;
    FOUND.set(exchange, known);
  }
  return known;
}

/** By exchange: one that goes on is another object at each look. */
const FOUND = new WeakMap<HttpExchange, readonly Application[]>();

/** By heads alone. Asked of every exchange that is written or stored: most have nothing of the kind. */
function mayHaveMore({ application, request, response, messages }: HttpExchange): boolean {
  if (application[0]?.name === "websocket") return messages !== undefined;
  if (request === undefined) return contentForm(response?.headers) !== undefined;
  const type = headerValue(request.headers, "content-type");
  if (type !== undefined && (contentForm(request.headers) === "json" || GRAPHQL_TYPE.test(type))) return true;
  if (application.length > 0 || MAY_ASK.test(request.target ?? "")) return true;
  return isOfMcp(request.headers) || isOfMcp(response?.headers);
}

const GRAPHQL_TYPE = /^\s*application\/graphql/i;
const MAY_ASK = /[?&](?:query|extensions)=/;

/** Whether the request's JSON has a member that one of them has: what has none is not parsed. */
function mayBeKnown({ request, response }: HttpExchange): boolean {
  if (contentForm(request?.headers) !== "json" || isOfMcp(request?.headers) || isOfMcp(response?.headers)) return true;
  return MAY_BE.test(startOf(request?.body) ?? "");
}

const MAY_BE = /"(?:jsonrpc|query|persistedQuery|messages|contents|input|prompt)"\s*:/;

function isOfMcp(headers: readonly Header[] | undefined): boolean {
  return (
    headerValue(headers, "mcp-protocol-version") !== undefined || headerValue(headers, "mcp-session-id") !== undefined
  );
}

function lookInside(exchange: HttpExchange): readonly Application[] {
  const content = new ExchangeContent(exchange);
  const outside = exchange.application.length > 0 ? exchange.application : outsideOf(exchange);
  const found: Application[] = [];
  for (const { recognise, inside } of Object.values(APPLICATIONS)) {
    if (recognise === undefined || (found.length > 0 && !found.some(({ name }) => name === inside))) continue;
    const application = recognise(content);
    if (application !== undefined) found.push(withShortTexts(application));
  }
  return found.length === 0 ? exchange.application : [...outside, ...found].slice(0, MAX_APPLICATIONS);
}

/** Whoever sends it says how long it is. */
function withShortTexts(application: Application): Application {
  const facts = Object.entries(application);
  if (!facts.some(([, fact]) => typeof fact === "string" && fact.length > MAX_FACT)) return application;
  return Object.fromEntries(
    facts.map(([name, fact]) => [name, typeof fact === "string" ? fact.slice(0, MAX_FACT) : fact]),
  ) as unknown as Application;
}

/** Characters. */
const MAX_FACT = 1024;

/** Events that are coded are known by their type alone: heads do not show them. */
function outsideOf({ response }: HttpExchange): readonly Application[] {
  return contentForm(response?.headers) === "events" ? SERVER_SENT_EVENTS : NO_APPLICATION;
}

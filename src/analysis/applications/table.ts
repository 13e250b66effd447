import { type Application, type ApplicationName, MAX_APPLICATIONS } from "../../model/index.ts";
import { fieldsOf } from "../../wire/json/fields.ts";
import type { Redactor } from "../redaction/index.ts";
import type { ApplicationRow } from "./application-row.ts";
import { GRAPHQL } from "./graphql.ts";
import { GRPC } from "./grpc.ts";
import { JSON_RPC } from "./jsonrpc.ts";
import { LLM } from "./llm.ts";
import { MCP } from "./mcp.ts";

/** The applications there are, by name; what is recognised by bodies is looked for in this order. */
export const APPLICATIONS: { readonly [Name in ApplicationName]: ApplicationRow<Name> } = {
  grpc: GRPC,
  websocket: { doc: "a WebSocket (RFC 6455)", schema: {}, read: () => ({ name: "websocket" }) },
  sse: { doc: "Server-Sent Events", schema: {}, read: () => ({ name: "sse" }) },
  jsonrpc: JSON_RPC,
  mcp: MCP,
  graphql: GRAPHQL,
  llm: LLM,
};

/** Whether it is recognised before any body is looked into. */
export function isToldByHeads(name: string): boolean {
  return rowOf(name)?.recognise === undefined;
}

/** The outermost one, where heads tell it: what is found in bodies is left out, as it is where nobody looks. */
export function outermostByHeads([outermost]: readonly Application[]): Application | undefined {
  return outermost !== undefined && isToldByHeads(outermost.name) ? outermost : undefined;
}

/** The names and facts that a list of a document has; what is not known is left out. */
export function readApplications(list: readonly unknown[]): readonly Application[] {
  return list.slice(0, MAX_APPLICATIONS).flatMap((one) => {
    const fields = fieldsOf(one);
    const row = rowOf(fields.text("name"));
    return row === undefined ? [] : [row.read(fields)];
  });
}

/** The same array where there is nothing to take out. */
export function redactApplications(applications: readonly Application[], redactor: Redactor): readonly Application[] {
  let redacted: Application[] | undefined;
  for (const [i, application] of applications.entries()) {
    const shown = rowOf(application.name)?.redact?.(application, redactor);
    if (shown === undefined || shown === application) continue;
    redacted ??= [...applications];
    redacted[i] = shown;
  }
  return redacted ?? applications;
}

/** `grpc NOT_FOUND (5) no such user`; undefined where nothing is known but the name. */
export function describeApplication(application: Application): string | undefined {
  const note = rowOf(application.name)?.note?.(application);
  return note === undefined ? undefined : `${application.name} ${note}`.trimEnd();
}

/** The word of the innermost application that says that it failed. */
export function applicationError(applications: readonly Application[]): string | undefined {
  for (const application of applications.toReversed()) {
    const error = rowOf(application.name)?.error?.(application);
    if (error !== undefined) return error;
  }
  return undefined;
}

function rowOf(name: string | undefined): ApplicationRow<ApplicationName> | undefined {
  if (name === undefined || !Object.hasOwn(APPLICATIONS, name)) return undefined;
  return APPLICATIONS[name as ApplicationName] as ApplicationRow<ApplicationName>;
}

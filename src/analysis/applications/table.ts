import { type Application, type ApplicationName, type Applications, MAX_APPLICATIONS } from "../../model/index.ts";
import { type Fields, fieldsOf } from "../../wire/json/fields.ts";
import { INTEGER, type JsonSchema, TEXT } from "../../wire/ndjson/index.ts";
import type { Redactor } from "../redaction/index.ts";

/** One application that can run inside exchanges. */
export interface ApplicationRow<Name extends ApplicationName> {
  readonly doc: string;
  /** Its possible facts, by name. */
  readonly schema: Readonly<Record<string, JsonSchema>>;
  /** Reads its facts from a document that anybody may have written: only values of the right type are taken. */
  read(fields: Fields): Applications[Name];
  /** Texts in it that may hold a secret. Absent: there are none. */
  redact?(application: Applications[Name], redactor: Redactor): Applications[Name];
}

/** The applications there are, by name. */
export const APPLICATIONS: { readonly [Name in ApplicationName]: ApplicationRow<Name> } = {
  grpc: {
    doc: "a gRPC call",
    schema: { status: INTEGER, statusName: TEXT, message: TEXT },
    read: (fields) => ({ name: "grpc", ...fields.copyNumbers("status"), ...fields.copyTexts("statusName", "message") }),
    redact: (grpc, redactor) => (grpc.message === undefined ? grpc : { ...grpc, message: redactor.text(grpc.message) }),
  },
  websocket: { doc: "a WebSocket (RFC 6455)", schema: {}, read: () => ({ name: "websocket" }) },
  sse: { doc: "Server-Sent Events", schema: {}, read: () => ({ name: "sse" }) },
};

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

function rowOf(name: string | undefined): ApplicationRow<ApplicationName> | undefined {
  if (name === undefined || !Object.hasOwn(APPLICATIONS, name)) return undefined;
  return APPLICATIONS[name as ApplicationName] as ApplicationRow<ApplicationName>;
}

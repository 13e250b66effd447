import type { JsonRpcApplication } from "../../model/index.ts";
import type { Fields } from "../../wire/json/fields.ts";
import { INTEGER, TEXT } from "../../wire/ndjson/index.ts";
import { type ApplicationRow, errorNote, redactTexts, words } from "./application-row.ts";
import type { ExchangeContent } from "./content.ts";

export const JSON_RPC: ApplicationRow<"jsonrpc"> = {
  doc: "JSON-RPC 2.0",
  recognise: recogniseJsonRpc,
  schema: { method: TEXT, id: TEXT, calls: INTEGER, errorCode: INTEGER, errorMessage: TEXT },
  read: (fields) => ({
    name: "jsonrpc",
    ...fields.copyTexts("method", "id", "errorMessage"),
    ...fields.copyNumbers("calls", "errorCode"),
  }),
  redact: (rpc, redactor) => redactTexts(rpc, redactor, "method", "id", "errorMessage"),
  note: ({ method, id, calls, errorCode, errorMessage }) =>
    words(
      method,
      id === undefined ? undefined : `id ${id}`,
      calls === undefined ? undefined : `batch of ${calls}`,
      errorNote(errorCode, errorMessage),
    ),
  error: ({ errorCode }) => (errorCode === undefined ? undefined : String(errorCode)),
};

/**
 * JSON-RPC 2.0 by what makes an object one of its messages (§4, §5): `jsonrpc` is "2.0" and there is a method, a result or an
 * error. `method` and `id` alone are anybody's.
 */
export function recogniseJsonRpc({ asked, answered, isBatch }: ExchangeContent): JsonRpcApplication | undefined {
  const calls = asked.filter(isCall);
  const sent = answered.filter(isMessage);
  const call = calls[0] ?? sent.find(isCall);
  if (call === undefined && sent.length === 0) return undefined;
  const id = idOf(call ?? sent[0]!);
  const error = findAnswer(sent, calls.length === 1 ? id : undefined)?.optional("error");
  const code = error?.number("code");
  const message = error?.text("message");
  return {
    name: "jsonrpc",
    ...(call && { method: call.text("method")! }),
    ...(id !== undefined && { id }),
    ...(isBatch && { calls: calls.length }),
    ...(code !== undefined && { errorCode: code }),
    ...(message !== undefined && { errorMessage: message }),
  };
}

/** The first call's own answer; of a batch the first that is an error. */
function findAnswer(sent: readonly Fields[], id: string | undefined): Fields | undefined {
  const errors = sent.filter((one) => one.optional("error") !== undefined);
  // An error of a request that could not be read has no id.
  return errors.find((one) => id === undefined || idOf(one) === id || one.raw["id"] === null);
}

export function isCall(fields: Fields): boolean {
  return fields.text("jsonrpc") === "2.0" && fields.text("method") !== undefined;
}

export function isAnswer(fields: Fields): boolean {
  return fields.text("jsonrpc") === "2.0" && (fields.raw["result"] !== undefined || isErrorObject(fields));
}

function isMessage(fields: Fields): boolean {
  return isCall(fields) || isAnswer(fields);
}

function isErrorObject(fields: Fields): boolean {
  return fields.optional("error")?.number("code") !== undefined;
}

function idOf(fields: Fields): string | undefined {
  const id = fields.text("id") ?? fields.number("id");
  return id === undefined ? undefined : String(id);
}

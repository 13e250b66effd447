import { INTEGER, TEXT } from "../../wire/ndjson/index.ts";
import { type ApplicationRow, redactTexts, words } from "./application-row.ts";

/** A call of gRPC, which the heads and trailers of HTTP/2 and gRPC-Web tell. */
export const GRPC: ApplicationRow<"grpc"> = {
  doc: "a gRPC call",
  schema: { status: INTEGER, statusName: TEXT, message: TEXT },
  read: (fields) => ({ name: "grpc", ...fields.copyNumbers("status"), ...fields.copyTexts("statusName", "message") }),
  redact: (grpc, redactor) => redactTexts(grpc, redactor, "message"),
  note: ({ status, statusName, message }) =>
    words(statusName, status === undefined ? undefined : `(${status})`, message),
  error: ({ status, statusName }) =>
    status === undefined || status === 0 ? undefined : (statusName ?? `grpc-status ${status}`),
};

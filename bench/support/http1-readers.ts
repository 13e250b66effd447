import { join } from "node:path";

export const TAPLINE = join(import.meta.dirname, "../../bin/tapline");

/** A program that prints method, target and status of a capture's HTTP/1, or sums it up. */
export interface Reader {
  readonly name: string;
  readonly program: string;
  readonly args: (path: string) => readonly string[];
  /** Where that is of interest: how it is compared with `tapline`, which is the first. */
  readonly compared?: "ours by its" | "its by ours";
}

const named = (...names: string[]) => names.flatMap((name) => ["-e", name]);
const OURS = (path: string) => [
  "read",
  path,
  "-q",
  "-T",
  "fields",
  ...named("request.method", "request.path", "response.code"),
];
export const HTTP1_READERS: readonly Reader[] = [
  { name: "tapline", program: TAPLINE, args: OURS },
  { name: "tapline --no-redact", program: TAPLINE, args: (path) => [...OURS(path), "--no-redact"] },
  {
    name: "tapline summary",
    program: TAPLINE,
    args: (path) => ["summary", path, "-q"],
    compared: "its by ours",
  },
  {
    name: "httpry",
    program: "httpry",
    args: (path) => ["-q", "-r", path, "-f", "method,request-uri,status-code", "-o", "/dev/null"],
    compared: "ours by its",
  },
  {
    name: "tshark",
    program: "tshark",
    args: (path) => [
      ...["-n", "-r", path, "-Y", "http", "-T", "fields"],
      ...named("http.request.method", "http.request.uri", "http.response.code"),
    ],
    compared: "ours by its",
  },
];

import type { Endpoint, Timestamp } from "../../model/index.ts";
import { parseTimestamp } from "../text/parse-timestamp.ts";
import type { Fields } from "./fields.ts";

export function readTime(fields: Fields, name: string): Timestamp | undefined {
  const text = fields.text(name);
  return text === undefined ? undefined : parseTimestamp(text);
}

export function readEndpoint(fields: Fields | undefined): Endpoint | undefined {
  const address = fields?.text("address");
  if (address !== undefined) return { kind: "ip", address, port: fields?.number("port") ?? 0 };
  const path = fields?.text("path");
  return path === undefined ? undefined : { kind: "pipe", path };
}

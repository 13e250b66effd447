import { fullFormats } from "ajv-formats/dist/formats.js";
import { isObject } from "../../src/wire/json/fields.ts";

/**
 * Checks a HAR 1.2 document against the format (http://www.softwareishard.com/blog/har-12-spec/): required fields that are
 * absent or of another type, and fields of nobody that do not begin with `_`. URLs and times are those that har-schema 2.0.0 takes with
 * ajv-formats. Empty when it is valid.
 */
export function checkHar(document: unknown): string[] {
  const problems: string[] = [];
  check(document, SCHEMA, "", problems);
  return problems;
}

type Schema =
  | "string"
  | "number"
  | "boolean"
  | "date"
  | "uri"
  | readonly [Schema]
  | { readonly [field: string]: Schema };

const NAMED: Schema = { name: "string", value: "string", "comment?": "string" };
const COOKIE: Schema = {
  name: "string",
  value: "string",
  "path?": "string",
  "domain?": "string",
  "expires?": "string",
  "httpOnly?": "boolean",
  "secure?": "boolean",
};
const SCHEMA: Schema = {
  log: {
    version: "string",
    creator: { name: "string", version: "string" },
    "browser?": { name: "string", version: "string" },
    "pages?": [{ startedDateTime: "date", id: "string", title: "string", pageTimings: {} }],
    entries: [
      {
        "pageref?": "string",
        startedDateTime: "date",
        time: "number",
        request: {
          method: "string",
          url: "uri",
          httpVersion: "string",
          cookies: [COOKIE],
          headers: [NAMED],
          queryString: [NAMED],
          "postData?": { mimeType: "string", "params?": [{ name: "string", "value?": "string" }], "text?": "string" },
          headersSize: "number",
          bodySize: "number",
        },
        response: {
          status: "number",
          statusText: "string",
          httpVersion: "string",
          cookies: [COOKIE],
          headers: [NAMED],
          content: {
            size: "number",
            "compression?": "number",
            mimeType: "string",
            "text?": "string",
            "encoding?": "string",
          },
          redirectURL: "string",
          headersSize: "number",
          bodySize: "number",
        },
        cache: {},
        timings: {
          "blocked?": "number",
          "dns?": "number",
          "connect?": "number",
          send: "number",
          wait: "number",
          receive: "number",
          "ssl?": "number",
        },
        "serverIPAddress?": "string",
        "connection?": "string",
      },
    ],
  },
};

const FORMATS: Readonly<Record<"date" | "uri", (text: string) => boolean>> = {
  date: (text) => !Number.isNaN(Date.parse(text)) && (fullFormats["date-time"] as typeof DATE_TIME).validate(text),
  uri: fullFormats.uri as (text: string) => boolean,
};
declare const DATE_TIME: { readonly validate: (text: string) => boolean };

function check(value: unknown, schema: Schema, path: string, problems: string[]): void {
  if (schema === "date" || schema === "uri") {
    if (typeof value !== "string" || !FORMATS[schema](value)) problems.push(`${path} is no ${schema}: ${value}`);
  } else if (typeof schema === "string") {
    if (typeof value !== schema) problems.push(`${path} is no ${schema}`);
  } else if (Array.isArray(schema)) {
    if (!Array.isArray(value)) problems.push(`${path} is no list`);
    else for (const [i, item] of value.entries()) check(item, schema[0] as Schema, `${path}[${i}]`, problems);
  } else if (!isObject(value)) problems.push(`${path} is no object`);
  else checkObject(value, schema as { readonly [field: string]: Schema }, path, problems);
}

function checkObject(
  value: Record<string, unknown>,
  schema: { readonly [field: string]: Schema },
  path: string,
  problems: string[],
): void {
  const known = new Set<string>();
  for (const [field, of] of Object.entries(schema)) {
    const name = field.replace(/\?$/, "");
    known.add(name);
    if (value[name] !== undefined || name === field) check(value[name], of, `${path}.${name}`, problems);
  }
  for (const name of Object.keys(value))
    if (!known.has(name) && !name.startsWith("_")) problems.push(`${path}.${name} is not in the format`);
}

import { CapturedConnection, CaptureFile } from "../capture-file.ts";
import { lines } from "../http1-capture.ts";

/** 60 KB: what is more than 64 KiB is not looked at as a whole. */
const BODY_BYTES = 60_000;
const BODIES = 500;

type Body = (number: number) => { readonly type: string; readonly text: string };

const KINDS: Readonly<Record<string, Body>> = {
  "JSON, a password in each row": (number) => ({
    type: "application/json",
    text: `[${fill(number, (i) => `{"user":"u${i}","password":"${secret(i)}"}`, ",")}]`,
  }),
  "JSON, nothing but tokens": (number) => ({
    type: "application/json",
    text: `{${fill(number, (i) => `"token_${i}":"${secret(i)}"`, ",")}}`,
  }),
  "a form of passwords": (number) => ({
    type: "application/x-www-form-urlencoded",
    text: fill(number, (i) => `password=${secret(i)}`, "&"),
  }),
  "lines of passwords": (number) => ({ type: "text/plain", text: fill(number, (i) => `password: ${secret(i)}`, "\n") }),
};

/** Kinds of captures whose bodies are full of secrets, no two of which are equal, each written to a path. */
export const SECRET_CAPTURES: Readonly<Record<string, (path: string) => void>> = Object.fromEntries(
  Object.entries(KINDS).map(([name, build]) => [name, (path: string) => write(path, build)]),
);

function write(path: string, build: Body): void {
  const file = new CaptureFile(path);
  const connection = new CapturedConnection(file, 1);
  for (let number = 0; number < BODIES; number++) {
    const { type, text } = build(number);
    connection.request(lines(`GET /accounts/${number} HTTP/1.1`, "Host: example.com"));
    const head = lines("HTTP/1.1 200 OK", `Content-Type: ${type}`, `Content-Length: ${text.length}`);
    connection.response(Buffer.concat([head, Buffer.from(text)]));
  }
  connection.close();
  file.close();
}

/** Parts of their own for each body, up to its size. */
function fill(number: number, build: (i: number) => string, separator: string): string {
  const parts: string[] = [];
  for (let size = 2, i = number * 10_000; ; i++) {
    const part = build(i);
    size += part.length + separator.length;
    if (size > BODY_BYTES) return parts.join(separator);
    parts.push(part);
  }
}

function secret(i: number): string {
  return `S3cret-${(Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36)}-${i}`;
}

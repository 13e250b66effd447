import { EXCHANGE_CODEC } from "../../analysis/protocols/index.ts";
import type { Exchange } from "../../model/index.ts";
import { fieldsOf } from "../../wire/json/fields.ts";

/** Headers that curl writes by itself. */
const OWN = /^(?::|host$|content-length$|connection$|transfer-encoding$|accept-encoding$)/i;

/** The request as a command for a shell, as far as it is known; undefined where it is none that curl can send. */
export function exchangeCommand(exchange: Exchange): string | undefined {
  const entry = EXCHANGE_CODEC.writeHarEntry(exchange);
  const request = fieldsOf(entry).object("request");
  const [method, url] = [request.text("method"), request.text("url")];
  if (method === undefined || url === undefined || !/^https?:/.test(url)) return undefined;
  const parts = [`curl -i -X ${quote(method)} ${quote(url)}`];
  for (const header of request.list("headers") ?? []) {
    const { name, value } = fieldsOf(header).copyTexts("name", "value");
    if (name !== undefined && !OWN.test(name)) parts.push(`-H ${quote(`${name}: ${value ?? ""}`)}`);
  }
  const body = request.object("postData").text("text");
  if (body !== undefined && body !== "") parts.push(`--data-binary ${quote(body)}`);
  return `${parts.join(" \\\n  ")}\n`;
}

/** For a POSIX shell: nothing in it means anything. */
function quote(text: string): string {
  return `'${text.replaceAll("\0", "").replaceAll("'", "'\\''")}'`;
}

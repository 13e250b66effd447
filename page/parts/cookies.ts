import { type Fields, textOf } from "./document-fields.ts";
import type { Pair } from "./header-table.tsx";

/** Names and values of the cookies that a message carries; of a response with what its `Set-Cookie` says of each (RFC 6265 §4). */
export function cookiesOf(headers: readonly Fields[], side: "request" | "response"): readonly Pair[] {
  const wanted = side === "request" ? "cookie" : "set-cookie";
  const of = `${side}.headers["${wanted}"]`;
  return headers
    .filter((header) => textOf(header, "name")?.toLowerCase() === wanted)
    .flatMap((header) => {
      const value = textOf(header, "value") ?? "";
      return side === "request" ? value.split(";").map(pairOf) : [pairOf(value)];
    })
    .filter(([name]) => name !== "")
    .map(([name, value, text]) => ({ name, value, of, condition: hasPart(of, text, side === "request" ? "; " : ",") }));
}

/** Whether one of the parts of a text, between which `mark` stands, is this one. */
export function hasPart(of: string, part: string, mark: string): string {
  return `("${mark}" + ${of} + "${mark}").contains(${JSON.stringify(mark + part + mark)})`;
}

function pairOf(text: string): readonly [name: string, value: string, text: string] {
  const at = text.indexOf("=");
  const whole = text.trim();
  return at < 0 ? [whole, "", whole] : [text.slice(0, at).trim(), text.slice(at + 1).trim(), whole];
}

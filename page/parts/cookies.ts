import { type Fields, textOf } from "./document-fields.ts";

/** Names and values of the cookies that a message carries; of a response with what its `Set-Cookie` says of each (RFC 6265 §4). */
export function cookiesOf(
  headers: readonly Fields[],
  side: "request" | "response",
): readonly (readonly [string, string])[] {
  const wanted = side === "request" ? "cookie" : "set-cookie";
  return headers
    .filter((header) => textOf(header, "name")?.toLowerCase() === wanted)
    .flatMap((header) => {
      const value = textOf(header, "value") ?? "";
      return side === "request" ? value.split(";").map(pairOf) : [pairOf(value)];
    })
    .filter(([name]) => name !== "");
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

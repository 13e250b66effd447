import { markNamed, type TextRedaction } from "../text-redaction.ts";

/**
 * The parts of a multipart body (RFC 2046 §5.1): a field whose name says that it is secret as a whole, any other as the content it says it
 * is.
 * @param type the body's Content-Type
 */
export function redactMultipart(
  text: string,
  type: string,
  redaction: TextRedaction,
  redactPart: (content: string, type: string) => string,
): string {
  const boundary =
    /boundary="?([^";\r\n]{1,256})"?/i.exec(type)?.[1] ?? /^(?:\r?\n)*--([^\r\n]{1,256})/.exec(text)?.[1];
  if (boundary === undefined) return redactPart(text, "");
  const delimiter = `--${boundary.trim()}`;
  return text
    .split(delimiter)
    .map((part) => redactOne(part, redaction, redactPart))
    .join(delimiter);
}

function redactOne(
  part: string,
  redaction: TextRedaction,
  redactPart: (content: string, type: string) => string,
): string {
  const head = HEAD.exec(part)?.[0];
  if (head === undefined) return part;
  const end = /\r?\n$/.exec(part)?.[0] ?? "";
  const content = part.slice(head.length, Math.max(head.length, part.length - end.length));
  const name = /;\s*name\*?="?([^"\r\n;]{1,128})"?/i.exec(head)?.[1];
  const mark = name === undefined ? undefined : markNamed(redaction, name, content);
  if (mark !== undefined) return head + mark + end;
  const partType = /^content-type:[ \t]*([^\r\n]*)/im.exec(head)?.[1] ?? "";
  return redactPart(head, "") + redactPart(content, partType) + end;
}

/** After the delimiter's line end, up to an empty line. */
const HEAD = /^[^\r\n]*\r?\n(?:[^\r\n]+\r?\n){0,64}\r?\n/;

import { redactText } from "./content/redact-text.ts";
import type { TextRedaction } from "./text-redaction.ts";
import { looksSecret } from "./values/secret-value.ts";

/**
 * A filter as it may be shown: texts in it that stand beside a secret's name (`request.headers['authorization'] == '…'`), or that are
 * secrets by themselves, are marked.
 */
export function redactFilter(
  filter: string,
  redaction: TextRedaction,
  isSecretHeader: (name: string) => boolean,
): string {
  if (!/["']/.test(filter)) return filter;
  let isSecret = false;
  return filter.replace(LITERAL_OR_NAME, (whole, quote: string | undefined, content: string | undefined) => {
    if (quote === undefined || content === undefined) {
      if (/^(?:&&|\|\||and|or|\?)$/.test(whole)) isSecret = false;
      else if (redaction.names.judge(whole).kind === "strong" || whole === "cookies") isSecret = true;
      return whole;
    }
    if (redaction.names.judge(content).kind === "strong" || isSecretHeader(content)) {
      isSecret = true;
      return whole;
    }
    if (isSecret && content !== "" && !/^[\w-]{1,7}$/.test(content))
      return quote + redaction.marker.mark("filter", content) + quote;
    const redacted = looksSecret(content) ? redaction.marker.mark("filter", content) : redactText(content, redaction);
    return quote + redacted + quote;
  });
}

const LITERAL_OR_NAME = /("""|'''|["'])((?:\\[\s\S]|(?!\1)[\s\S])*)\1|&&|\|\||\?|[A-Za-z_][\w.]*/g;

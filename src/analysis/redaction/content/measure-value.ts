/** Where the text in quotes that begins at `start` ends: after the quote that closes it, or at `limit`, by default where the text does. */
export function measureQuoted(text: string, start: number, limit = text.length): number {
  const quote = text[start];
  if (quote !== undefined && text.startsWith(quote.repeat(3), start)) {
    const end = text.indexOf(quote.repeat(3), start + 3);
    return end < 0 ? limit : Math.min(end + 3, limit);
  }
  for (let at = start + 1; at < limit; at++) {
    const character = text[at];
    if (character === "\\") at++;
    // YAML and SQL write a quote twice.
    else if (character === quote && quote === "'" && text[at + 1] === quote && at > start + 1) at++;
    else if (character === quote) return at + 1;
    else if (quote !== '"' && character === "\n") return at;
  }
  return limit;
}

/** After the bracket that closes the one at `start`, or at `limit`, by default where the text ends. */
export function measureStructure(text: string, start: number, limit = text.length): number {
  let depth = 0;
  let quote = "";
  for (let at = start; at < limit; at++) {
    const character = text[at]!;
    if (quote !== "") {
      if (character === "\\") at++;
      else if (character === quote) quote = "";
    } else if (character === '"') quote = character;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return at + 1;
  }
  return limit;
}

import { TOKEN_SHAPES } from "../values/token-shapes.ts";

/**
 * Whether a path is of small letters and digits in parts of at most eleven characters, as many are: too short for a part that is a secret
 * (twelve), and without what a vendor's token begins with, or signs that names, commands, encodings and personal values need.
 */
export function isPlainPath(path: string): boolean {
  return PLAIN.test(path);
}

/** Tokens may have slashes in them. */
const BEGINNINGS = TOKEN_SHAPES.map(({ prefix }) => prefix).filter((prefix) => /^[a-z0-9]+$/.test(prefix));
const PLAIN = new RegExp(`^(?:/(?!${[...new Set(BEGINNINGS)].join("|")})[a-z0-9]{0,11})+$`);

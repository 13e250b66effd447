/**
 * The route that a path belongs to: segments that name one thing among many become `{id}`, so that `/users/17` and `/users/23` are
 * one route, `/users/{id}`. Numbers, UUIDs, hashes and long hexadecimal are told by their form alone.
 * @param path without its query
 */
export function templatePath(path: string): string {
  if (!/[\d]/.test(path) && !/[A-Fa-f-]{16}/.test(path)) return path;
  return path.split("/").map(templateSegment).join("/");
}

function templateSegment(segment: string): string {
  return VARIABLE.some((form) => form.test(segment)) ? "{id}" : segment;
}

const VARIABLE: readonly RegExp[] = [
  /^[-+]?\d+(?:\.\d+)?$/,
  /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i,
  // Hexadecimal of 12 digits or more is an identifier; a word of so many letters from a to f there is not.
  /^(?=.*\d)(?:0x)?[\da-f]{12,}$/i,
  /^[\da-f]{32,}$/i,
  // ULID, and other long identifiers of letters and digits.
  /^(?=(?:.*\d){4})[\dA-Z]{20,}$/i,
];

import type { Header } from "../../../model/index.ts";

/** The cookies of a HAR's request (`cookie`) or response (`set-cookie`). */
export function harCookies(headers: readonly Header[], name: "cookie" | "set-cookie"): object[] {
  const cookies: object[] = [];
  for (const { name: own, value = "" } of headers) {
    if (own?.length !== name.length || own.toLowerCase() !== name) continue;
    if (name === "cookie") pushPairs(value, cookies);
    else cookies.push(setCookie(value));
  }
  return cookies;
}

function pushPairs(value: string, cookies: object[]): void {
  for (let at = 0; at <= value.length; ) {
    const semicolon = value.indexOf(";", at);
    const end = semicolon < 0 ? value.length : semicolon;
    cookies.push(pair(value.slice(at, end)));
    at = end + 1;
  }
}

function setCookie(value: string): object {
  const [first, ...attributes] = value.split(";");
  const has = (name: string): string | undefined =>
    attributes.find((attribute) => attribute.trim().toLowerCase().startsWith(name))?.trim();
  const path = has("path=")?.slice(5);
  const domain = has("domain=")?.slice(7);
  return {
    ...pair(first!),
    ...(path !== undefined && { path }),
    ...(domain !== undefined && { domain }),
    httpOnly: has("httponly") !== undefined,
    secure: has("secure") !== undefined,
  };
}

function pair(text: string): { name: string; value: string } {
  const equals = text.indexOf("=");
  return { name: text.slice(0, Math.max(0, equals)).trim(), value: text.slice(equals + 1).trim() };
}

import type { HttpSettings } from "../../config/http/http-settings.ts";
import type { LocalAnswer } from "../local-answer.ts";

type Settings = Pick<HttpSettings, "normalizesPath" | "mergesSlashes" | "escapedSlashes">;

/** Makes a path normal as the settings ask (Envoy's path_utility.cc), or says how the request is answered instead. */
export function normalizePath(target: string, settings: Settings): string | LocalAnswer {
  const at = target.indexOf("?");
  let path = at < 0 ? target : target.slice(0, at);
  const query = at < 0 ? "" : target.slice(at);
  let redirects = false;
  if (settings.escapedSlashes !== "KEEP_UNCHANGED" && /%2f|%5c/i.test(path)) {
    path = path.replace(/%2f/gi, "/").replace(/%5c/gi, "\\");
    if (settings.escapedSlashes === "REJECT_REQUEST") return { status: 400, path: path + query };
    redirects = settings.escapedSlashes === "UNESCAPE_AND_REDIRECT";
  }
  if (settings.normalizesPath) {
    const normal = resolveDots(path);
    if (normal === undefined) return { status: 400 };
    path = normal;
  }
  if (settings.mergesSlashes) path = path.replace(/\/{2,}/g, "/");
  if (redirects) return { status: 307, headers: [["location", path + query]], path: path + query };
  return path + query;
}

/** Resolves `.` and `..` (RFC 3986 §5.2.4), takes `\` for `/`, and decodes what need not be encoded. Undefined for a path that is none. */
function resolveDots(path: string): string | undefined {
  if (/%00/.test(path)) return undefined;
  const decoded = path
    .replaceAll("\\", "/")
    .replace(/%(2d|2e|5f|7e|3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])/gi, (code) =>
      String.fromCharCode(Number.parseInt(code.slice(1), 16)),
    );
  const kept: string[] = [];
  const segments = decoded.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === "." || segment === "..") {
      if (segment === "..") kept.pop();
      if (isLast) kept.push("");
    } else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

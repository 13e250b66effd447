import { readFileSync } from "node:fs";
import { describeReadError, formatPlace, type Logger, TaplineError } from "../../model/index.ts";
import type { ProxyConfig } from "../../source/proxy/config/config.ts";
import { parseProxyConfig } from "../../source/proxy/config/parse-proxy-config.ts";
import { disableExtensions } from "../../source/proxy/disable-extensions.ts";

/**
 * Reads and checks a configuration and the certificates that it names.
 * @throws TaplineError `configuration` with file, line and column
 */
export async function loadProxyConfig(
  path: string,
  disabledExtensions: readonly string[],
  logger: Logger,
): Promise<ProxyConfig> {
  const config = await parseProxyConfig(readText(path), {
    file: path,
    readFile: (name) => readFileSync(name),
    environment: process.env,
    warn: (place, message) => logger.warn({ place: formatPlace(place) }, message),
  });
  return disableExtensions(config, disabledExtensions);
}

function readText(path: string): string {
  try {
    return readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (cause) {
    throw new TaplineError("configuration", describeReadError(cause), { place: { file: path }, cause });
  }
}

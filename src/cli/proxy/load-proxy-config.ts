import { formatPlace, type Logger } from "../../model/index.ts";
import type { ProxyConfig } from "../../source/proxy/config/config.ts";
import { parseProxyConfig } from "../../source/proxy/config/parse-proxy-config.ts";
import { disableExtensions } from "../../source/proxy/disable-extensions.ts";
import { readBytes, readWholeFile } from "../../source/whole-file.ts";

/**
 * Reads and checks a configuration and the certificates that it names.
 * @throws TaplineError `configuration` with file, line and column
 */
export async function loadProxyConfig(
  path: string,
  disabledExtensions: readonly string[],
  logger: Logger,
): Promise<ProxyConfig> {
  const config = await parseProxyConfig(readWholeFile(path, "configuration").toString("utf8"), {
    file: path,
    readFile: readBytes,
    environment: process.env,
    warn: (place, message) => logger.warn({ place: formatPlace(place) }, message),
  });
  return disableExtensions(config, disabledExtensions);
}

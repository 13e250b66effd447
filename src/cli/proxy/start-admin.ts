import { randomBytes } from "node:crypto";
import { formatEndpoint, type Logger } from "../../model/index.ts";
import { type AdminRoute, AdminServer } from "../../sink/admin/admin-server.ts";
import type { AdminConfig } from "../../source/proxy/config/config.ts";
import type { OwnAddresses } from "../../source/proxy/own-addresses.ts";

/**
 * Starts the admin listener, where one is configured.
 *
 * @param ownAddresses gets its address, which the proxy must not connect to
 * @throws TaplineError `configuration` when its address cannot be listened on
 */
export async function startAdmin(
  config: AdminConfig | undefined,
  routes: readonly AdminRoute[],
  logger: Logger,
  ownAddresses?: OwnAddresses,
): Promise<AdminServer | undefined> {
  if (config === undefined) return undefined;
  const given = process.env["TAPLINE_ADMIN_TOKEN"];
  const token = given ?? randomBytes(16).toString("hex");
  const admin = new AdminServer({ ...config, token, routes });
  await admin.listen();
  ownAddresses?.add(admin.address);
  const address = formatEndpoint(admin.address);
  if (admin.needsToken && given === undefined)
    logger.warn(
      { address, token },
      "the admin listener can be reached from other machines and wants this token (TAPLINE_ADMIN_TOKEN sets one)",
    );
  logger.info({ address }, "admin listening");
  return admin;
}

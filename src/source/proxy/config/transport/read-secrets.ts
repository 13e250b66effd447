import { type DocumentNode, MessageReader, readEach, refuse } from "../../../../wire/config-document/index.ts";
import { suggestName } from "../../../../wire/text/suggest-name.ts";
import { SDS_SECRET, SECRET } from "../fields/tls-fields.ts";
import type { ReadContext } from "../read-context.ts";

/** Lists `static_resources.secrets` by their names. Throws TaplineError (`configuration`). */
export function readSecrets(nodes: readonly DocumentNode[]): Map<string, DocumentNode> {
  const secrets = new Map<string, DocumentNode>();
  readEach(nodes, (node) => {
    const message = new MessageReader(node, SECRET);
    const name = message.requiredString("name");
    if (secrets.has(name)) refuse(node.place, `a second secret is named '${name}'`);
    message.oneOf("tls_certificate", "validation_context", "session_ticket_keys", "generic_secret");
    secrets.set(name, node);
  });
  return secrets;
}

/**
 * The message of the secret that an `SdsSecretConfig` names.
 * @throws TaplineError (`configuration`) where there is none of that name and kind
 */
export function findSecret(
  node: DocumentNode,
  kind: "tls_certificate" | "validation_context",
  { secrets }: Pick<ReadContext, "secrets">,
): DocumentNode {
  const message = new MessageReader(node, SDS_SECRET);
  const name = message.requiredString("name");
  const secret = secrets.get(name);
  if (secret === undefined) {
    const meant = suggestName(name, secrets.keys());
    return refuse(
      message.placeOf("name"),
      `there is no secret '${name}' in static_resources.secrets`,
      meant === undefined ? "add it there" : `did you mean ${meant}?`,
    );
  }
  return (
    new MessageReader(secret, SECRET).node(kind) ??
    refuse(message.placeOf("name"), `the secret '${name}' has no ${kind}`, `add ${kind} to it`)
  );
}

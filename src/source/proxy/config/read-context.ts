import type { Place } from "../../../model/index.ts";
import type { TapConfigContext } from "../../../tap/config/read-tap-config.ts";
import type { DocumentNode } from "../../../wire/config-document/index.ts";
import type { NodeConfig } from "./node-config.ts";

/** The context that readers of a configuration need. */
export interface ReadContext extends TapConfigContext {
  /** The bytes of a file that the configuration names. Throws when it cannot be read. */
  readonly readFile: (path: string) => Uint8Array;
  /** `static_resources.secrets`, by name. */
  readonly secrets: ReadonlyMap<string, DocumentNode>;
  /** Who this proxy is. */
  readonly node: NodeConfig;
  /** An environment variable. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Something that is accepted and that its writer may not have meant. */
  readonly warn: (place: Place, message: string) => void;
}

import { formatTimestamp, type Timestamp } from "../../model/index.ts";
import type { DocumentNode } from "../../wire/config-document/index.ts";
import { type AdminRoute, sendJson, sendText } from "./admin-server.ts";
import { redactDocument } from "./redacted-document.ts";

/** Facts about the process. */
export interface ProcessFacts {
  readonly version: string;
  readonly state: () => "LIVE" | "DRAINING";
  /** The configuration that runs, as it was read, and since when. */
  readonly configuration: () => {
    readonly document: DocumentNode;
    /** For each listener for HTTP: whether bytes are forwarded as they are, and why not. */
    readonly routing?: readonly object[];
    readonly loaded: Timestamp;
  };
}

/** `GET /ready`, `/server_info` and `/config_dump`. */
export function createProcessRoutes(facts: ProcessFacts): AdminRoute[] {
  return [
    {
      path: "/ready",
      method: "GET",
      help: "print LIVE, or DRAINING with status 503",
      handle: (_request, response) => sendText(response, facts.state() === "LIVE" ? 200 : 503, `${facts.state()}\n`),
    },
    {
      path: "/server_info",
      method: "GET",
      help: "print version, state and age of the process",
      handle: (_request, response) => {
        const uptime = `${Math.floor(performance.now() / 1000)}s`;
        sendJson(response, {
          version: `tapline/${facts.version}`,
          state: facts.state(),
          uptime_current_epoch: uptime,
          uptime_all_epochs: uptime,
        });
      },
    },
    {
      path: "/config_dump",
      method: "GET",
      help: "print the configuration that runs, without secrets",
      handle: (_request, response) => {
        const { document, routing = [], loaded } = facts.configuration();
        const dump = {
          "@type": "type.googleapis.com/envoy.admin.v3.BootstrapConfigDump",
          bootstrap: redactDocument(document),
          last_updated: formatTimestamp(loaded, 3),
        };
        sendJson(response, {
          configs: routing.length === 0 ? [dump] : [dump, { "@type": "tapline.routing", listeners: routing }],
        });
      },
    },
  ];
}

import type { MemoryBudget } from "../../../model/index.ts";
import type { HttpProtocol } from "../../dial/cluster-config.ts";
import type { Channel } from "../channel/channel.ts";
import { ProtocolGuard } from "../local-reply/protocol-guard.ts";
import type { Relay } from "../relay.ts";
import { AnswerCheck } from "./answer-check.ts";

export interface Checks {
  readonly client: Channel;
  readonly endpoint: Channel;
  readonly budget: MemoryBudget;
  /** Told by a client's first bytes what it speaks; where it is false, the client is the caller's. */
  readonly takes: (found: HttpProtocol, seen: Uint8Array) => boolean;
  /** The endpoint is not read before the client has spoken. */
  readonly waits: boolean;
  /** As of `AnswerCheck`; absent: whatever the endpoint answers passes. */
  readonly onOther?: (answer: Uint8Array, sent: Uint8Array) => void;
}

/** Starts a relay between HTTP's ends, whose first bytes show which HTTP each speaks. Gives what ends the checks, for where the relay is over. */
export function startChecked(relay: Relay, { client, endpoint, budget, takes, waits, onOther }: Checks): () => void {
  const check = onOther && new AnswerCheck({ client, endpoint, budget, onOther });
  const learn = (found: HttpProtocol, seen: Uint8Array): boolean => {
    if (!takes(found, seen)) return false;
    check?.clientSpeaks(found);
    return true;
  };
  relay.startGuarded(
    (handler) => new ProtocolGuard(client, check?.keepClient(handler) ?? handler, learn),
    check && ((handler) => check.checkEndpoint(handler)),
    waits,
  );
  return () => check?.stop();
}

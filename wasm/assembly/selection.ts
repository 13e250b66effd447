// Whether an exchange is exported: by its path, by a share of all, by the manager's list.

import { ANSWER, proxy_get_current_time_nanoseconds } from "./host";
import { fixHostName, isFixed, isWithNamespace, nameData, nameSize } from "./host-name";
import { hasPrefix, listCount } from "./list";
import { SKIPPED_NOT_LISTED, SKIPPED_PATH, SKIPPED_SAMPLE_RATE } from "./metrics";
import { findValue, valueData, valueSize } from "./pairs";
import { Root } from "./root";
import { isListed } from "./sampling";
import { Stream, requestOf, responseOf } from "./stream";
import { firstPlace, hashBytes, lastPlace } from "./text";

/** Exported. */
export const CHOSEN: u32 = 0xffffffff;

/** With the request's headers. @returns `CHOSEN`, or the metric of the reason why not */
export function chooseRequest(root: Root, stream: Stream): u32 {
  if (isPathSkipped(root, stream)) return SKIPPED_PATH;
  if (root.sampleRate < 1 && !isInSample(root, stream)) return SKIPPED_SAMPLE_RATE;
  return chooseHost(root, stream);
}

/** With the response's headers again: the namespace is known then. */
export function chooseHost(root: Root, stream: Stream): u32 {
  if (!root.samples) return CHOSEN;
  findHostName(root, stream);
  if (!isFixed) return CHOSEN;
  findPort(root, stream);
  if (portSize === 0) return CHOSEN;
  const namespaceSize = isWithNamespace ? stream.namespaceSize : 0;
  return isListed(root, nameData, nameSize, stream.namespace, namespaceSize, portData, portSize)
    ? CHOSEN
    : SKIPPED_NOT_LISTED;
}

/** The host's name into the results of `fixHostName`. */
export function findHostName(root: Root, stream: Stream): void {
  const request = requestOf(stream);
  findValue(request.headers, request.headersSize, ":authority");
  const hasNamespace = stream.namespaceSize > 0;
  if (!root.isCompatible) return fixHostName(valueData, valueSize, hasNamespace, false);
  fixHostName(valueData, valueSize, false, true);
  // The original takes its own result for an authority once more when the response comes.
  if (!isFixed && responseOf(stream).hasHeaders) fixHostName(nameData, nameSize, hasNamespace, true);
}

let portData: usize = 0;
let portSize: u32 = 0;

/** The port that was dialled; 80 where the address has none (and where the original sees none: IPv6). */
function findPort(root: Root, stream: Stream): void {
  const colon = lastPlace(stream.destination, stream.destinationSize, 0x3a);
  const isPlain = colon >= 0 && firstPlace(stream.destination, stream.destinationSize, 0x3a) === colon;
  const isBracketed = colon > 0 && load<u8>(stream.destination + colon - 1) === 0x5d;
  if (isPlain || (isBracketed && !root.isCompatible)) {
    portData = stream.destination + colon + 1;
    portSize = stream.destinationSize - colon - 1;
  } else {
    store<u16>(PORT_80, 0x3038);
    portData = PORT_80;
    portSize = 2;
  }
}

const PORT_80: usize = memory.data(2);

/** A path that begins as one of the list does. */
function isPathSkipped(root: Root, stream: Stream): bool {
  if (listCount(root.skippedPaths) === 0) return false;
  const request = requestOf(stream);
  findValue(request.headers, request.headersSize, ":path");
  return hasPrefix(root.skippedPaths, valueData, valueSize, true);
}

/** By the request's id, so that all proxies that it passes decide alike; by the time where it has none. */
function isInSample(root: Root, stream: Stream): bool {
  const request = requestOf(stream);
  let hash: u32 = 0;
  if (findValue(request.headers, request.headersSize, "x-request-id")) hash = hashBytes(valueData, valueSize);
  else {
    store<u64>(ANSWER, 0, 8);
    proxy_get_current_time_nanoseconds(ANSWER + 8);
    store<u64>(ANSWER, stream.id);
    hash = hashBytes(ANSWER, 16);
  }
  hash = (hash ^ (hash >> 16)) * 0x85ebca6b;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35;
  hash = hash ^ (hash >> 16);
  return <f64>hash / 4294967296.0 < root.sampleRate;
}

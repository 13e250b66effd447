// The plugin's configuration: JSON, all of it optional. Whatever cannot be used is told, and the default stays.

import { ANSWER, OK, PLUGIN_CONFIGURATION, answerData, answerSize, clearAnswer, proxy_get_buffer_bytes } from "./host";
import {
  enter,
  nextItem,
  nextMember,
  openJson,
  peekValue,
  readBoolean,
  readNumber,
  readString,
  skipValue,
  stringData,
  stringSize,
} from "./json-reader";
import { addToList, createList, releaseList } from "./list";
import { ERROR, WARN, log } from "./log";
import {
  BODY_DROP,
  BODY_NONE,
  BODY_PREFIX,
  FORMAT_APICLARITY,
  FORMAT_SCN,
  MESH_ISTIO,
  MESH_KUMA,
  Root,
  setDefaults,
} from "./root";
import { isText } from "./text";

const LEAST_MEMORY: f64 = 1048576;
const MOST_MEMORY: f64 = 2147483648;

/** @returns false where it asks for something that this filter refuses to do */
export function readConfiguration(root: Root, size: u32): bool {
  setDefaults(root);
  clearAnswer();
  if (size === 0) return true;
  if (proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, size, ANSWER, ANSWER + 4) !== OK || answerData() === 0) {
    log(WARN, "the configuration cannot be read: the defaults are used");
    return true;
  }
  root.source = answerData();
  const length = answerSize();
  if (isBlank(root.source, length)) return true;
  if (!openJson(root.source, length) || peekValue() !== OBJECT) {
    log(WARN, "the configuration is no JSON object: the defaults are used");
    return true;
  }
  isRefused = false;
  enter();
  while (nextMember()) readMember(root, stringData, stringSize);
  return !isRefused;
}

const OBJECT: u8 = 0x7b;
const ARRAY: u8 = 0x5b;
const STRING: u8 = 0x22;
let isRefused: bool = false;

function isBlank(data: usize, size: u32): bool {
  for (let at: u32 = 0; at < size; at++) if (load<u8>(data + at) > 0x20) return false;
  return true;
}

function readMember(root: Root, key: usize, size: u32): void {
  if (isText(key, size, "format")) readFormat(root, key, size);
  else if (isText(key, size, "body_mode")) readBodyMode(root, key, size);
  else if (isText(key, size, "service_mesh")) readMesh(root, key, size);
  else if (isText(key, size, "compat")) root.isCompatible = flag(key, size, root.isCompatible);
  else if (isText(key, size, "redact")) root.redacts = flag(key, size, root.redacts);
  else if (isText(key, size, "flush_on_done")) root.flushesOnDone = flag(key, size, root.flushesOnDone);
  else if (isText(key, size, "trace_sampling_enabled")) root.samples = flag(key, size, root.samples);
  else if (isText(key, size, "sampling")) readSampling(root, key, size);
  else if (isText(key, size, "timeout_ms")) root.timeout = <u32>number(key, size, root.timeout, 1, 3600000);
  else if (isText(key, size, "max_body_bytes")) root.maxBody = <u32>number(key, size, root.maxBody, 0, 1073741824);
  else if (isText(key, size, "max_memory_bytes"))
    root.maxMemory = <u64>number(key, size, <f64>root.maxMemory, LEAST_MEMORY, MOST_MEMORY);
  else if (isText(key, size, "sample_rate")) root.sampleRate = number(key, size, root.sampleRate, 0, 1);
  else if (isText(key, size, "exclude_header_prefixes")) root.excludedPrefixes = list(key, size, root.excludedPrefixes, false);
  else if (isText(key, size, "redact_headers")) root.redactedHeaders = list(key, size, root.redactedHeaders, true);
  else if (isText(key, size, "redact_query")) root.redactedQuery = list(key, size, root.redactedQuery, true);
  else if (isText(key, size, "skip_paths")) root.skippedPaths = list(key, size, root.skippedPaths, false);
  else if (isText(key, size, "log_payload")) refusePayload(key, size);
  else if (!readTexts(root, key, size)) {
    log(WARN, "unknown key in the configuration: ", key, size);
    skipValue();
  }
}

function readTexts(root: Root, key: usize, size: u32): bool {
  if (isText(key, size, "path")) {
    if (text(key, size)) {
      root.path = stringData;
      root.pathSize = stringSize;
    }
  } else if (isText(key, size, "authority")) {
    if (text(key, size)) {
      root.authority = stringData;
      root.authoritySize = stringSize;
    }
  } else if (isText(key, size, "cluster")) {
    if (text(key, size)) {
      root.cluster = stringData;
      root.clusterSize = stringSize;
    }
  } else if (isText(key, size, "nats_subject")) {
    if (text(key, size)) {
      root.subject = stringData;
      root.subjectSize = stringSize;
    }
  } else if (isText(key, size, "token")) {
    if (text(key, size)) {
      root.token = stringData;
      root.tokenSize = stringSize;
    }
  } else return false;
  return true;
}

function readFormat(root: Root, key: usize, size: u32): void {
  if (!text(key, size)) return;
  if (isText(stringData, stringSize, "scn")) root.format = FORMAT_SCN;
  else if (isText(stringData, stringSize, "apiclarity")) root.format = FORMAT_APICLARITY;
  else log(WARN, "unknown format, scn is used; there are scn and apiclarity, not ", stringData, stringSize);
}

function readBodyMode(root: Root, key: usize, size: u32): void {
  if (!text(key, size)) return;
  if (isText(stringData, stringSize, "drop")) root.bodyMode = BODY_DROP;
  else if (isText(stringData, stringSize, "prefix")) root.bodyMode = BODY_PREFIX;
  else if (isText(stringData, stringSize, "none")) root.bodyMode = BODY_NONE;
  else log(WARN, "unknown body_mode, drop is used; there are drop, prefix and none, not ", stringData, stringSize);
}

function readMesh(root: Root, key: usize, size: u32): void {
  if (!text(key, size)) return;
  if (isText(stringData, stringSize, "kuma")) root.mesh = MESH_KUMA;
  else {
    root.mesh = MESH_ISTIO;
    if (!isText(stringData, stringSize, "istio"))
      log(WARN, "unknown service_mesh, istio is used; there are istio and kuma, not ", stringData, stringSize);
  }
}

function readSampling(root: Root, key: usize, size: u32): void {
  if (peekValue() !== OBJECT) return mistake(key, size, "an object is wanted in the configuration for ");
  enter();
  while (nextMember()) {
    const name = stringData;
    const length = stringSize;
    if (isText(name, length, "enabled")) root.samples = flag(name, length, root.samples);
    else if (isText(name, length, "trace_before_first_list"))
      root.tracesBeforeList = flag(name, length, root.tracesBeforeList);
    else if (isText(name, length, "interval_ms"))
      root.samplingInterval = <u32>number(name, length, root.samplingInterval, 1000, 86400000);
    else if (isText(name, length, "cluster")) {
      if (text(name, length)) {
        root.samplingCluster = stringData;
        root.samplingClusterSize = stringSize;
      }
    } else if (isText(name, length, "path")) {
      if (text(name, length)) {
        root.samplingPath = stringData;
        root.samplingPathSize = stringSize;
      }
    } else {
      log(WARN, "unknown key in the configuration's sampling: ", name, length);
      skipValue();
    }
  }
}

/** Payloads are other people's data: they do not go into the proxy's log. */
function refusePayload(key: usize, size: u32): void {
  if (!flag(key, size, true)) return;
  isRefused = true;
  log(ERROR, "log_payload is refused: payloads are not written to the proxy's log; take it out of the configuration");
}

/** The value that comes next, `true` or the string "true" (as the original wants it). */
function flag(key: usize, size: u32, before: bool): bool {
  const kind = peekValue();
  if (kind === STRING) {
    readString();
    return isText(stringData, stringSize, "true");
  }
  if (kind === 0x74 || kind === 0x66) return readBoolean();
  mistake(key, size, "true or false is wanted in the configuration for ");
  return before;
}

function number(key: usize, size: u32, before: f64, least: f64, most: f64): f64 {
  const kind = peekValue();
  if (kind !== 0x2d && (kind < 0x30 || kind > 0x39)) {
    mistake(key, size, "a number is wanted in the configuration for ");
    return before;
  }
  const value = readNumber();
  if (value >= least && value <= most) return value;
  log(WARN, "out of range in the configuration, the default is used: ", key, size);
  return before;
}

function text(key: usize, size: u32): bool {
  if (peekValue() !== STRING) {
    mistake(key, size, "a text is wanted in the configuration for ");
    return false;
  }
  readString();
  return true;
}

/** A list of texts, in the place of the one before or added to it; other items of it are told and left out. */
function list(key: usize, size: u32, before: usize, isAdded: bool): usize {
  if (peekValue() !== ARRAY) {
    mistake(key, size, "a list of texts is wanted in the configuration for ");
    return before;
  }
  const items = isAdded && before !== 0 ? before : createList();
  let isLong = false;
  enter();
  while (nextItem()) {
    if (!text(key, size)) continue;
    if (!addToList(items, stringData, stringSize)) isLong = true;
  }
  if (isLong) log(WARN, "too long a list in the configuration, its end is left out: ", key, size);
  if (items !== before) releaseList(before);
  return items;
}

/** Passes over a value of the wrong type. */
function mistake(key: usize, size: u32, text: string): void {
  skipValue();
  log(WARN, text, key, size);
}

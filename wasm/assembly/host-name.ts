// The name of a service as APIClarity keeps it (the original filter's fixHostname): no scheme, user and port; a name of one word gets
// its namespace; Kubernetes' suffixes go. `catalogue` in sock-shop → catalogue.sock-shop; a.b.svc.cluster.local → a.b.

import { firstPlace, isDigit, lastPlace, startsWith } from "./text";

/** The last result: a part of the input, to which `.` and the namespace belong where `isWithNamespace`. */
export let nameData: usize = 0;
export let nameSize: u32 = 0;
export let isWithNamespace: bool = false;
/** False for a name of one word without a namespace, and for none. */
export let isFixed: bool = false;

/** @param isCompatible takes an IPv6 address for a word, as the original does */
export function fixHostName(data: usize, size: u32, hasNamespace: bool, isCompatible: bool): void {
  isWithNamespace = false;
  isFixed = false;
  nameSize = 0;
  nameData = data;
  const start = skipScheme(data, size);
  if (start < 0) return;
  readAuthority(data + start, size - start);
  if (nameSize === 0) return;
  if (!isCompatible && firstPlace(nameData, nameSize, 0x3a) >= 0) {
    isFixed = true;
    return;
  }
  if (firstPlace(nameData, nameSize, 0x2e) < 0) {
    isWithNamespace = isFixed = hasNamespace;
    return;
  }
  isFixed = true;
  cutEnd(".svc.cluster.local");
  cutEnd(".svc.cluster");
  cutEnd(".svc");
}

function cutEnd(end: string): void {
  const length = <u32>end.length;
  if (nameSize >= length && startsWith(nameData + nameSize - length, length, end)) nameSize -= length;
}

/** Where the authority begins: after `scheme://`, if there is any; -1 where what stands there is no scheme. */
function skipScheme(data: usize, size: u32): i32 {
  let place: i32 = -1;
  for (let at: u32 = 0; at + 2 < size && place < 0; at++)
    if (startsWith(data + at, size - at, "://")) place = <i32>at;
  if (place < 0) return 0;
  for (let at = 0; at < place; at++) {
    const byte = load<u8>(data + at);
    const letter = byte | 0x20;
    if (letter >= 0x61 && letter <= 0x7a) continue;
    if (at === 0 || (!isDigit(byte) && byte !== 0x2b && byte !== 0x2d && byte !== 0x2e)) return -1;
  }
  return place === 0 ? -1 : place + 3;
}

/** The host of `user@host:port/…` into `nameData` and `nameSize`; nothing where it is none. */
function readAuthority(data: usize, size: u32): void {
  let length: u32 = 0;
  for (let at: u32 = 0; at < size; at++) if (load<u8>(data + at) < 0x20 || load<u8>(data + at) === 0x7f) return;
  while (length < size && !isEndOfAuthority(load<u8>(data + length))) length++;
  const user = lastPlace(data, length, 0x40);
  const host = data + (user + 1);
  const hostSize = length - <u32>(user + 1);
  const isBracketed = hostSize > 0 && load<u8>(host) === 0x5b;
  const bracket = lastPlace(host, hostSize, 0x5d);
  if (isBracketed && bracket < 0) return;
  const colon = isBracketed ? bracket + 1 : lastPlace(host, hostSize, 0x3a);
  if (colon >= 0 && !isPort(host + colon, hostSize - colon)) return;
  for (let at: u32 = 0; at < hostSize; at++) if (!isOfHost(load<u8>(host + at))) return;
  const end = colon >= 0 ? <u32>colon : hostSize;
  nameData = isBracketed ? host + 1 : host;
  nameSize = isBracketed ? end - 2 : end;
}

function isEndOfAuthority(byte: u8): bool {
  return byte === 0x2f || byte === 0x3f || byte === 0x23;
}

/** Nothing, or a colon and digits. */
function isPort(data: usize, size: u32): bool {
  if (size === 0) return true;
  if (load<u8>(data) !== 0x3a) return false;
  for (let at: u32 = 1; at < size; at++) if (!isDigit(load<u8>(data + at))) return false;
  return true;
}

/** The bytes that Go's net/url takes in a host. */
function isOfHost(byte: u8): bool {
  const letter = byte | 0x20;
  if ((letter >= 0x61 && letter <= 0x7a) || isDigit(byte) || byte >= 0x80) return true;
  // ! " $ & ' ( ) * + , - . : ; < = > [ ] _ ~
  switch (byte) {
    case 0x21:
    case 0x22:
    case 0x24:
    case 0x3a:
    case 0x3b:
    case 0x3c:
    case 0x3d:
    case 0x3e:
    case 0x5b:
    case 0x5d:
    case 0x5f:
    case 0x7e:
      return true;
    default:
      return byte >= 0x26 && byte <= 0x2e;
  }
}

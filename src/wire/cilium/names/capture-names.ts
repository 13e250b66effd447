import { swapUint16 } from "../go/read-native.ts";

export const DbgCaptureUnspec = 0;
export const DbgCaptureReserved1 = 1;
export const DbgCaptureReserved2 = 2;
export const DbgCaptureReserved3 = 3;
export const DbgCaptureDelivery = 4;
export const DbgCaptureFromLb = 5;
export const DbgCaptureAfterV46 = 6;
export const DbgCaptureAfterV64 = 7;
export const DbgCaptureProxyPre = 8;
export const DbgCaptureProxyPost = 9;
export const DbgCaptureSnatPre = 10;
export const DbgCaptureSnatPost = 11;

/** The fields of a debug capture that its texts are made of. */
export interface CaptureSubject {
  readonly subType: number;
  readonly arg1: number;
}

/** The subject of the capture. */
export function captureMessage(capture: CaptureSubject): string {
  const { arg1 } = capture;
  switch (capture.subType) {
    case DbgCaptureDelivery:
      return `Delivery to ifindex ${arg1}`;
    case DbgCaptureFromLb:
      return `Incoming packet to load balancer on ifindex ${arg1}`;
    case DbgCaptureAfterV46:
      return `Packet after nat46 ifindex ${arg1}`;
    case DbgCaptureAfterV64:
      return `Packet after nat64 ifindex ${arg1}`;
    case DbgCaptureProxyPre:
      return `Packet to proxy port ${swapUint16(arg1)} (Pre)`;
    case DbgCaptureProxyPost:
      return `Packet to proxy port ${swapUint16(arg1)} (Post)`;
    case DbgCaptureSnatPre:
      return `Packet going into snat engine on ifindex ${arg1}`;
    case DbgCaptureSnatPost:
      return `Packet coming from snat engine on ifindex ${arg1}`;
    default:
      return `Unknown message type=${capture.subType} arg1=${arg1}`;
  }
}

/** The text before the connection in a one-line summary; empty for captures that are not summarised. */
export function capturePrefix(capture: CaptureSubject, linkText: (index: number) => string): string {
  const { arg1 } = capture;
  switch (capture.subType) {
    case DbgCaptureDelivery:
      return `-> ${linkText(arg1)}`;
    case DbgCaptureFromLb:
      return `<- load-balancer ${linkText(arg1)}`;
    case DbgCaptureAfterV46:
      return `== v4->v6 ${arg1}`;
    case DbgCaptureAfterV64:
      return `== v6->v4 ${arg1}`;
    case DbgCaptureProxyPost:
      return `-> proxy port ${swapUint16(arg1)}`;
    default:
      return "";
  }
}

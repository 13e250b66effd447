// The namespace of the service that answered, as the mesh says it in the metadata of the upstream host.

import { answerData, answerSize } from "./host";
import { release } from "./memory";
import { FORMAT_SCN, MESH_KUMA, Root } from "./root";
import { Stream } from "./stream";
import { askProperty, firstPlace } from "./text";

export function findNamespace(root: Root, stream: Stream): void {
  release(stream.namespaceSource);
  stream.namespaceSource = stream.namespace = 0;
  stream.namespaceSize = 0;
  if (root.mesh === MESH_KUMA) {
    if (
      !askProperty("upstream_host_metadata\0filter_metadata\0envoy.lb\0k8s.kuma.io/namespace") &&
      !askProperty("xds\0upstream_host_metadata\0filter_metadata\0envoy.lb\0k8s.kuma.io/namespace")
    )
      return;
    stream.namespaceSource = stream.namespace = answerData();
    stream.namespaceSize = answerSize();
    return;
  }
  if (
    !askProperty("upstream_host_metadata\0filter_metadata\0istio\0workload") &&
    !askProperty("xds\0upstream_host_metadata\0filter_metadata\0istio\0workload")
  )
    return;
  stream.namespaceSource = answerData();
  // The original of that format knows the longer form alone.
  const least: u32 = root.isCompatible && root.format === FORMAT_SCN ? 5 : 4;
  readWorkload(stream, answerData(), answerSize(), least);
}

/** `workload;namespace;canonical name;revision`, and a cluster behind it or not. */
function readWorkload(stream: Stream, data: usize, size: u32, least: u32): void {
  let parts: u32 = 1;
  for (let at: u32 = 0; at < size; at++) if (load<u8>(data + at) === 0x3b) parts++;
  if (parts < least || parts > 5) return;
  const start = <u32>firstPlace(data, size, 0x3b) + 1;
  stream.namespace = data + start;
  stream.namespaceSize = <u32>firstPlace(data + start, size - start, 0x3b);
}

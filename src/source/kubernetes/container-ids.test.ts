import assert from "node:assert/strict";
import { test } from "node:test";
import { bareContainerId, findContainerIds } from "./container-ids.ts";

const ID = "7dae778c37bd1204677518f1032bbecf01f5c41878ea7bd370021263417cc626";
const OTHER = "c0ffee".padEnd(64, "0");
const POD = "kubepods-burstable-pod3d2f1c0a_5b6e_4f7a_8c9d_0e1f2a3b4c5d.slice";

const rows: readonly (readonly [name: string, cgroup: string, ids: readonly string[]])[] = [
  ["containerd, v2", `0::/kubepods.slice/kubepods-burstable.slice/${POD}/cri-containerd-${ID}.scope\n`, [ID]],
  ["containerd, v2, seen from another cgroup namespace", `0::/../../${POD}/cri-containerd-${ID}.scope\n`, [ID]],
  ["containerd with cgroupfs", `0::/kubepods/besteffort/pod3d2f1c0a-5b6e-4f7a-8c9d-0e1f2a3b4c5d/${ID}\n`, [ID]],
  ["containerd, v1", `12:pids:/kubepods/pod1/${ID}\n1:name=systemd:/kubepods/pod1/${ID}\n0::/\n`, [ID]],
  ["containerd with systemd, v1", `3:cpu:/system.slice/containerd.service/${POD}:cri-containerd:${ID}\n`, [ID]],
  ["CRI-O", `0::/kubepods.slice/${POD}/crio-${ID}.scope\n`, [ID]],
  ["what watches a container of CRI-O", `0::/kubepods.slice/${POD}/crio-conmon-${ID}.scope\n`, []],
  ["Docker", `0::/kubepods.slice/${POD}/docker-${ID}.scope\n`, [ID]],
  ["Podman", `0::/machine.slice/libpod-${ID}.scope/container\n`, [ID]],
  ["groups of its own below", `0::/kubepods.slice/${POD}/cri-containerd-${ID}.scope/init.scope\n`, [ID]],
  ["a container in a container: the inner one", `0::/kubepods/pod1/${OTHER}/docker/${ID}\n`, [ID]],
  ["no container", "0::/system.slice/sshd.service\n", []],
  ["a kernel thread", "0::/\n", []],
  ["nothing", "", []],
];
for (const [name, cgroup, ids] of rows)
  test(`the container of a cgroup: ${name}`, () => assert.deepEqual(findContainerIds(cgroup), ids));

test("ids without the name of what runs them", () => {
  for (const scheme of ["containerd://", "cri-o://", "docker://", ""]) assert.equal(bareContainerId(scheme + ID), ID);
});

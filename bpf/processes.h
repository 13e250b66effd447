// Which tasks are watched: decided once a task, and again after exec and when the rules change.
#pragma once
#include "state.h"

#define MAX_CGROUP_DEPTH 8

static __noinline int matches_cgroup(void)
{
	for (int level = 1; level < MAX_CGROUP_DEPTH; level++) {
		u64 id = bpf_get_current_ancestor_cgroup_id(level);
		if (id == 0)
			break;
		if (bpf_map_lookup_elem(&cgroups, &id))
			return 1;
	}
	return 0;
}

static __noinline u32 find_reason(u32 pid, u32 parent)
{
	u32 *known = bpf_map_lookup_elem(&pids, &pid);
	if (known)
		return *known;
	if (control.watch_all)
		return WATCHED | BY_RULE;
	known = bpf_map_lookup_elem(&pids, &parent);
	if (known && *known & INHERITED)
		return *known;
	if (control.use_comms) {
		char comm[16] = {};
		bpf_get_current_comm(comm, sizeof(comm));
		if (bpf_map_lookup_elem(&comms, comm))
			return WATCHED | BY_RULE;
	}
	if (control.use_cgroups && matches_cgroup())
		return WATCHED | BY_RULE;
	return 0;
}

static __always_inline struct task_state *decide(struct task_struct *task)
{
	struct task_state *state = bpf_task_storage_get(&tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!state) {
		count(LOST_TASKS, 1);
		return 0;
	}
	u32 pid = task->tgid;
	state->generation = control.generation;
	state->watched = 0;
	if (pid == control.own_pid)
		return state;
	u32 reason = find_reason(pid, BPF_CORE_READ(task, real_parent, tgid));
	state->watched = reason;
	if (reason && bpf_map_update_elem(&pids, &pid, &reason, BPF_NOEXIST) == 0)
		emit_process(task, RECORD_PROCESS, reason);
	return state;
}

// The state of the current task where it is watched.
static __always_inline struct task_state *watched_task(struct task_struct *task)
{
	struct task_state *state = bpf_task_storage_get(&tasks, task, 0, 0);
	if (!state || state->generation != control.generation)
		state = decide(task);
	return state && state->watched ? state : 0;
}

SEC("tp_btf/sched_process_fork")
int on_process_fork(u64 *ctx)
{
	struct task_struct *parent = (struct task_struct *)ctx[0];
	struct task_struct *child = (struct task_struct *)ctx[1];
	u32 from = BPF_CORE_READ(parent, tgid);
	u32 to = BPF_CORE_READ(child, tgid);
	if (from == to)
		return 0;
	u32 *known = bpf_map_lookup_elem(&pids, &from);
	if (!known || !(*known & INHERITED))
		return 0;
	u32 reason = *known;
	if (bpf_map_update_elem(&pids, &to, &reason, BPF_NOEXIST) == 0) {
		emit_process(child, RECORD_PROCESS, ((u64)from << 32) | reason);
	}
	return 0;
}

SEC("tp_btf/sched_process_exec")
int on_process_exec(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 pid = task->tgid;
	u32 *known = bpf_map_lookup_elem(&pids, &pid);
	// It may be another command now.
	if (known && *known & BY_RULE && !control.watch_all)
		bpf_map_delete_elem(&pids, &pid);
	struct task_state *state = decide(task);
	if (state && state->watched)
		emit_process(task, RECORD_EXEC, 0);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_process_exit(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 pid = task->tgid;
	if (BPF_CORE_READ(task, signal, live.counter) != 0 || !bpf_map_lookup_elem(&pids, &pid))
		return 0;
	bpf_map_delete_elem(&pids, &pid);
	emit_process(task, RECORD_EXIT, 0);
	return 0;
}

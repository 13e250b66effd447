// What system calls say of sockets. One program, where they return: the arguments are still there.
#pragma once
#include "moved_bytes.h"
#include "syscall_numbers.h"

static __always_inline bool is_compat(struct task_struct *task, u64 number)
{
#if defined(__TARGET_ARCH_x86)
	return number & 0x40000000 || task->thread_info.status & 2;
#else
	return false;
#endif
}

SEC("tp_btf/sys_exit")
int on_exit(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = watched_task(task);
	if (!state)
		return 0;
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	s64 result = ctx[1];
	u64 number = SYSCALL_NUMBER(regs);
	if (number >= SYSCALLS)
		return 0;
	u32 call = calls[number & (SYSCALLS - 1)];
	if (call == CALL_OTHER)
		return 0;
	if (is_compat(task, number)) {
		count(LOST_COMPAT, 1);
		return 0;
	}
	u32 pid = task->tgid;
	s32 fd = ARGUMENT_1(regs);
	struct message message = {};
	state->h.time = bpf_ktime_get_ns();
	state->h.started = state->entered;
	state->h.pid = pid;
	state->h.tid = task->pid;
	state->h.syscall = call;
	state->h.fd = fd;
	state->h.flags = 0;
	state->entered = 0;
	switch (call) {
	case CALL_ACCEPT:
		if (result >= 0) {
			forget(state, pid, result);
			state->h.flags = 0;
			state->h.fd = result;
			follow(state, pid, result, 2);
		}
		return 0;
	case CALL_CONNECT:
		if (result == 0 || result == -EINPROGRESS) {
			forget(state, pid, fd);
			state->h.flags = 0;
			state->h.aux = result == 0;
			follow(state, pid, fd, 1);
		}
		return 0;
	case CALL_SOCKET:
		if (result >= 0)
			forget(state, pid, result);
		return 0;
	case CALL_CLOSE:
		forget(state, pid, fd);
		return 0;
	case CALL_SHUTDOWN:
		if (result == 0 && (s32)ARGUMENT_2(regs) != SHUT_RD)
			ended(state, pid, fd, WRITE, 0);
		return 0;
	case CALL_MAP:
		if (result > 0 && ARGUMENT_3(regs) & PROT_EXEC && (s32)ARGUMENT_5(regs) >= 0)
			emit_process(task, RECORD_MAPPED, 0);
		return 0;
	case CALL_URING:
		if (!(state->watched & 256)) {
			state->watched |= 256;
			emit_process(task, RECORD_IO_URING, 0);
		}
		return 0;
	}
	u32 direction = call >= CALL_FIRST_WRITE ? WRITE : READ;
	if (result == -ECONNRESET || result == -EPIPE) {
		ended(state, pid, fd, direction, 1);
		return 0;
	}
	if (result < 0)
		return 0;
	message.direction = direction;
	message.moved = result;
	switch (call) {
	case CALL_SENDFILE:
		if (result > 0)
			transferred(state, pid, fd, result, WRITE);
		return 0;
	case CALL_SPLICE:
		if (result > 0) {
			transferred(state, pid, fd, result, READ);
			transferred(state, pid, ARGUMENT_3(regs), result, WRITE);
		}
		return 0;
	case CALL_RECVMMSG:
	case CALL_SENDMMSG: {
		if (call == CALL_RECVMMSG && ARGUMENT_4(regs) & MSG_PEEK)
			return 0;
		struct many many = {ARGUMENT_2(regs), fd, direction, result};
		bpf_loop(result > 64 ? 64 : result, moved_one_of_many, &many, 0);
		return 0;
	}
	case CALL_RECVMSG:
		if (ARGUMENT_3(regs) & MSG_PEEK)
			return 0;
	case CALL_SENDMSG: {
		if (result == 0 && direction == READ)
			break;
		moved_vector(state, fd, ARGUMENT_2(regs), result, direction);
		return 0;
	}
	case CALL_READV:
	case CALL_WRITEV:
		message.iov = ARGUMENT_2(regs);
		message.iov_left = ARGUMENT_3(regs);
		break;
	case CALL_RECVFROM:
		if (ARGUMENT_4(regs) & MSG_PEEK)
			return 0;
	case CALL_SENDTO:
		message.name = ARGUMENT_5(regs);
	default:
		message.buffer = ARGUMENT_2(regs);
		message.length = ARGUMENT_3(regs);
	}
	if (result == 0) {
		// The end of the stream, unless nothing was asked for.
		if (direction == READ && (message.iov || message.length))
			ended(state, pid, fd, READ, 0);
		return 0;
	}
	moved(state, pid, fd, &message);
	return 0;
}

// When a call began: only where durations are asked for, as it costs every system call of the machine.
SEC("?tp_btf/sys_enter")
int on_enter(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = watched_task(task);
	if (!state)
		return 0;
	u64 number = ctx[1];
	if (number < SYSCALLS && calls[number & (SYSCALLS - 1)] != CALL_OTHER)
		state->entered = bpf_ktime_get_ns();
	return 0;
}

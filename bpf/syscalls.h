// What system calls say of sockets. One program, where they return: the arguments are still there.
#pragma once
#include "capture.h"
#include "network.h"
#include "path_functions.h"
#include "processes.h"
#include "tls.h"
#include "syscall_numbers.h"

static __always_inline struct file *file_of(struct task_struct *task, s32 fd)
{
	struct fdtable *table = task->files->fdt;
	struct file *file = 0;
	if (fd < 0 || (u32)fd >= table->max_fds)
		return 0;
	struct file **slot = table->fd + fd;
	bpf_probe_read_kernel(&file, sizeof(file), slot);
	return file;
}

static __noinline struct sock *socket_of(struct file *file)
{
	u16 mode = BPF_CORE_READ(file, f_inode, i_mode);
	if ((mode & S_IFMT) != S_IFSOCK)
		return 0;
	struct socket *socket = (struct socket *)BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(socket, sk);
}

static __always_inline bool is_asked_for(u16 local, u16 remote)
{
	u32 ports = control.port_count;
	if (ports == 0)
		return true;
	for (u32 i = 0; i < MAX_PORTS; i++)
		if (i < ports && (control.ports[i] == local || control.ports[i] == remote))
			return true;
	return false;
}

static __always_inline void read_address(struct connection_record *record, struct sock *sk)
{
	record->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	record->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
	record->remote_port = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	record->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	if (record->family == AF_INET6) {
		BPF_CORE_READ_INTO(&record->local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&record->remote, sk, __sk_common.skc_v6_daddr);
	} else {
		*(u32 *)record->local = BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr);
		*(u32 *)record->remote = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	}
}

// Tells of a connection; its flags say where that did not go.
static __noinline int announce(struct task_state *state, struct conn *conn, u32 role)
{
	struct connection_record *record;
	if (!state || !conn)
		return 0;
	record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);
	if (!record) {
		count(LOST_RING_FULL, 1);
		conn->flags |= CONN_UNANNOUNCED;
		return 0;
	}
	struct sock *sk = (struct sock *)conn->sock;
	record->h = state->h;
	record->h.type = RECORD_CONNECTION;
	record->h.conn = conn->id;
	record->h.size = 0;
	record->h.captured = 0;
	record->socket = conn->sock;
	record->rx = conn->rx;
	record->tx = conn->tx;
	record->protocol = conn->flags & CONN_DATAGRAMS ? IPPROTO_UDP : IPPROTO_TCP;
	record->role = role;
	__builtin_memset(record->local, 0, sizeof(record->local) + sizeof(record->remote));
	read_address(record, sk);
	bpf_ringbuf_submit(record, submit_flags());
	count(PRODUCED, 1);
	conn->flags &= ~CONN_UNANNOUNCED;
	return 0;
}

/**
 * Follows the socket behind a descriptor from now on; 0 where it is none, or none that is asked for.
 * A connection whose beginning was not seen has the kernel's own counts of what moved before.
 */
static __noinline struct conn *follow(struct task_state *state, u32 pid, s32 fd, u32 role)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct conn_key key = {pid, fd};
	if (!state)
		return 0;
	struct conn *fresh = &state->fresh;
	__builtin_memset(fresh, 0, sizeof(*fresh));
	struct file *file = file_of(task, fd);
	if (!file)
		return 0;
	struct sock *sk = socket_of(file);
	if (!sk)
		return 0;
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (family != AF_INET && family != AF_INET6)
		return 0;
	u16 protocol = BPF_CORE_READ(sk, sk_protocol);
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return 0;
	fresh->file = (u64)file;
	fresh->sock = (u64)sk;
	fresh->flags = protocol == IPPROTO_UDP ? CONN_DATAGRAMS : 0;
	u16 local = BPF_CORE_READ(sk, __sk_common.skc_num);
	u16 remote = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (!is_asked_for(local, remote))
		fresh->flags |= CONN_IGNORED;
	fresh->id = __sync_fetch_and_add(&control.next_id, 1);
	if (role == 0) {
		state->h.flags |= FLAG_LATE;
		if (protocol == IPPROTO_TCP) {
			struct tcp_sock *tcp = (struct tcp_sock *)sk;
			u32 unread = BPF_CORE_READ(tcp, rcv_nxt) - BPF_CORE_READ(tcp, copied_seq);
			u32 unacknowledged = BPF_CORE_READ(tcp, write_seq) - BPF_CORE_READ(tcp, snd_una);
			fresh->rx = BPF_CORE_READ(tcp, bytes_received) - unread;
			fresh->tx = BPF_CORE_READ(tcp, bytes_acked) + unacknowledged;
			// A socket that was accepted has the backlog of the one that listens.
			role = BPF_CORE_READ(sk, sk_max_ack_backlog) ? 2 : 1;
		} else
			role = remote == 0 ? 2 : 1;
	}
	if (bpf_map_update_elem(&conns, &key, fresh, BPF_ANY)) {
		count(LOST_NO_CONNECTION, 1);
		return 0;
	}
	struct conn *conn = bpf_map_lookup_elem(&conns, &key);
	if (conn && !(fresh->flags & CONN_IGNORED)) {
		announce(state, conn, role);
		if (control.packets)
			own_packets(state, sk, fresh->id, pid);
		if (control.timings && !(fresh->flags & CONN_DATAGRAMS))
			begin_path((u64)sk, role == 1);
	}
	state->h.flags &= ~FLAG_LATE;
	return conn;
}

static __noinline int forget(struct task_state *state, u32 pid, s32 fd)
{
	struct conn_key key = {pid, fd};
	struct conn *conn = bpf_map_lookup_elem(&conns, &key);
	if (!conn || !state)
		return 0;
	if (!(conn->flags & CONN_IGNORED)) {
		u8 flags = conn->flags & CONN_RESET ? FLAG_RESET : 0;
		struct sock *sk = (struct sock *)conn->sock;
		u8 tcp_state = BPF_CORE_READ(sk, __sk_common.skc_state);
		if (!(conn->flags & CONN_DATAGRAMS) && (tcp_state == TCP_ESTABLISHED || tcp_state == TCP_CLOSE_WAIT))
			flags |= FLAG_STILL_OPEN;
		state->h.type = RECORD_CLOSE;
		state->h.conn = conn->id;
		state->h.flags = flags;
		state->h.fd = fd;
		state->h.size = 0;
		state->h.captured = 0;
		// Packets of the last write may have been sent when it had returned.
		if (control.timings && !(conn->flags & CONN_DATAGRAMS))
			tell_path(state, conn->sock, conn->id, WRITE);
		emit(&state->h);
		if (control.packets && !(flags & FLAG_STILL_OPEN) && conn->flags & CONN_DATAGRAMS)
			disown_packets(sk);
	}
	bpf_map_delete_elem(&conns, &key);
	return 0;
}

// The connection of a descriptor that data moved on; `moved` bytes of it are not yet in its counts.
static __noinline struct conn *find_conn(struct task_state *state, u32 pid, s32 fd, u32 direction, u64 moved)
{
	struct conn_key key = {pid, fd};
	struct conn *conn = bpf_map_lookup_elem(&conns, &key);
	if (!state)
		return 0;
	if (conn) {
		struct file *file = file_of(bpf_get_current_task_btf(), fd);
		if ((u64)file == conn->file) {
			if (conn->flags & CONN_UNANNOUNCED)
				announce(state, conn, 0);
			return conn;
		}
		// The descriptor was closed in a way that is not looked at, and is another one now.
		forget(state, pid, fd);
	}
	conn = follow(state, pid, fd, 0);
	if (conn && !(conn->flags & CONN_DATAGRAMS)) {
		if (direction == READ)
			conn->rx -= moved;
		else
			conn->tx -= moved;
	}
	return conn;
}

static __always_inline bool looks_like_tls(u32 first)
{
	return (first & 0xff) >= 0x14 && (first & 0xff) <= 0x17 && (first & 0xff00) == 0x0300 && (first & 0xff0000) <= 0x040000;
}

// Which SSL* belongs to the connection, where a TLS library is at work (see tls.h).
static __noinline int note_tls(struct task_state *state, struct conn *conn, u32 direction, u32 first)
{
	if (!state || !conn)
		return 0;
	if (state->tls_depth > 0 && state->tls_depth <= MAX_TLS_DEPTH) {
		struct tls_call *call = &state->tls[(state->tls_depth - 1) & (MAX_TLS_DEPTH - 1)];
		call->conn = conn->id;
		call->fd = state->h.fd;
		return 0;
	}
	if (!looks_like_tls(first))
		return 0;
	if (direction == READ) {
		state->last_tls_read = conn->id;
		state->last_tls_fd = state->h.fd;
	} else if (state->waiting_ssl) {
		u64 ssl = state->waiting_ssl;
		struct session *session = find_session(state->h.pid, ssl);
		state->waiting_ssl = 0;
		if (session && session->conn == 0) {
			session->conn = conn->id;
			session->fd = state->h.fd;
			tell_link(state, ssl, conn->id, 3);
		}
	}
	return 0;
}

struct message {
	u64 buffer;
	u64 length;
	u64 iov;
	u64 iov_left;
	u64 name;
	u64 moved;
	u8 direction;
	u8 flags;
};

static __always_inline bool read_peer(struct task_state *state, u64 name)
{
	struct {
		u16 family;
		u16 port;
		u32 v4;
		u8 v6[20];
	} address = {};
	state->peer.family = 0;
	if (!name || bpf_probe_read_user(&address, 8, (void *)name))
		return false;
	if (address.family == AF_INET6) {
		// family, port, flow label, then the address
		if (bpf_probe_read_user(&address, 28, (void *)name))
			return false;
		__builtin_memcpy(state->peer.bytes, address.v6, 16);
	} else if (address.family == AF_INET) {
		__builtin_memset(state->peer.bytes, 0, 16);
		*(u32 *)state->peer.bytes = address.v4;
	} else
		return false;
	state->peer.port = __builtin_bswap16(address.port);
	state->peer.family = address.family;
	return true;
}

static __noinline int moved(struct task_state *state, u32 pid, s32 fd, struct message *message)
{
	if (!state || !message)
		return 0;
	u32 direction = message->direction & 1;
	struct conn *conn = find_conn(state, pid, fd, direction, message->moved);
	if (!conn || conn->flags & CONN_IGNORED)
		return 0;
	u64 *position = direction == READ ? &conn->rx : &conn->tx;
	state->h.type = RECORD_DATA;
	state->h.conn = conn->id;
	state->h.direction = direction;
	state->h.fd = fd;
	state->h.offset = *position;
	state->h.aux = 0;
	state->h.flags = message->flags;
	*position += message->moved;
	state->left = message->moved;
	state->peer.family = 0;
	if (conn->flags & CONN_DATAGRAMS) {
		state->h.flags |= FLAG_DATAGRAM;
		read_peer(state, message->name);
		state->budget = control.capture_bytes;
	} else {
		if (conn->speaker != direction + 1) {
			conn->speaker = direction + 1;
			conn->turn = 0;
		}
		u64 limit = control.capture_bytes;
		if (conn->flags & CONN_HTTP2)
			limit = ~0ull;
		state->budget = limit > conn->turn ? limit - conn->turn : 0;
		conn->turn += message->moved;
	}
	if (conn->flags & CONN_TLS) {
		state->h.flags |= FLAG_IN_TLS;
		state->budget = 0;
	}
	if (message->flags & FLAG_SENDFILE)
		state->budget = 0;
	state->base = message->buffer;
	state->length = message->length;
	state->iov = message->iov;
	state->iov_left = message->iov_left;
	bool is_first = state->h.offset == 0;
	u32 first = copy_message(state);
	if (is_first && first == 0x20495250) // "PRI "
		conn->flags |= CONN_HTTP2;
	if (conn->flags & CONN_DATAGRAMS)
		return 0;
	note_tls(state, conn, direction, first);
	if (control.timings) {
		tell_path(state, conn->sock, conn->id, WRITE);
		if (direction == READ)
			tell_path(state, conn->sock, conn->id, READ);
	}
	return 0;
}

static __noinline int moved_vector(struct task_state *state, s32 fd, u64 header, u64 bytes, u32 direction)
{
	struct message message = {};
	if (!state)
		return 0;
	// Not on the stack: the calls from here on need that.
	if (bpf_probe_read_user(&state->msg, sizeof(state->msg), (void *)header)) {
		count(LOST_FAULT, 1);
		return 0;
	}
	message.iov = state->msg.iov;
	message.iov_left = state->msg.iov_len;
	message.name = state->msg.name_len ? state->msg.name : 0;
	message.moved = bytes;
	message.direction = direction;
	return moved(state, state->h.pid, fd, &message);
}

struct many {
	u64 vector;
	s32 fd;
	u32 direction;
	u32 messages;
};

static long moved_one_of_many(u32 index, struct many *many)
{
	struct task_state *state = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, 0);
	u64 at = many->vector + index * sizeof(struct user_mmsghdr);
	u32 length;
	if (!state || index >= many->messages ||
	    bpf_probe_read_user(&length, sizeof(length), (void *)(at + __builtin_offsetof(struct user_mmsghdr, len))))
		return 1;
	moved_vector(state, many->fd, at, length, many->direction);
	return 0;
}

static __noinline int transferred(struct task_state *state, u32 pid, s32 fd, u64 bytes, u32 direction)
{
	struct message message = {};
	message.moved = bytes;
	message.direction = direction;
	message.flags = FLAG_SENDFILE;
	return moved(state, pid, fd, &message);
}

static __noinline int ended(struct task_state *state, u32 pid, s32 fd, u32 direction, u32 reset)
{
	struct conn_key key = {pid, fd};
	struct conn *conn = bpf_map_lookup_elem(&conns, &key);
	if (!state || !conn || conn->flags & CONN_IGNORED)
		return 0;
	if (reset) {
		conn->flags |= CONN_RESET;
		return 0;
	}
	if (conn->flags & CONN_DATAGRAMS)
		return 0;
	state->h.type = RECORD_SHUTDOWN;
	state->h.conn = conn->id;
	state->h.direction = direction;
	state->h.offset = direction == READ ? conn->rx : conn->tx;
	state->h.size = 0;
	state->h.captured = 0;
	state->h.flags = 0;
	state->h.fd = fd;
	emit(&state->h);
	return 0;
}

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

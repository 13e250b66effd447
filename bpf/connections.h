// The connections that are followed: found by process and descriptor, announced, forgotten, and known for TLS by their first bytes.
#pragma once
#include "capture.h"
#include "network.h"
#include "path_functions.h"
#include "processes.h"
#include "tls.h"

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
	void *ring = ring_of(conn->id);
	record = ring ? bpf_ringbuf_reserve(ring, sizeof(*record), 0) : 0;
	if (!record) {
		lose(conn->id, 0);
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
	bpf_ringbuf_submit(record, submit_flags(conn->id));
	count(PRODUCED, 1);
	conn->flags &= ~CONN_UNANNOUNCED;
	return 0;
}

// Both ends of a connection on this machine have the same, and so have all processes that share a socket.
static __always_inline u32 ring_number(u16 local, u16 remote)
{
	u32 rings = control.rings;
	return rings < 2 ? 0 : (((u32)(local ^ remote) * 0x9e3779b1u) >> 16) % rings & (MAX_RINGS - 1);
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
	fresh->id = __sync_fetch_and_add(&control.next_id, 1) << RING_BITS | ring_number(local, remote);
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

#define MOST_QUIET (64 * 1024)

// Tells of the ciphertext that moved since the last time.
static __noinline int tell_quiet(struct task_state *state, struct conn *conn, u32 direction)
{
	if (!state || !conn)
		return 0;
	u32 bytes = conn->quiet[direction & 1];
	if (bytes == 0)
		return 0;
	conn->quiet[direction & 1] = 0;
	state->h.type = RECORD_DATA;
	state->h.conn = conn->id;
	state->h.direction = direction;
	state->h.offset = (direction == READ ? conn->rx : conn->tx) - bytes;
	state->h.size = bytes;
	state->h.captured = 0;
	state->h.flags = FLAG_IN_TLS;
	state->h.aux = 0;
	emit(&state->h);
	return 0;
}

static __noinline int forget(struct task_state *state, u32 pid, s32 fd)
{
	struct conn_key key = {pid, fd};
	struct conn *conn = bpf_map_lookup_elem(&conns, &key);
	if (!conn || !state)
		return 0;
	if (!(conn->flags & CONN_IGNORED)) {
		u8 flags = conn->flags & CONN_RESET ? FLAG_RESET : 0;
		tell_quiet(state, conn, READ);
		tell_quiet(state, conn, WRITE);
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
		state->h.aux = 0;
		struct lost *lost = control.has_lost ? bpf_map_lookup_elem(&losses, &conn->id) : 0;
		if (lost) {
			state->h.aux = lost->records;
			state->h.offset = lost->bytes;
		}
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
			tell_link(state, session, ssl, 3);
		}
	}
	return 0;
}

// Bytes that a call moved on a socket, wherever the call has them: one buffer, a vector, several messages, a file.
#pragma once
#include "connections.h"

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
	// Of ciphertext only the sum is told. Where calls are timed, each is.
	bool is_quiet = conn->flags & CONN_TLS && !control.timings;
	if (is_quiet && (conn->quiet[direction] += message->moved) >= MOST_QUIET)
		tell_quiet(state, conn, direction);
	u32 first = is_quiet ? 0 : copy_message(state);
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

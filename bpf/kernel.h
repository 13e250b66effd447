// The kernel's types, as far as the programs look into them: the loader moves each field to where the running kernel has it (CO-RE).
#pragma once

#define READS_KERNEL __attribute__((preserve_access_index))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef signed char __s8;
typedef short __s16;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __be16;
typedef u32 __be32;
typedef u32 __wsum;
typedef u16 __le16;
typedef u32 __le32;

typedef _Bool bool;
#define true 1
#define false 0

#include "map_types.h"

#define AF_INET 2
#define AF_INET6 10
#define S_IFMT 00170000
#define S_IFSOCK 0140000
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define TCP_ESTABLISHED 1
#define TCP_SYN_RECV 3
#define TCP_CLOSE 7
#define TCP_CLOSE_WAIT 8
#define MSG_PEEK 2
#define PROT_EXEC 4
#define SHUT_RD 0
#define EINPROGRESS 115
#define EPIPE 32
#define ECONNRESET 104

struct thread_info {
	u32 status;
} READS_KERNEL;

struct signal_struct {
	struct {
		s32 counter;
	} live;
} READS_KERNEL;

struct files_struct {
	struct fdtable *fdt;
} READS_KERNEL;

struct fdtable {
	u32 max_fds;
	struct file **fd;
} READS_KERNEL;

struct inode {
	u16 i_mode;
} READS_KERNEL;

struct file {
	struct inode *f_inode;
	void *private_data;
} READS_KERNEL;

struct task_struct {
	struct thread_info thread_info;
	s32 pid;
	s32 tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct files_struct *files;
	struct signal_struct *signal;
	char comm[16];
} READS_KERNEL;

struct in6_addr {
	u8 bytes[16];
};

struct sock_common {
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	u16 skc_dport;
	u16 skc_num;
	u16 skc_family;
	volatile u8 skc_state;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} READS_KERNEL;

struct sock {
	struct sock_common __sk_common;
	u32 sk_max_ack_backlog;
	u16 sk_protocol;
	struct dst_entry *sk_dst_cache;
} READS_KERNEL;

struct tcp_sock {
	u64 bytes_received;
	u64 bytes_acked;
	u32 rcv_nxt;
	u32 copied_seq;
	u32 write_seq;
	u32 snd_una;
} READS_KERNEL;

struct socket {
	struct file *file;
	struct sock *sk;
} READS_KERNEL;

struct net_device {
	s32 ifindex;
	char name[16];
} READS_KERNEL;

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	u32 len;
	u16 protocol;
	u16 transport_header;
	u16 network_header;
	u8 *head;
	u8 *data;
	s32 skb_iif;
} READS_KERNEL;

struct nf_hook_state {
	u8 hook;
} READS_KERNEL;

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
} READS_KERNEL;
#define SYSCALL_NUMBER(from) ((from)->orig_ax)
#define ARGUMENT_1(from) ((from)->di)
#define ARGUMENT_2(from) ((from)->si)
#define ARGUMENT_3(from) ((from)->dx)
#define ARGUMENT_4(from) ((from)->r10)
#define ARGUMENT_5(from) ((from)->r8)
#define CALL_1(from) ((from)->di)
#define CALL_2(from) ((from)->si)
#define CALL_3(from) ((from)->dx)
#define CALL_4(from) ((from)->cx)
#define CALL_RESULT(from) ((from)->ax)
// Where a function was called from lies on the stack, and is gone when it returns.
#define STACK_AT_ENTRY(from) ((from)->sp + 8)
#define STACK_AT_RETURN(from) ((from)->sp)
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
};
struct pt_regs {
	u64 regs[31];
	u64 sp, pc, pstate;
	u64 orig_x0;
	s32 syscallno;
} READS_KERNEL;
#define SYSCALL_NUMBER(from) ((from)->syscallno)
#define ARGUMENT_1(from) ((from)->orig_x0)
#define ARGUMENT_2(from) ((from)->regs[1])
#define ARGUMENT_3(from) ((from)->regs[2])
#define ARGUMENT_4(from) ((from)->regs[3])
#define ARGUMENT_5(from) ((from)->regs[4])
#define CALL_1(from) ((from)->regs[0])
#define CALL_2(from) ((from)->regs[1])
#define CALL_3(from) ((from)->regs[2])
#define CALL_4(from) ((from)->regs[3])
#define CALL_RESULT(from) ((from)->regs[0])
#define STACK_AT_ENTRY(from) ((from)->sp)
#define STACK_AT_RETURN(from) ((from)->sp)
#endif

// What user space hands over (its own layout, which never moves).
struct user_iovec {
	u64 base;
	u64 len;
};

struct user_msghdr {
	u64 name;
	u32 name_len;
	u32 pad;
	u64 iov;
	u64 iov_len;
	u64 control;
	u64 control_len;
	u32 flags;
	u32 pad2;
};

struct user_mmsghdr {
	struct user_msghdr hdr;
	u32 len;
	u32 pad;
};

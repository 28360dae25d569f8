/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_calls.c - what is said of system calls: the table against the numbers, values there and back.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bpfsim.h"
#include "builtin_filter.h"
#include "calls.h"
#include "calls_values.h"
#include "profile.h"
#include "util.h"

#define X32_BIT 0x40000000U

static const uint32_t arches[] = {
	SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM,
};

/* ---- the table ---------------------------------------------------------------------------- */

Test(calls, table_is_sorted)
{
	for (size_t i = 1; i < call_table_len; i++)
		cr_expect_lt(strcmp(call_table[i - 1].name, call_table[i].name), 0, "%s",
			     call_table[i].name);
}

Test(calls, info_finds_every_name_and_no_other)
{
	for (size_t i = 0; i < call_table_len; i++)
		cr_expect_eq(call_info(call_table[i].name), &call_table[i]);
	cr_expect_null(call_info(""));
	cr_expect_null(call_info("rea"));
	cr_expect_null(call_info("readx"));
	cr_expect_null(call_info("zzz"));
}

Test(calls, every_name_is_a_call_somewhere)
{
	for (size_t i = 0; i < call_table_len; i++) {
		bool is_there = false;

		for (size_t a = 0; a < ARRAY_SIZE(arches); a++) {
			unsigned sub;
			int mux, nr = profile_call(arches[a], call_table[i].name, &mux, &sub);

			is_there |= nr >= 0 || mux >= 0;
			if (nr >= 0)
				cr_expect_str_eq(call_name(arches[a], (uint32_t)nr),
						 call_table[i].name);
		}
		cr_expect(is_there, "%s is no call", call_table[i].name);
	}
}

/* Every number that has a name: it is in the table, and it has that number. */
static unsigned check_numbers(uint32_t arch, uint32_t from, uint32_t to)
{
	unsigned n = 0;

	for (uint32_t nr = from; nr < to; nr++) {
		char *known = seccomp_syscall_resolve_num_arch(arch, (int)nr);
		const char *name = call_name(arch, nr);
		unsigned sub;
		int mux;

		if (known)
			cr_expect_str_eq(name, known);
		free(known);
		if (!name)
			continue;
		n++;
		cr_expect_not_null(call_info(name), "%s is not in the table", name);
		cr_expect_eq((uint32_t)profile_call(arch, name, &mux, &sub), nr, "%s", name);
	}
	return n;
}

Test(calls, every_number_has_its_name)
{
	cr_expect_gt(check_numbers(SCMP_ARCH_X86_64, 0, 2000), 370);
	cr_expect_gt(check_numbers(SCMP_ARCH_X86, 0, 2000), 430);
	cr_expect_gt(check_numbers(SCMP_ARCH_X32, X32_BIT, X32_BIT + 2000), 350);
	cr_expect_gt(check_numbers(SCMP_ARCH_AARCH64, 0, 2000), 310);
	cr_expect_gt(check_numbers(SCMP_ARCH_ARM, 0, 2000), 390);
	cr_expect_eq(check_numbers(SCMP_ARCH_ARM, 0x0f0000, 0x0f0020), 6);
}

Test(calls, no_name_where_there_is_no_call)
{
	cr_expect_null(call_name(SCMP_ARCH_X86_64, UINT32_MAX));
	cr_expect_null(call_name(SCMP_ARCH_X86_64, 1023));
	cr_expect_null(call_name(SCMP_ARCH_X86_64, 1024));
	cr_expect_null(call_name(SCMP_ARCH_X32, 0), "x32's have the bit");
	cr_expect_null(call_name(SCMP_ARCH_X32, X32_BIT + 1024));
	cr_expect_null(call_name(SCMP_ARCH_X32, UINT32_MAX));
	cr_expect_null(call_name(SCMP_ARCH_ARM, 0x0effff));
	cr_expect_null(call_name(SCMP_ARCH_ARM, 0x0f0010));
	cr_expect_null(call_name(SCMP_ARCH_MIPS, 4001));
	cr_expect_null(call_name(0, 0));
	cr_expect_str_eq(call_name(SCMP_ARCH_X86_64, X32_BIT), "read", "as the kernel reports it");
	cr_expect_str_eq(call_name(SCMP_ARCH_X86_64, 457), "statmount", "newer than libseccomp");
}

Test(calls, names_stay_where_they_are)
{
	const char *name = call_name(SCMP_ARCH_AARCH64, 56);

	cr_expect_str_eq(name, "openat");
	cr_expect_eq(call_name(SCMP_ARCH_AARCH64, 56), name);
	cr_expect_eq(call_info("openat")->name, name);
}

Test(calls, every_group_exists_and_is_used)
{
	auto_free bool *is_used = calloc(call_groups_len, sizeof(*is_used));

	cr_assert_not_null(is_used);
	for (size_t i = 0; i < call_table_len; i++) {
		size_t g = 0;

		while (g < call_groups_len && strcmp(call_groups[g].name, call_table[i].group) != 0)
			g++;
		cr_assert_lt(g, call_groups_len, "%s: %s", call_table[i].name, call_table[i].group);
		is_used[g] = true;
	}
	for (size_t g = 0; g < call_groups_len; g++) {
		cr_expect(is_used[g], "%s", call_groups[g].name);
		for (size_t h = 0; h < g; h++)
			cr_expect_str_neq(call_groups[g].name, call_groups[h].name);
	}
}

Test(calls, arguments_are_of_known_kinds)
{
	for (size_t i = 0; i < call_table_len; i++) {
		const char *at = call_table[i].args;
		unsigned n = 0;

		for (; at; n++) {
			size_t len = strcspn(at, " ");
			char word[32];

			snprintf(word, sizeof(word), "%.*s", (int)len, at);
			cr_expect_not_null(call_kind(word), "%s: '%s'", call_table[i].name, word);
			at = at[len] ? at + len + 1 : NULL;
		}
		cr_expect_leq(n, 6, "%s", call_table[i].name);
	}
}

/* What the default profile leaves out it leaves out for a reason. */
Test(calls, what_is_left_out_is_dangerous)
{
	/* Old, for 32-bit programs, or a matter of the one who confines. */
	static const char *const others[] = {
		"get_thread_area",
		"lsm_get_self_attr",
		"lsm_list_modules",
		"lsm_set_self_attr",
		"set_thread_area",
		"sysfs",
		"ustat",
	};
	const uint64_t args[6] = {AF_UNIX};
	size_t b = 0;

	while (strcmp(builtin_filters[b].name, "default") != 0)
		b++;
	for (size_t i = 0; i < call_table_len; i++) {
		const struct call_info *c = &call_table[i];
		unsigned sub;
		int mux, nr = profile_call(SCMP_ARCH_X86_64, c->name, &mux, &sub);
		bool is_other = strcmp(c->group, "obsolete") == 0;

		if (nr < 0 ||
		    bpfsim_call(builtin_filters[b].insns, builtin_filters[b].n, AUDIT_ARCH_X86_64,
				(uint32_t)nr, args) == SECCOMP_RET_ALLOW)
			continue;
		for (size_t o = 0; o < ARRAY_SIZE(others); o++)
			is_other |= strcmp(others[o], c->name) == 0;
		cr_expect(is_other || c->danger, "%s", c->name);
	}
}

/* ---- the tables of constants -------------------------------------------------------------- */

static void check_word(const struct call_kind *k, const struct call_word *w, bool is_choice)
{
	const char *kind = k->name;
	uint64_t value = ~w->value;
	char text[128], again[128];

	cr_expect_eq(call_value_parse(kind, w->name, &value), 0, "%s: %s", kind, w->name);
	cr_expect_eq(value, w->value, "%s: %s twice", kind, w->name);
	if (!k->is_64)
		cr_expect_eq(w->value >> 32, 0, "%s: %s", kind, w->name);
	if (is_choice)
		cr_expect_eq(w->value & ~k->field, 0, "%s: %s", kind, w->name);
	else
		cr_expect(w->value && !(w->value & k->field), "%s: %s", kind, w->name);
	/* Its own name or, of an alias, that of the first: never a number. */
	call_value_text(kind, w->value, text, sizeof(text));
	cr_expect(strncmp(text, w->name, 2) == 0 || !strchr("-0123456789", *text), "%s: %s",
		  w->name, text);
	for (const struct call_word *v = is_choice ? k->choices : k->flags; v < w; v++) {
		cr_expect_neq(strcmp(v->name, w->name), 0, "%s: %s", kind, w->name);
		if (!is_choice && v->value != w->value)
			cr_expect_neq(v->value & w->value, v->value, "%s hides %s", v->name,
				      w->name);
	}
	cr_expect_str_eq(call_value_text(kind, value, again, sizeof(again)), text);
}

Test(values, tables_hold_together)
{
	for (size_t i = 0; i < call_kinds_len; i++) {
		const struct call_kind *k = &call_kinds[i];

		cr_expect_eq(call_kind(k->name), k, "%s twice", k->name);
		cr_expect_eq(!k->choices, !k->field, "%s", k->name);
		for (const struct call_word *w = k->choices; w && w->name; w++)
			check_word(k, w, true);
		for (const struct call_word *w = k->flags; w && w->name; w++)
			check_word(k, w, false);
	}
}

Test(values, all_promised_kinds_are_there)
{
	static const char *const kinds[] = {
		"family",      "socktype", "oflags",   "cloneflags", "ioctl",    "prctl",
		"personality", "prot",     "mapflags", "msflags",    "umflags",  "signal",
		"netlink",     "keyctl",   "bpf",      "madvise",    "fcntl",    "ptrace",
		"socklevel",   "atflags",  "memfd",    "unshare",    "int",      "hex",
		"fd",          "at",       "path",     "ptr",        "sockaddr", "mode",
		"pid",         "uid",      "gid",      "size",
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		cr_expect_not_null(call_kind(kinds[i]), "%s", kinds[i]);
}

/* ---- values ------------------------------------------------------------------------------- */

/* text == NULL: only read; value is then what it means. */
static const struct {
	const char *kind;
	uint64_t value;
	const char *text;
} spelled[] = {
	{"family", 16, "AF_NETLINK"},
	{"family", 0, "AF_UNSPEC"},
	{"family", 1, "AF_UNIX"},
	{"family", 77, "77"},
	{"family", 0x100000028, "AF_VSOCK (high bits 0x1)"},
	{"family", UINT64_MAX, "4294967295 (high bits 0xffffffff)"},
	{"socktype", 1, "SOCK_STREAM"},
	{"socktype", 02004002, "SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC"},
	{"socktype", 0x80000, "SOCK_CLOEXEC"},
	{"socktype", 0x8000b, "SOCK_CLOEXEC|0xb"},
	{"socktype", 0, "0"},
	{"oflags", 0, "O_RDONLY"},
	{"oflags", 0101, "O_WRONLY|O_CREAT"},
	{"oflags", 02000000, "O_RDONLY|O_CLOEXEC"},
	{"oflags", 04010002, "O_RDWR|O_SYNC"},
	{"oflags", 010000, "O_RDONLY|O_DSYNC"},
	{"oflags", 0103, "O_CREAT|0x3"},
	{"oflags", 0x40000000, "O_RDONLY|0x40000000"},
	{"cloneflags", 0x10000011, "SIGCHLD|CLONE_NEWUSER"},
	{"cloneflags", 17, "SIGCHLD"},
	{"cloneflags", 0, "0"},
	{"cloneflags", 0x80, "0x80"},
	{"cloneflags", 0x300, "CLONE_VM|CLONE_FS"},
	{"unshare", 0x80, "CLONE_NEWTIME"},
	{"unshare", 0x10020000, "CLONE_NEWUSER|CLONE_NEWNS"},
	{"unshare", 0x110000000, "CLONE_NEWUSER|0x100000000"},
	{"ioctl", 0x5412, "TIOCSTI"},
	{"ioctl", 0x100005412, "TIOCSTI (high bits 0x1)"},
	{"ioctl", 0x12345678, "0x12345678"},
	{"prctl", 22, "PR_SET_SECCOMP"},
	{"personality", 0, "PER_LINUX"},
	{"personality", 0x0040000, "PER_LINUX|ADDR_NO_RANDOMIZE"},
	{"personality", 8, "PER_LINUX32"},
	{"personality", UINT32_MAX, "0xffffffff"},
	{"prot", 0, "PROT_NONE"},
	{"prot", 7, "PROT_READ|PROT_WRITE|PROT_EXEC"},
	{"mapflags", 0x22, "MAP_PRIVATE|MAP_ANONYMOUS"},
	{"mapflags", 0x100000000, "0x100000000"},
	{"msflags", 0x5001, "MS_RDONLY|MS_BIND|MS_REC"},
	{"msflags", 0xc0ed1000, "MS_MGC_VAL|MS_BIND"},
	{"msflags", 0, "0"},
	{"umflags", 2, "MNT_DETACH"},
	{"signal", 9, "SIGKILL"},
	{"signal", 34, "34"},
	{"netlink", 12, "NETLINK_NETFILTER"},
	{"keyctl", 1, "KEYCTL_JOIN_SESSION_KEYRING"},
	{"bpf", 5, "BPF_PROG_LOAD"},
	{"madvise", 4, "MADV_DONTNEED"},
	{"fcntl", 1033, "F_ADD_SEALS"},
	{"ptrace", 0x4206, "PTRACE_SEIZE"},
	{"ptrace", 0x100000010, "0x100000010"},
	{"socklevel", 1, "SOL_SOCKET"},
	{"atflags", 0x1100, "AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH"},
	{"unlinkflags", 0x200, "AT_REMOVEDIR"},
	{"memfd", 3, "MFD_CLOEXEC|MFD_ALLOW_SEALING"},
	{"at", 0xffffff9c, "AT_FDCWD"},
	{"at", 3, "3"},
	{"at", 0xffffffff, "-1"},
	{"at", 0x1ffffff9c, "AT_FDCWD (high bits 0x1)"},
	{"int", 0xfffffffb, "-5"},
	{"uid", 0xffffffff, "-1"},
	{"uid", 0xfffffffe, "4294967294"},
	{"mode", 0644, "0644"},
	{"mode", 0, "0"},
	{"size", 4096, "4096"},
	{"ptr", 0, "NULL"},
	{"hex", 255, "0xff"},
	{"nonsense", 10, "10"},
	{"nonsense", UINT64_MAX, "0xffffffffffffffff"},
};

Test(values, spelling)
{
	for (size_t i = 0; i < ARRAY_SIZE(spelled); i++) {
		char text[256];
		uint64_t value = 1;

		call_value_text(spelled[i].kind, spelled[i].value, text, sizeof(text));
		cr_expect_str_eq(text, spelled[i].text, "%s: %s", spelled[i].kind, text);
		cr_expect_eq(call_value_parse(spelled[i].kind, text, &value), 0, "%s", text);
		cr_expect_eq(value, spelled[i].value, "%s", text);
	}
}

/* A negative number's sign may go on to bit 63: half of all C libraries pass AT_FDCWD like that. */
Test(values, a_sign_is_no_high_bit)
{
	char text[64];

	cr_expect_str_eq(call_value_text("at", (uint64_t)-100, text, sizeof(text)), "AT_FDCWD");
	cr_expect_str_eq(call_value_text("fd", (uint64_t)-1, text, sizeof(text)), "-1");
	cr_expect_str_eq(call_value_text("uid", (uint64_t)-1, text, sizeof(text)), "-1");
	cr_expect_str_eq(call_value_text("fd", 0xffffffff00000001, text, sizeof(text)),
			 "1 (high bits 0xffffffff)");
}

static const struct {
	const char *kind, *text;
	int rc;
	uint64_t value;
} parsed[] = {
	{"family", "af_netlink", 0, 16},
	{"family", "AF_LOCAL", 0, 1},
	{"family", "0x10", 0, 16},
	{"family", "020", 0, 16},
	{"family", "-1", 0, UINT32_MAX},
	{"family", "AF_INET|AF_INET6", -EINVAL, 0},
	{"family", "SOCK_STREAM", -EINVAL, 0},
	{"family", "AF_NETLIN", -EINVAL, 0},
	{"family", "AF_NETLINKS", -EINVAL, 0},
	{"family", "", -EINVAL, 0},
	{"family", "|", -EINVAL, 0},
	{"family", "AF_INET|", -EINVAL, 0},
	{"family", " AF_INET", -EINVAL, 0},
	{"family", "AF_INET ", -EINVAL, 0},
	{"family", "AF_INET (high bits 0x1", -EINVAL, 0},
	{"family", "AF_INET (high bits 0x1) ", -EINVAL, 0},
	{"family", "AF_INET (high bits 0x123456789)", -EINVAL, 0},
	{"family", "AF_INET (high bits 0x-1)", -EINVAL, 0},
	{"family", "08", -EINVAL, 0},
	{"family", "1x", -EINVAL, 0},
	{"family", "--1", -EINVAL, 0},
	{"family", "-", -EINVAL, 0},
	{"family", "+1", -EINVAL, 0},
	{"cloneflags", "CLONE_NEWUSER|SIGCHLD", 0, 0x10000011},
	{"cloneflags", "SIGCHLD|SIGTERM", -EINVAL, 0},
	{"cloneflags", "CLONE_NEWUSER|0x11", 0, 0x10000011},
	{"oflags", "O_CREAT|O_CREAT|O_WRONLY", 0, 0101},
	{"prot", "PROT_NONE", 0, 0},
	{"at", "AT_FDCWD", 0, 0xffffff9c},
	{"hex", "AT_FDCWD", 0, (uint64_t)-100},
	{"nonsense", "-1", 0, UINT64_MAX},
	{"nonsense", "AF_INET", -EINVAL, 0},
	{"nonsense", "1 (high bits 0x1)", -EINVAL, 0},
	{"nonsense", "18446744073709551615", 0, UINT64_MAX},
	{"nonsense", "18446744073709551616", -ERANGE, 0},
	{"nonsense", "-9223372036854775808", 0, 1ULL << 63},
	{"nonsense", "-9223372036854775809", -ERANGE, 0},
	{"int", "-2147483648", 0, 1ULL << 31},
	{"int", "-2147483649", -ERANGE, 0},
	{"int", "0x00000000000000000000000000000000000000001", -EINVAL, 0},
};

Test(values, parsing)
{
	for (size_t i = 0; i < ARRAY_SIZE(parsed); i++) {
		uint64_t value = 0;

		cr_expect_eq(call_value_parse(parsed[i].kind, parsed[i].text, &value), parsed[i].rc,
			     "%s: %s", parsed[i].kind, parsed[i].text);
		cr_expect_eq(value, parsed[i].value, "%s: %s", parsed[i].kind, parsed[i].text);
	}
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Few bits, many bits, small numbers, one of the table's own with something added. */
static uint64_t next_value(uint64_t *state, const struct call_kind *k)
{
	const struct call_word *w = next_random(state) & 1 ? k->choices : k->flags;
	uint64_t v = next_random(state);

	switch (v & 7) {
	case 0:
		return v;
	case 1:
		return v >> 32;
	case 2:
		return v >> 56;
	case 3:
		return next_random(state) & v & next_random(state);
	case 4:
		return ~(next_random(state) & v & next_random(state));
	case 5:
		return (uint32_t)-1 - (v >> 60);
	}
	for (uint64_t n = next_random(state) % 16; w && w->name && w[1].name && n; n--)
		w++;
	return (w && w->name ? w->value : 0) | (v & 8 ? 1ULL << (v >> 58) : 0);
}

static bool is_same(const struct call_kind *k, uint64_t a, uint64_t b)
{
	if (a == b)
		return true;
	/* a sign above the low 32 bits is not told */
	return (k->base == CALL_INT || k->base == CALL_ID) && a >> 32 == UINT32_MAX &&
	       (uint32_t)a == b && b > INT32_MAX;
}

Test(values, there_and_back)
{
	uint64_t state = 0x9e3779b97f4a7c15;

	for (size_t i = 0; i < call_kinds_len; i++) {
		const struct call_kind *k = &call_kinds[i];

		for (unsigned n = 0; n < 20000; n++) {
			uint64_t value = next_value(&state, k), back = 0;
			char text[1024];

			call_value_text(k->name, value, text, sizeof(text));
			cr_assert_eq(call_value_parse(k->name, text, &back), 0, "%s: %s", k->name,
				     text);
			cr_assert(is_same(k, value, back), "%s: %#llx: %s", k->name,
				  (unsigned long long)value, text);
		}
	}
}

Test(values, a_small_buffer_is_not_overrun)
{
	uint64_t state = 42;
	char whole[1024], part[1024];

	for (size_t i = 0; i < call_kinds_len * 50; i++) {
		const struct call_kind *k = &call_kinds[i % call_kinds_len];
		uint64_t value = next_value(&state, k);
		size_t len = strlen(call_value_text(k->name, value, whole, sizeof(whole)));

		for (size_t size = 0; size <= len + 1; size++) {
			memset(part, '#', sizeof(part));
			cr_assert_eq(call_value_text(k->name, value, part, size), part);
			cr_assert_eq(part[size], '#', "%s: %s, %zu", k->name, whole, size);
			if (size)
				cr_assert_eq(strnlen(part, size), size - 1, "%s, %zu", whole, size);
			cr_assert_eq(memcmp(part, whole, size ? size - 1 : 0), 0, "%s", whole);
		}
	}
}

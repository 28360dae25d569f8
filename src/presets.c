/* SPDX-License-Identifier: Apache-2.0 */
/*
 * presets.c - what "default" means, three times.
 *
 * Should: be the one place where a default stands; the table in the man page is made from it.
 * Mustn't: look at the host. What a preset wants and the host lacks is an error of the step.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>

#include "spec.h"

#define MIB (1ULL << 20)
/*
 * Sizes: programs expect to write here, and every page is the host's memory until a limit says
 * otherwise. Inodes are limited too, since an empty file costs kernel memory and no size.
 *
 * Mode 1777 on all three, /run included. Everything inside runs as one user, so a /run of root's
 * own would protect nobody and only keep servers from writing their pid files and sockets.
 *
 * Programs may run from /tmp and from nowhere else: compilers, test runners and installers put
 * theirs there. `strict` does without.
 */
/* clang-format off */
static const struct mount_req hardened_mounts[] = {
	{ .kind = MOUNT_TMPFS, .origin = "preset", .target = "/tmp", .is_exec = true,
	  .has_mode = true, .mode = 01777, .size = 256 * MIB, .inodes = 65536 },
	{ .kind = MOUNT_TMPFS, .origin = "preset", .target = "/run",
	  .has_mode = true, .mode = 01777, .size = 64 * MIB, .inodes = 16384 },
	{ .kind = MOUNT_TMPFS, .origin = "preset", .target = "/var/tmp",
	  .has_mode = true, .mode = 01777, .size = 256 * MIB, .inodes = 65536 },
};

static const struct mount_req strict_mounts[] = {
	{ .kind = MOUNT_TMPFS, .origin = "preset", .target = "/tmp",
	  .has_mode = true, .mode = 01777, .size = 64 * MIB, .inodes = 16384 },
};
/* clang-format on */

static const char *const names[] = {
	[PRESET_DOCKER] = "docker",
	[PRESET_HARDENED] = "hardened",
	[PRESET_STRICT] = "strict",
};

int preset_by_name(const char *name, enum preset_id *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) == 0) {
			*ret = (enum preset_id)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *preset_name(enum preset_id id)
{
	return names[id];
}

uint64_t preset_caps(enum preset_id id)
{
	return id == PRESET_DOCKER ? CAPS_DOCKER : 0;
}

/* A copy: options replace single entries. */
static void set_mounts(struct spec *s, const struct mount_req *mounts, size_t n)
{
	/* Rounded up to a power of two, which is where the setters believe the list to be full. */
	size_t room = 1;

	while (room < n)
		room *= 2;
	s->mounts = arena_alloc(s->arena, room * sizeof(*mounts));
	memcpy(s->mounts, mounts, n * sizeof(*mounts));
	s->n_mounts = n;
}

static void apply_docker(struct spec *s)
{
	s->user = "0:0";
	s->root_mode = ROOT_WRITABLE;
	s->has_sys = true;
	s->landlock = MODE_OFF;
	/* Whether one may be made is the seccomp profile's business, as it is Docker's. */
	s->nested_userns = true;
}

static void apply_hardened(struct spec *s)
{
	s->user = "1000:1000";
	s->root_mode = ROOT_READONLY;
	s->is_securebits_locked = true;
	s->no_new_privs = true;
	s->landlock = MODE_AUTO;
	s->limits.pids = 1024;
	set_mounts(s, hardened_mounts, ARRAY_SIZE(hardened_mounts));
}

/* AppArmor and Landlock both: the profile as in `hardened`, Landlock whether it applies or not. */
static void apply_strict(struct spec *s)
{
	apply_hardened(s);
	s->proc_mode = PROC_SUBSET;
	s->landlock = MODE_ON;
	s->tcp = TCP_NONE;
	s->limits.pids = 128;
	s->limits.memory = 512 * MIB;
	s->limits.nano_cpus = 1000000000;
	s->limits.nano_cpus_preset = true;
	set_mounts(s, strict_mounts, ARRAY_SIZE(strict_mounts));
}

void preset_apply(struct spec *s, enum preset_id id)
{
	struct arena *arena = s->arena;

	*s = (struct spec){
		.arena = arena,
		.preset = id,
		.caps = preset_caps(id),
		.workdir = "/",
		.userns = USERNS_AUTO,
		.shm_size = 64 * MIB,
		.proc_mode = PROC_FULL,
		.is_masked = true,
		.filter = FILTER_BUILTIN,
		.limits =
			{
				.memory = LIMIT_UNSET,
				.reservation = LIMIT_UNSET,
				.memory_swap = LIMIT_UNSET,
				.nano_cpus = LIMIT_UNSET,
				.cpu_shares = LIMIT_UNSET,
				.pids = LIMIT_UNSET,
				.blkio_weight = LIMIT_UNSET,
			},
		.net = NET_NONE,
		.has_init = true,
		.tty = MODE_AUTO,
		.stop_signal = SIGTERM,
		.stop_timeout = 10,
	};
	switch (id) {
	case PRESET_DOCKER:
		apply_docker(s);
		break;
	case PRESET_HARDENED:
		apply_hardened(s);
		break;
	case PRESET_STRICT:
		apply_strict(s);
		break;
	}
}

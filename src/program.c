/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.c - what pillbox does, in the order in which it happens. This is the table of contents
 * of the whole program: each line is one step, each step stands in the room that owns its kernel
 * object, and says there why it stands at this place.
 *
 * tests/order moves each child step earlier and records what happens; many wrong orders run
 * without any error, so never change the order without that test.
 */
#include "step.h"

#include "util.h"

const struct step *const program[] = {
	/* The launcher reads: nothing is touched, everything that can be refused is refused. */
	&step_host,
	&step_root_open,
	&step_user,
	&step_ids,
	&step_overlay_check,
	&step_secrets_read,
	&step_filter_compile,
	&step_lsm_check,
	&step_cgroup_plan,
	&step_io_devices,
	&step_command,

	/* The launcher acts. From here on the request is read-only memory. */
	&step_overlay_dirs,
	&step_cgroup_scope,
	&step_cgroup,
	&step_clone,
	&step_idmap,
	&step_oom,
	&step_root_idmap,
	&step_guard,

	/* The child, still on the host's file system. */
	&step_hold,
	&step_become_root,
	&step_undump,
	&step_net_lo,
	&step_hostname,
	&step_private,
	&step_root_bind,
	&step_root_ro,
	&step_root_attach,
	&step_mounts,
	&step_secrets,
	&step_dev,
	&step_proc,
	&step_sysctl,
	&step_mask,
	&step_sys,
	&step_tty,
	&step_tty_attach, /* the launcher takes the terminal's master */
	&step_pivot,

	/* The child, inside. */
	&step_cwd,
	&step_session,
	&step_limits,
	&step_keyring,
	&step_umask,
	&step_filter_early,
	&step_notify_early, /* the launcher starts who answers the filter's questions */
	&step_caps,
	&step_lsm,
	&step_nnp,
	&step_landlock,
	&step_tcp,
	&step_leash,
	&step_init,
	&step_fds,
	&step_filter,
	&step_notify,
	&step_verify, /* the launcher looks from outside, on request */
	&step_exec,
};

const size_t program_len = ARRAY_SIZE(program);

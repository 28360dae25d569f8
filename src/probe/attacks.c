/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attacks.c - the list of all attacks, in the order of the report.
 *
 * Mustn't: put anything behind `limits`: what it does may end the sandbox.
 */
#include <string.h>

#include "probe.h"

const struct attack_group attack_groups[] = {
	{"mount", "Mounts", attacks_mount},
	{"root", "The root directory", attacks_root},
	{"namespace", "Namespaces", attacks_ns},
	{"process", "Other processes", attacks_process},
	{"rights", "Users, capabilities and keys", attacks_rights},
	{"kernel", "The kernel's wider surface", attacks_kernel},
	{"socket", "Socket families and netlink", attacks_sockets},
	{"network", "The network and the host's services", attacks_net},
	{"files", "Files", attacks_files},
	{"device", "Devices", attacks_devices},
	{"proc", "/proc and /sys", attacks_proc},
	{"terminal", "The terminal", attacks_terminal},
	{"abi", "Ways around a filter", attacks_abi},
	{"limits", "Limits", attacks_limits},
	{NULL, NULL, NULL},
};

const struct attack *attack_by_id(const char *id)
{
	for (const struct attack_group *g = attack_groups; g->id; g++)
		for (const struct attack *k = g->attacks; k->id; k++)
			if (!strcmp(k->id, id))
				return k;
	return NULL;
}

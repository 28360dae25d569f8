/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.c - what holds in this process, as JSON.
 *
 * Should:  say null for what the kernel does not show here.
 */
#include <fcntl.h>
#include <jansson.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "caps_names.h"
#include "json.h"
#include "probe.h"
#include "util.h"

json_t *json_safe(const char *text)
{
	char safe[1024];

	escape(safe, sizeof(safe), text);
	for (char *p = safe; *p; p++)
		*p = *p & 0x80 ? '?' : *p;
	return json_string(safe);
}

json_t *json_caps(uint64_t caps)
{
	json_t *list = json_array();
	char name[32];

	for (unsigned i = 0; i < 64; i++)
		if (caps >> i & 1)
			(void)json_array_append_new(list,
						    json_string(cap_name(i, name, sizeof(name))));
	return list;
}

/* Soft limits; -1: unlimited. */
static json_t *limits_json(void)
{
	static const struct {
		const char *name;
		int resource;
	} all[] = {{"core", RLIMIT_CORE}, {"nproc", RLIMIT_NPROC}, {"nofile", RLIMIT_NOFILE}};
	json_t *limits = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct rlimit rl;

		if (getrlimit((__rlimit_resource_t)all[i].resource, &rl) == 0)
			(void)json_object_set_new(limits, all[i].name,
						  json_integer((json_int_t)rl.rlim_cur));
	}
	return limits;
}

static json_t *namespaces_json(void)
{
	json_t *namespaces = json_object();

	for (int i = 0; i < NS_KINDS; i++) {
		int own = ns_is_own(i);

		(void)json_object_set_new(namespaces, ns_names[i],
					  own < 0 ? json_null() : json_boolean(own));
	}
	return namespaces;
}

/* A number that may not be known. */
static json_t *number_json(long value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static int descriptors(void)
{
	int n = 0;

	for (int fd = 3; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

json_t *json_facts(void)
{
	static const char *const sets[] = {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"};
	static const char *const modes[] = {"none", "strict", "filter"};
	long mode = fact_status("Seccomp", 10, -1);
	mode_t mask = umask(0);
	struct statvfs root;
	json_t *caps = json_object();
	char label[256];

	(void)umask(mask);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		(void)json_object_set_new(caps, sets[i], json_caps(fact_caps(sets[i])));
	return json_pack(
		"{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:o, s:o, s:o}",
		"pid", (json_int_t)getpid(), "uid", (json_int_t)geteuid(), "gid",
		(json_int_t)getegid(), "capabilities", caps, "own_namespaces", namespaces_json(),
		"no_new_privs", number_json(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)), "securebits",
		number_json(prctl(PR_GET_SECUREBITS)), "seccomp",
		mode < 0 || mode > 2 ? json_null() : json_string(modes[mode]), "filters",
		number_json(fact_status("Seccomp_filters", 10, -1)), "apparmor",
		fact_label(label, sizeof(label)) ? json_safe(label) : json_null(), "descriptors",
		descriptors(), "umask", (int)mask, "limits", limits_json(), "root_is_readonly",
		statvfs("/", &root) ? json_null() : json_boolean(root.f_flag & ST_RDONLY),
		"max_user_namespaces",
		number_json(fact_number("/proc/sys/user/max_user_namespaces")));
}

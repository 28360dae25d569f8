/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_device.c - setters: limits of single block devices, PATH:VALUE.
 *
 * Should: keep Docker's words and units. Two values for one path are a contradiction, as with every
 *	   other option.
 * Mustn't: look at the path; the step `io-devices` does.
 */
#include <errno.h>
#include <string.h>

#include "cgroup.h"
#include "options_set.h"

/*
 * PATH ends at the last colon: a value never has one, and the names in /dev/disk/by-path do.
 * Docker cuts at the first one and cannot take those.
 */
static int cut(struct spec *s, const char *value, const char *origin, const char **ret_path,
	       const char **ret_value, struct err *err)
{
	const char *colon = strrchr(value, ':');

	if (!colon || !colon[1]) {
		(void)err_say(err, "%s: the value behind PATH: is missing", origin);
		err_hint(err, "such as /dev/sda:1m");
		return -EINVAL;
	}
	if (value[0] != '/') {
		(void)err_say(err, "%s: the device must be an absolute path", origin);
		return -EINVAL;
	}
	*ret_path = arena_strndup(s->arena, value, (size_t)(colon - value));
	*ret_value = colon + 1;
	return 0;
}

static int add(struct spec *s, const struct io_req *req, const char *origin, struct err *err)
{
	struct limits *l = &s->limits;

	for (size_t i = 0; i < l->n_io; i++) {
		if (l->io[i].kind != req->kind || strcmp(l->io[i].path, req->path) != 0)
			continue;
		if (l->io[i].value == req->value)
			return 0;
		return err_say(err, "%s: contradicts %s %s:%ju", origin, io_option(req->kind),
			       req->path, (uintmax_t)l->io[i].value);
	}
	if (l->n_io >= IO_REQS_MAX)
		return err_say(err, "%s: more than %d limits of devices", origin, IO_REQS_MAX);
	l->io = list_grow(s->arena, l->io, l->n_io, sizeof(*l->io));
	l->io[l->n_io++] = *req;
	return 0;
}

static int set_bps(struct spec *s, enum io_kind kind, const char *value, const char *origin,
		   struct err *err)
{
	struct io_req req = {.kind = kind};
	const char *rate;
	int rc = cut(s, value, origin, &req.path, &rate, err);

	if (rc == 0)
		rc = value_size(rate, origin, &req.value, err);
	if (rc == 0 && req.value == 0)
		rc = err_say(err, "%s: at 0 bytes a second nothing would ever end", origin);
	return rc < 0 ? rc : add(s, &req, origin, err);
}

static int set_number(struct spec *s, enum io_kind kind, const char *value, uint64_t min,
		      uint64_t max, const char *origin, struct err *err)
{
	struct io_req req = {.kind = kind};
	const char *number;
	int rc = cut(s, value, origin, &req.path, &number, err);

	if (rc == 0)
		rc = value_number(number, min, max, origin, &req.value, err);
	return rc < 0 ? rc : add(s, &req, origin, err);
}

/* The kernel keeps requests a second in 32 bits, and the largest number means "max". */
#define IOPS_MAX (UINT32_MAX - 1)

int opt_device_read_bps(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return set_bps(s, IO_READ_BPS, value, origin, err);
}

int opt_device_write_bps(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return set_bps(s, IO_WRITE_BPS, value, origin, err);
}

int opt_device_read_iops(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return set_number(s, IO_READ_IOPS, value, 1, IOPS_MAX, origin, err);
}

int opt_device_write_iops(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return set_number(s, IO_WRITE_IOPS, value, 1, IOPS_MAX, origin, err);
}

int opt_blkio_weight_device(struct spec *s, const char *value, const char *origin, struct err *err)
{
	return set_number(s, IO_WEIGHT, value, 10, 1000, origin, err);
}

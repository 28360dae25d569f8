/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_compose_keys.c - the keys of a service: what options they become, which verdicts they get, what is
 * refused and where, what advice there is.
 *
 * A row is what stands below `services: {web: ...}`, at column 5 from line 3 on; what stands behind
 * a line "--" goes to the outermost level.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compose_keys.h"

static struct arena arena;
static struct err err;
static struct compose_project project;
static struct asked asked;

static void setup(void)
{
	memset(&err, 0, sizeof(err));
	memset(&project, 0, sizeof(project));
	memset(&asked, 0, sizeof(asked));
	cr_assert_eq(arena_init(&arena, &err), 0);
}

static void teardown(void)
{
	munmap(arena.base, arena.size);
}

TestSuite(compose_keys, .init = setup, .fini = teardown);

static int read_text(const char *text)
{
	static struct compose_var vars[] = {{"DOTENV", "of .env"}, {"A,B", "x\"y,z"}};

	project = (struct compose_project){
		.arena = &arena, .dir = "dir", .vars = vars, .n_vars = 2};
	if (yaml_read(&arena, "t.yml", text, strlen(text), &project.root, &err) < 0)
		return -1;
	project.services = yaml_get(project.root, "services");
	project.secrets = yaml_get(project.root, "secrets");
	project.configs = yaml_get(project.root, "configs");
	project.volumes = yaml_get(project.root, "volumes");
	project.networks = yaml_get(project.root, "networks");
	return compose_service(&project, NULL, &asked, &err);
}

static int read_service(const char *service)
{
	static char text[16384];
	const char *top = strstr(service, "\n--\n");
	size_t len = top ? (size_t)(top - service) : strlen(service);
	char *out = text;

	cr_assert_lt(5 * strlen(service), sizeof(text) - 64);
	out += sprintf(out, "services:\n  web:\n    ");
	for (size_t i = 0; i < len; i++) {
		*out++ = service[i];
		if (service[i] == '\n')
			out += sprintf(out, "    ");
	}
	sprintf(out, "\n%s", top ? top + 4 : "");
	return read_text(text);
}

/* "cap-drop=ALL|read-only", without the preset, which is always the first. */
static const char *options_text(void)
{
	const char *text = "";

	for (size_t i = 1; i < asked.n_options; i++)
		text = arena_printf(&arena, "%s%s%s%s%s", text, i > 1 ? "|" : "",
				    asked.options[i].name, asked.options[i].value ? "=" : "",
				    asked.options[i].value ? asked.options[i].value : "");
	return text;
}

/* "cap_drop[0] E|restart I" */
static const char *verdicts_text(void)
{
	const char *text = "";

	for (size_t i = 0; i < asked.n_verdicts; i++)
		text = arena_printf(&arena, "%s%s%s %c", text, i ? "|" : "", asked.verdicts[i].key,
				    "EDUI"[asked.verdicts[i].verdict]);
	return text;
}

struct good {
	const char *service, *options, *verdicts;
};

/* clang-format off */
static const struct good good[] = {
	/* rights */
	{ "cap_add: [NET_ADMIN, cap_chown]", "cap-add=NET_ADMIN|cap-add=cap_chown", "cap_add[0] E|cap_add[1] E" },
	{ "cap_add: [SYS_TIME]", "cap-add=SYS_TIME", "cap_add[0] U" },
	{ "cap_add: [all]", "cap-add=all", "cap_add[0] D" },
	{ "user: \"5\"\ncap_add: [NET_RAW]", "user=5|cap-add=NET_RAW", "user E|cap_add[0] D" },
	{ "cap_drop: [ALL]", "cap-drop=ALL", "cap_drop[0] E" },
	{ "privileged: false", "", "privileged E" },
	{ "privileged: true", "", "privileged U" },
	{ "security_opt: [no-new-privileges]", "security-opt=no-new-privileges=true", "security_opt[0] E" },
	{ "security_opt: [\"no-new-privileges:true\"]", "security-opt=no-new-privileges=true", "security_opt[0] E" },
	{ "security_opt: [no-new-privileges=false]", "security-opt=no-new-privileges=false", "security_opt[0] E" },
	{ "security_opt: [\"seccomp:./f.json\"]", "security-opt=seccomp=dir/f.json", "security_opt[0] E" },
	{ "security_opt: [seccomp=/f.json]", "security-opt=seccomp=/f.json", "security_opt[0] E" },
	{ "security_opt: [\"seccomp:unconfined\"]", "security-opt=seccomp=unconfined", "security_opt[0] E" },
	{ "security_opt: [seccomp=builtin]", "security-opt=seccomp=builtin", "security_opt[0] E" },
	{ "security_opt: [\"apparmor:web\"]", "security-opt=apparmor=web", "security_opt[0] E" },
	{ "security_opt: [apparmor=unconfined]", "security-opt=apparmor=unconfined", "security_opt[0] E" },
	{ "security_opt: [systempaths=unconfined]", "security-opt=systempaths=unconfined", "security_opt[0] E" },
	{ "security_opt: [\"label:disable\", \"label=type:x\", disable, writable-cgroups]", "",
	  "security_opt[0] I|security_opt[1] I|security_opt[2] I|security_opt[3] I" },
	{ "user: 1337", "user=1337", "user E" },
	{ "user: www-data:33", "user=www-data:33", "user E" },
	{ "group_add: [29, audio]", "group-add=29|group-add=audio", "group_add[0] E|group_add[1] E" },
	{ "userns_mode: host", "", "userns_mode U" },
	{ "userns_mode: private", "", "userns_mode E" },
	/* files */
	{ "read_only: true", "read-only", "read_only E" },
	{ "read_only: \"yes\"", "read-only", "read_only E" },
	{ "read_only: false", "writable", "read_only D" },
	{ "tmpfs: /tmp", "tmpfs=/tmp", "tmpfs E" },
	{ "tmpfs: [\"/tmp:size=1m,mode=1777\", /run]", "tmpfs=/tmp:size=1m,mode=1777|tmpfs=/run", "tmpfs[0] E|tmpfs[1] E" },
	{ "tmpfs: [\"/tmp:noatime,exec,rprivate,uid=1\"]", "tmpfs=/tmp:exec,uid=1", "tmpfs[0] D" },
	{ "tmpfs: [\"/tmp:noatime\"]", "tmpfs=/tmp", "tmpfs[0] D" },
	{ "shm_size: 16m", "shm-size=16m", "shm_size E" },
	{ "shm_size: 0", "", "shm_size E" },
	{ "working_dir: /srv", "workdir=/srv", "working_dir E" },
	{ "x-rootfs: tree", "", "x-rootfs E" },
	{ "devices: [/dev/fuse, /dev/a:/dev/b, /dev/d:/dev/e:rwm, /dev/c:mrw]",
	  "device=/dev/fuse|device=/dev/a:/dev/b|device=/dev/d:/dev/e:rwm|device=/dev/c:/dev/c:mrw",
	  "devices[0] E|devices[1] E|devices[2] E|devices[3] E" },
	{ "devices: [/dev/a:/dev/b:r, vendor.com/gpu=all]", "device=/dev/a:/dev/b:r", "devices[0] U|devices[1] I" },
	{ "devices: [{source: /dev/a, target: /dev/b, permissions: rw}, {source: /dev/a}]",
	  "device=/dev/a:/dev/b:rw|device=/dev/a", "devices[0] E|devices[1] E" },
	{ "device_cgroup_rules: [\"c 1:3 mr\", \"a *:* rwm\"]", "", "device_cgroup_rules[0] U|device_cgroup_rules[1] U" },
	{ "use_api_socket: true", "", "use_api_socket I" },
	{ "use_api_socket: false", "", "use_api_socket E" },
	{ "storage_opt: {size: 1G}", "", "storage_opt U" },
	/* volumes */
	{ "volumes: [\"./a:/b:ro\", /c:/d]",
	  "mount=type=bind,source=dir/a,target=/b,readonly|mount=type=bind,source=/c,target=/d", "volumes[0] E|volumes[1] E" },
	{ "volumes: [\"./a,b:/c\"]", "mount=type=bind,\"source=dir/a,b\",target=/c", "volumes[0] E" },
	{ "volumes: [\"./a:/b:z\"]", "mount=type=bind,source=dir/a,target=/b", "volumes[0] E|volumes[0] I" },
	{ "volumes: [\"./a:/b:ro,rshared\"]", "mount=type=bind,source=dir/a,target=/b,readonly", "volumes[0] E|volumes[0] I" },
	{ "volumes: [/data]", "mount=type=tmpfs,target=/data,exec", "volumes[0] D" },
	{ "volumes: [\"data:/data\"]\n--\nvolumes: {data: }", "mount=type=tmpfs,target=/data,exec", "volumes[0] D" },
	{ "volumes: [\"data:/data:ro\"]\n--\nvolumes: {data: {external: true}}", "mount=type=tmpfs,target=/data,exec,readonly", "volumes[0] D" },
	{ "volumes: [\"data:/data\"]\n--\nvolumes: {data: {x-path: ./d}}", "mount=type=bind,source=dir/d,target=/data", "volumes[0] D" },
	{ "volumes: [\"data:/data\"]\n--\nvolumes: {data: {driver: local, driver_opts: {type: none, o: \"bind,ro\", device: /d}}}",
	  "mount=type=bind,source=/d,target=/data,readonly", "volumes[0] D" },
	{ "volumes: [\"data:/data\"]\n--\nvolumes: {data: {driver_opts: {type: tmpfs, device: tmpfs, o: \"size=1m,mode=700,uid=5\"}}}",
	  "mount=type=tmpfs,target=/data,tmpfs-size=1m,tmpfs-mode=700,tmpfs-uid=5,exec", "volumes[0] D" },
	{ "volumes: [\"data:/data\"]\n--\nvolumes: {data: {driver_opts: {type: tmpfs, device: tmpfs, o: \"noexec,huge=always\"}}}",
	  "mount=type=tmpfs,target=/data,exec,noexec", "volumes.data.driver_opts.o I|volumes[0] D" },
	{ "volumes: [\"data:/data\"]\n--\nvolumes: {data: {driver_opts: {type: nfs, o: \"addr=1.2.3.4\", device: \":/x\"}}}",
	  "mount=type=tmpfs,target=/data,exec", "volumes.data.driver_opts.o I|volumes[0] D" },
	{ "volumes: [{type: bind, source: ./a, target: /b, read_only: true}]", "mount=type=bind,source=dir/a,target=/b,readonly", "volumes[0] E" },
	{ "volumes: [{type: bind, source: /a, target: /b, bind: {propagation: rslave, create_host_path: true, selinux: z, recursive: disabled}}]",
	  "mount=type=bind,source=/a,target=/b",
	  "volumes[0].bind.propagation D|volumes[0].bind.create_host_path D|volumes[0].bind.selinux I|volumes[0].bind.recursive U|volumes[0] E" },
	{ "volumes: [{type: bind, source: /a, target: /b, read_only: true, bind: {propagation: rprivate, create_host_path: false, recursive: writable}}]",
	  "mount=type=bind,source=/a,target=/b,readonly",
	  "volumes[0].bind.propagation E|volumes[0].bind.create_host_path E|volumes[0].bind.recursive D|volumes[0] E" },
	{ "volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1048576, mode: 01777}}]", "mount=type=tmpfs,target=/t,tmpfs-size=1048576,tmpfs-mode=01777", "volumes[0] E" },
	{ "volumes: [{type: tmpfs, target: /t, read_only: true, tmpfs: {size: 0}}]", "mount=type=tmpfs,target=/t,readonly", "volumes[0] E" },
	{ "volumes: [{type: volume, source: v, target: /t, volume: {subpath: s, nocopy: true}}]\n--\nvolumes: {v: {x-path: /d}}",
	  "mount=type=bind,source=/d/s,target=/t", "volumes[0].volume.subpath E|volumes[0].volume.nocopy E|volumes[0] D" },
	{ "volumes: [{type: volume, target: /t}]", "mount=type=tmpfs,target=/t,exec", "volumes[0] D" },
	{ "volumes: [{type: image, source: nginx, target: /t}, {type: npipe, source: a, target: /b}, {type: cluster, source: a, target: /c}]", "",
	  "volumes[0] U|volumes[1] U|volumes[2] U" },
	{ "volumes_from: [db]", "", "volumes_from I" },
	/* secrets, configs */
	{ "secrets: [s]\n--\nsecrets: {s: {file: ./s.txt}}", "secret=src=dir/s.txt,target=s,mode=0444", "secrets[0] E" },
	{ "secrets: [s]\n--\nsecrets: {s: {environment: PATH}}", "secret=env=PATH,target=s,mode=0444", "secrets[0] E" },
	{ "secrets: [s]\n--\nsecrets: {s: {environment: DOTENV}}", "secret=content=of .env,target=s,mode=0444", "secrets[0] E" },
	{ "secrets: [s]\n--\nsecrets: {s: {environment: \"A,B\"}}", "secret=\"content=x\"\"y,z\",target=s,mode=0444", "secrets[0] E" },
	{ "secrets: [{source: s, target: /etc/s, uid: \"5\", gid: 6, mode: 0400}]\n--\nsecrets: {s: {file: /s}}",
	  "secret=src=/s,target=/etc/s,uid=5,gid=6,mode=0400", "secrets[0] E" },
	{ "secrets: [{source: s, mode: \"440\"}]\n--\nsecrets: {s: {file: /s}}", "secret=src=/s,target=s,mode=440", "secrets[0] E" },
	{ "secrets: [{source: s, mode: 288}]\n--\nsecrets: {s: {file: /s}}", "secret=src=/s,target=s,mode=0440", "secrets[0] E" },
	{ "secrets: [s, t]\n--\nsecrets: {s: {external: true}, t: {driver: x}}", "", "secrets[0] U|secrets[1] U" },
	{ "configs: [c]\n--\nconfigs: {c: {content: \"a,b\\n\"}}", "config=\"content=a,b\n\",target=/c,mode=0444", "configs[0] E" },
	{ "configs: [{source: c, target: /etc/c.conf}]\n--\nconfigs: {c: {file: c.conf}}", "config=src=dir/c.conf,target=/etc/c.conf,mode=0444", "configs[0] E" },
	/* limits */
	{ "mem_limit: 512m", "memory=512m", "mem_limit E" },
	{ "mem_limit: 536870912", "memory=536870912", "mem_limit E" },
	{ "mem_limit: 0", "", "mem_limit E" },
	{ "mem_limit: 64m\nmem_reservation: 32m\nmemswap_limit: 64m", "memory=64m|memory-reservation=32m|memory-swap=64m",
	  "mem_limit E|mem_reservation E|memswap_limit E" },
	{ "memswap_limit: -1", "memory-swap=-1", "memswap_limit E" },
	{ "memswap_limit: 0", "", "memswap_limit E" },
	{ "mem_swappiness: 10", "", "mem_swappiness I" },
	{ "oom_kill_disable: true", "", "oom_kill_disable I" },
	{ "oom_kill_disable: false", "", "oom_kill_disable E" },
	{ "oom_score_adj: 500", "oom-score-adj=500", "oom_score_adj E" },
	{ "oom_score_adj: -500", "oom-score-adj=-500", "oom_score_adj U" },
	{ "cpus: 0.5", "cpus=0.5", "cpus E" },
	{ "cpus: \"0\"", "", "cpus E" },
	{ "cpu_quota: 50000\ncpu_period: 100000", "cpu-quota=50000|cpu-period=100000", "cpu_quota E|cpu_period E" },
	{ "cpu_shares: 512", "cpu-shares=512", "cpu_shares E" },
	{ "cpuset: 0-1", "cpuset-cpus=0-1", "cpuset E" },
	{ "cpu_count: 2\ncpu_percent: 50\ncpu_rt_period: 1ms\ncpu_rt_runtime: 1", "", "cpu_count I|cpu_percent I|cpu_rt_period I|cpu_rt_runtime I" },
	{ "pids_limit: 100", "pids-limit=100", "pids_limit E" },
	{ "pids_limit: 0", "pids-limit=-1", "pids_limit E" },
	{ "pids_limit: -1", "pids-limit=-1", "pids_limit E" },
	{ "blkio_config: {weight: 300, weight_device: [{path: /dev/sda, weight: 400}], device_read_bps: [{path: /dev/sda, rate: 12mb}], device_write_iops: [{path: /dev/sda, rate: 5}]}",
	  "blkio-weight=300|device-read-bps=/dev/sda:12mb|device-write-iops=/dev/sda:5|blkio-weight-device=/dev/sda:400",
	  "blkio_config.weight E|blkio_config.device_read_bps[0] E|blkio_config.device_write_iops[0] E|blkio_config.weight_device[0] E" },
	{ "ulimits: {nproc: 65, nofile: {soft: 10, hard: 20}}", "ulimit=nproc=65|ulimit=nofile=10:20", "ulimits.nproc E|ulimits.nofile E" },
	{ "sysctls: {net.core.somaxconn: 1024}", "sysctl=net.core.somaxconn=1024", "sysctls.net.core.somaxconn E" },
	{ "sysctls: [net.core.somaxconn=1024]", "sysctl=net.core.somaxconn=1024", "sysctls[0] E" },
	{ "cgroup_parent: m", "", "cgroup_parent I" },
	{ "gpus: all", "", "gpus I" },
	/* deploy */
	{ "deploy: {resources: {limits: {cpus: '0.5', memory: 50M, pids: 5}, reservations: {cpus: '0.25', memory: 20M}}}",
	  "cpus=0.5|memory=50M|pids-limit=5|memory-reservation=20M",
	  "deploy.resources.limits.cpus E|deploy.resources.limits.memory E|deploy.resources.limits.pids E|"
	  "deploy.resources.reservations.cpus I|deploy.resources.reservations.memory E" },
	{ "mem_limit: 52428800\ncpus: 0.50\ndeploy: {resources: {limits: {memory: 50m, cpus: '0.5'}}}", "memory=52428800|cpus=0.50",
	  "mem_limit E|cpus E|deploy.resources.limits.memory E|deploy.resources.limits.cpus E" },
	{ "deploy: {mode: replicated, endpoint_mode: vip, replicas: 2, labels: {a: b}, update_config: {order: start-first}, rollback_config: {delay: 1s}, restart_policy: {condition: any}, placement: {constraints: [a]}}",
	  "", "deploy.mode I|deploy.endpoint_mode I|deploy.replicas I|deploy.labels I|deploy.update_config I|deploy.rollback_config I|deploy.restart_policy I|deploy.placement I" },
	{ "deploy:", "", "deploy I" },
	{ "deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}], generic_resources: []}}}", "",
	  "deploy.resources.reservations.devices I|deploy.resources.reservations.generic_resources I" },
	/* network and namespaces */
	{ "network_mode: none", "network=none", "network_mode E" },
	{ "network_mode: host", "network=host", "network_mode E" },
	{ "network_mode: bridge", "", "network_mode D" },
	{ "network_mode: \"container:db\"", "", "network_mode D" },
	{ "networks: [default]", "", "networks[0] D" },
	{ "networks: []", "", "networks D" },
	{ "networks: {a: {aliases: [x], ipv4_address: 10.0.0.2}, b: }\n--\nnetworks: {a: {internal: true}, b: }", "", "networks.a D|networks.b D" },
	{ "hostname: h\ndomainname: example.org", "hostname=h|domainname=example.org", "hostname E|domainname E" },
	{ "extra_hosts: [\"a=10.0.0.1\", \"b:10.0.0.2\", \"c:::1\", \"d=[::1]\", \"e:host-gateway\"]",
	  "add-host=a=10.0.0.1|add-host=b=10.0.0.2|add-host=c=::1|add-host=d=::1", "extra_hosts[0] E|extra_hosts[1] E|extra_hosts[2] E|extra_hosts[3] E|extra_hosts[4] I" },
	{ "extra_hosts: {a: 10.0.0.1, b: [10.0.0.2, \"::2\"]}", "add-host=a=10.0.0.1|add-host=b=10.0.0.2|add-host=b=::2",
	  "extra_hosts.a E|extra_hosts.b[0] E|extra_hosts.b[1] E" },
	{ "dns: 9.9.9.9", "dns=9.9.9.9", "dns E" },
	{ "dns: [9.9.9.9, \"2620:fe::fe\"]\ndns_search: [a.org, b.org]\ndns_opt: [\"ndots:1\"]",
	  "dns=9.9.9.9|dns=2620:fe::fe|dns-search=a.org|dns-search=b.org|dns-option=ndots:1",
	  "dns[0] E|dns[1] E|dns_search[0] E|dns_search[1] E|dns_opt[0] E" },
	{ "mac_address: 02:42:ac:11:65:43", "", "mac_address I" },
	{ "ports: [80, \"8080:80\", \"127.0.0.1:8080:80/tcp\", \"127.0.0.1::80\", \"8000-8002:80-82/udp\", \"[::1]:80:80\", {target: 80, published: \"8080\", host_ip: 127.0.0.1, protocol: tcp, mode: host}]",
	  "", "ports[0] D|ports[1] D|ports[2] D|ports[3] D|ports[4] D|ports[5] D|ports[6] D" },
	{ "expose: [80, \"81/udp\", \"90-92\"]", "", "expose[0] I|expose[1] I|expose[2] I" },
	{ "pid: host", "", "pid I" },
	{ "pid:", "", "pid E" },
	{ "pid: \"service:web\"", "", "pid I" },
	{ "ipc: private", "", "ipc E" },
	{ "ipc: shareable", "", "ipc D" },
	{ "ipc: none", "", "ipc D" },
	{ "ipc: host", "", "ipc I" },
	{ "uts: host\ncgroup: private", "", "uts I|cgroup E" },
	{ "cgroup: host", "", "cgroup I" },
	{ "links: [\"db:d\"]\nexternal_links: [x]", "", "links I|external_links I" },
	/* process */
	{ "command: [a, \"b c\", 3]", "", "command E" },
	{ "command:", "", "command E" },
	{ "entrypoint: [a]", "", "entrypoint E" },
	{ "environment: {A: b, C: 1, D: true, E: \"\", PILLBOX_TEST_ABSENT: , DOTENV: }", "env=A=b|env=C=1|env=D=true|env=E=|env=DOTENV=of .env",
	  "environment.A E|environment.C E|environment.D E|environment.E E|environment.PILLBOX_TEST_ABSENT E|environment.DOTENV E" },
	{ "environment: [A=b=c, DOTENV, PILLBOX_TEST_ABSENT]", "env=A=b=c|env=DOTENV=of .env", "environment[0] E|environment[1] E|environment[2] E" },
	{ "env_file: [{path: /nonexistent/pillbox.env, required: false}]", "", "env_file[0] E" },
	{ "tty: true\nstdin_open: true\ninit: true", "tty|interactive|init", "tty E|stdin_open E|init E" },
	{ "tty: false\nstdin_open: false\ninit: false", "no-tty|no-init", "tty E|stdin_open D|init E" },
	{ "stop_signal: SIGINT\nstop_grace_period: 1m30s", "stop-signal=SIGINT|stop-timeout=90", "stop_signal E|stop_grace_period E" },
	{ "stop_grace_period: 1500ms", "stop-timeout=2", "stop_grace_period E" },
	{ "stop_grace_period: 0s", "stop-timeout=0", "stop_grace_period E" },
	{ "stop_grace_period: 1.5h", "stop-timeout=5400", "stop_grace_period E" },
	{ "restart: \"no\"", "", "restart E" },
	{ "restart: always", "", "restart I" },
	{ "restart: on-failure:3", "", "restart I" },
	/* the rest */
	{ "image: nginx:1.25\nbuild: .", "", "image I|build I" },
	{ "build: {context: ., args: {A: b}, secrets: [s]}", "", "build I" },
	{ "container_name: web-1", "name=web-1", "container_name E" },
	{ "scale: 1", "", "scale E" },
	{ "scale: 3", "", "scale I" },
	{ "depends_on: [web]", "", "depends_on[0] I" },
	{ "depends_on: {web: {condition: service_healthy, restart: true, required: false}}", "", "depends_on.web I" },
	{ "annotations: {a: b}\nattach: false\nlabels: [a=b]\nlabel_file: f\nplatform: linux/amd64\npull_policy: always\npull_refresh_after: 1d\nruntime: runc\nisolation: default",
	  "", "annotations I|attach I|labels I|label_file I|platform I|pull_policy I|pull_refresh_after I|runtime I|isolation I" },
	{ "healthcheck: {test: [CMD, x], interval: 1s, retries: 3, disable: false}\nlogging: {driver: none, options: {a: b}}", "", "healthcheck I|logging I" },
	{ "develop: {watch: [{path: a, action: sync, target: /a, x-y: z}]}\nmodels: {m: {model_var: A}, n: }\nprovider: {type: x, options: {a: b}}\npost_start: [{command: [a], user: root}]\npre_stop: []\ncredential_spec: {file: f}\ndriver_opts: {a: b}",
	  "", "develop I|models I|provider I|post_start I|pre_stop I|credential_spec I|driver_opts I" },
	{ "profiles: [debug]\nextends: {service: base, file: f.yml}", "", "profiles E|extends E" },
	{ "x-preset: hardened", "", "x-preset E" },
	{ "x-note: [1, 2]", "", "x-note I" },
};

struct bad {
	const char *service, *message, *hint; /* hint: a part of it, or NULL */
};

static const struct bad bad[] = {
	{ "cap_dorp: [ALL]", "t.yml:3:5: cap_dorp: no such key", "did you mean cap_drop?" },
	{ "read_only: true\n\nquux: 1", "t.yml:5:5: quux: no such key", NULL },
	{ "cap_drop: ALL", "t.yml:3:5: cap_drop: not a single value; a list is needed", NULL },
	{ "cap_drop:", "t.yml:3:5: cap_drop: it has no value", "leave the key out" },
	{ "cap_drop: [[ALL]]", "t.yml:3:16: cap_drop[0]: not a list", NULL },
	{ "cap_add: [NET_ADMON]", "cap_add[0]: 'NET_ADMON' is no capability", "NET_ADMIN" },
	{ "cap_drop: [\"ALL,CHOWN\"]", "cap_drop[0]: 'ALL,CHOWN' is no capability", NULL },
	{ "privileged: maybe", "privileged: not a single value; true or false", NULL },
	{ "security_opt: no-new-privileges", "security_opt: not a single value; a list", NULL },
	{ "security_opt: [no-new-privilege]", "'no-new-privilege' is unknown", "no-new-privileges" },
	{ "security_opt: [\"no-new-privileges:maybe\"]", "true or false, and not 'maybe'", NULL },
	{ "security_opt: [\"systempaths:unconfined\"]", "not known to Docker in this form", "with '='" },
	{ "security_opt: [systempaths=confined]", "not known to Docker", NULL },
	{ "security_opt: [seccomp]", "the file is missing", NULL },
	{ "security_opt: [\"apparmor:\"]", "the profile's name is missing", NULL },
	{ "user: \"\"", "t.yml:3:5: user: the user is empty", "1000:1000" },
	{ "user: [a]", "user: not a list; a text or number", NULL },
	{ "userns_mode: keep-id", "'keep-id' is no mode", "host" },
	{ "x-preset: paranoid", "'paranoid' is no preset", "hardened" },
	{ "x-rootsf: tree", "nearly one of pillbox'", "x-rootfs" },
	{ "x-rootfs: \"\"", "the directory's name is empty", NULL },
	{ "read_only: 1", "read_only: not a single value; true or false", NULL },
	{ "devices: [/dev/a:/dev/b:x]", "'x' are not rights", NULL },
	{ "devices: [{target: /dev/a}]", "`source` is missing", NULL },
	{ "devices: [{source: /dev/a, permission: r}]", "devices[0].permission: no such key", "permissions" },
	{ "device_cgroup_rules: [\"c 1:3\"]", "'c 1:3' is no rule", NULL },
	{ "device_cgroup_rules: [\"x\"]", "'x' is no rule", NULL },
	/* volumes */
	{ "volumes: [\"data:/data\"]", "t.yml:3:15: volumes[0]: no volume data", "./data" },
	{ "volumes: [\"data:/data\"]\n--\nvolumes: {date: }", "no volume data", "did you mean date?" },
	{ "volumes: [\"./a:b\"]", "the target 'b' is not an absolute path", NULL },
	{ "volumes: [\"./a:/b:wr\"]", "'wr' is no option of a volume", "ro" },
	{ "volumes: [\":/b\"]", "nothing stands in front", NULL },
	{ "volumes: [{type: bnd, source: a, target: /b}]", "volumes[0].type: 'bnd' is no type", NULL },
	{ "volumes: [{source: a, target: /b}]", "`type` is missing", NULL },
	{ "volumes: [{type: bind, target: /b}]", "`source` is missing", NULL },
	{ "volumes: [{type: bind, source: a}]", "`target`, an absolute path", NULL },
	{ "volumes: [{type: tmpfs, source: a, target: /b}]", "a tmpfs has no source", NULL },
	{ "volumes: [{type: bind, source: a, target: /b, readonly: true}]", "volumes[0].readonly: no such key", "read_only" },
	{ "volumes: [{type: bind, source: a, target: /b, bind: {recursive: all}}]", "volumes[0].bind.recursive: 'all'", NULL },
	{ "volumes: [{type: tmpfs, target: /t, tmpfs: {mode: 1777}}]", "volumes[0].tmpfs.mode: 1777 without quotes is a decimal", "\"01777\"" },
	{ "volumes: [{type: volume, source: v, target: /t, volume: {subpath: ../x}}]\n--\nvolumes: {v: {x-path: /d}}", "leads out of the volume", NULL },
	{ "volumes: [\"v:/t\"]\n--\nvolumes: {v: {x-pth: /d, drivers: x}}", "volumes.v.drivers: no such key", "driver" },
	/* secrets */
	{ "secrets: [s]", "t.yml:3:15: secrets[0]: no s is among", "outermost" },
	{ "secrets: [s]\n--\nsecrets: {s: {}}", "t.yml:4:11: secrets.s: nothing says where", "file: PATH" },
	{ "secrets: [s]\n--\nsecrets: {s: {environment: PILLBOX_TEST_ABSENT}}", "the variable PILLBOX_TEST_ABSENT is not set", ".env" },
	{ "secrets: [s]\n--\nsecrets: {s: {content: x}}", "secrets.s.content: no such key", NULL },
	{ "secrets: [{target: x}]\n--\nsecrets: {s: {file: f}}", "`source` is missing", NULL },
	{ "secrets: [{source: s, mode: 440}]\n--\nsecrets: {s: {file: f}}", "secrets[0].mode: 440 without quotes", "\"0440\"" },
	{ "secrets: [{source: s, target: \"\"}]\n--\nsecrets: {s: {file: f}}", "the target is empty", NULL },
	/* limits */
	{ "mem_limit: 512", "mem_limit: 512 bytes is below the minimum", "512m" },
	{ "mem_limit: 64m\nmem_reservation: 128m", "t.yml:4:5: mem_reservation: 134217728 bytes is more than", NULL },
	{ "memswap_limit: 64m", "memswap_limit: needs mem_limit", NULL },
	{ "memswap_limit: 32m\nmem_limit: 64m", "is less than mem_limit", NULL },
	{ "cpus: 1\ncpu_quota: 5000", "t.yml:3:5: cpus: contradicts cpu_quota at 4:5", NULL },
	{ "cpu_shares: 1", "must be between 2 and 262144", NULL },
	{ "pids_limit: many", "pids_limit: not a single value; a whole number", NULL },
	{ "mem_limit: 64m\ndeploy: {resources: {limits: {memory: 65m}}}", "t.yml:4:35: deploy.resources.limits.memory: 65m contradicts mem_limit 64m at 3:5", "two spellings" },
	{ "deploy: {resources: {limits: {cpu: 1}}}", "deploy.resources.limits.cpu: no such key", "cpus" },
	{ "deploy: {resources: {limit: {cpus: 1}}}", "deploy.resources.limit: no such key", "limits" },
	{ "deploy: {replica: 1}", "deploy.replica: no such key", "replicas" },
	{ "deploy: {update_config: {ordr: x}}", "deploy.update_config.ordr: no such key", "order" },
	{ "blkio_config: {device_read_bps: [{path: /dev/sda}]}", "blkio_config.device_read_bps[0]: `path` and `rate` are needed", NULL },
	{ "blkio_config: {weights: 5}", "blkio_config.weights: no such key", "weight" },
	{ "ulimits: {nofile: {soft: 5}}", "ulimits.nofile: `soft` and `hard`", NULL },
	{ "ulimits: [nofile]", "ulimits: not a list; a map is needed", NULL },
	{ "sysctls: [a.b]", "sysctls[0]: the value is missing", NULL },
	/* network */
	{ "network_mode: \"service:\"", "'service:' is no mode", NULL },
	{ "network_mode: host\nnetworks: [default]", "network_mode: contradicts `networks` at 4:5", NULL },
	{ "networks: [frontend]", "no network frontend", "outermost" },
	{ "networks: [frontend]\n--\nnetworks: {fronted: }", "no network frontend", "did you mean fronted?" },
	{ "networks: {default: {alias: [a]}}", "networks.default.alias: no such key", "aliases" },
	{ "extra_hosts: [a]", "not a name and an address", NULL },
	{ "ports: [\"80:\"]", "ports[0]: '80:' is not a port", "PORT" },
	{ "ports: [\"99999:80\"]", "is not a port", NULL },
	{ "ports: [\"80/icmp\"]", "is not a port", NULL },
	{ "ports: [\"8000-8001:80-85\"]", "is not a port", NULL },
	{ "ports: [\"host:80:80\"]", "is not a port", NULL },
	{ "ports: [{published: 80}]", "`target`, the port inside, is missing", NULL },
	{ "ports: [{target: 80, host_ip: here}]", "'here' is not an address", NULL },
	{ "expose: [\"80:80\"]", "is not a port", NULL },
	{ "pid: \"service:db\"", "pid: no service db is among", NULL },
	{ "network_mode: \"service:wbe\"", "no service wbe", "service:web" },
	{ "pid: private", "'private' is no mode", NULL },
	{ "ipc: shared", "'shared' is no mode", NULL },
	/* process */
	{ "command: \"a && b\"", "'&' is a shell's", "/bin/sh" },
	{ "command: \"echo $(id)\"", "'(' is a shell's", NULL },
	{ "command: \"a 'b\"", "a quote or a backslash is not closed", NULL },
	{ "command: [a, ]\nentrypoint: [[a]]", "entrypoint[0]: not a list", NULL },
	{ "command: {a: b}", "command: not a map; a text or number or a list is needed", NULL },
	{ "environment: [\"=x\"]", "environment[0]: the name is missing", NULL },
	{ "environment: {\"A=B\": x}", "a name with '=' in it", NULL },
	{ "environment: {A: [x]}", "environment.A: not a list", NULL },
	{ "env_file: /nonexistent/pillbox.env", "t.yml:3:5: env_file: /nonexistent/pillbox.env: No such file", NULL },
	{ "env_file: [{path: f, format: toml}]", "'toml'", NULL },
	{ "env_file: [{format: raw}]", "`path` is missing", NULL },
	{ "stop_grace_period: 10", "'10' is not a duration", "1m30s" },
	{ "stop_grace_period: 9999999h", "is not a duration", NULL },
	{ "stop_grace_period: \"\"", "is not a duration", NULL },
	{ "restart: never", "'never' is no policy", NULL },
	{ "restart: always:3", "'always:3' is no policy", NULL },
	{ "restart: on-failure:x", "is no policy", NULL },
	/* below keys that are ignored, too */
	{ "labels: [[a]]", "labels[0]: not a list", NULL },
	{ "annotations: {a: [b]}", "annotations.a: not a list", NULL },
	{ "links: [{a: b}]", "links[0]: not a map", NULL },
	{ "gpus: [{drvr: nvidia}]", "gpus[0].drvr: no such key", "driver" },
	{ "develop: {watch: [{pth: a}]}", "develop.watch[0].pth: no such key", "path" },
	{ "develop: {watches: []}", "develop.watches: no such key", "watch" },
	{ "models: {m: {model: x}}", "models.m.model: no such key", NULL },
	{ "post_start: [{commands: x}]", "post_start[0].commands: no such key", "command" },
	{ "pre_stop: [stop]", "pre_stop[0]: not a single value; a map is needed", NULL },
	{ "deploy: {placement: {preferences: [{spraed: a}]}}", "deploy.placement.preferences[0].spraed: no such key", "spread" },
	{ "deploy: {resources: {reservations: {devices: [{capability: [gpu]}]}}}", "devices[0].capability: no such key", NULL },
	{ "logging: {option: {}}", "logging.option: no such key", "options" },
	/* the rest */
	{ "image: \"\"", "the image's name is empty", NULL },
	{ "image: {name: x}", "image: not a map", NULL },
	{ "build: {contxt: .}", "build.contxt: no such key", "context" },
	{ "healthcheck: {intervals: 1s}", "healthcheck.intervals: no such key", "interval" },
	{ "depends_on: [db]", "no service db is among", NULL },
	{ "depends_on: {web: {condition: [x]}}", "depends_on.web.condition: not a list", NULL },
	{ "scale: -1", "scale: less than none", NULL },
	{ "scale: two", "a whole number is needed", NULL },
};
/* clang-format on */

Test(compose_keys, good)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *have;

		cr_assert_eq(read_service(good[i].service), 0, "%s: %s", good[i].service, err.msg);
		have = options_text();
		cr_expect_str_eq(have, good[i].options, "%s:\n  options %s\n  wanted  %s",
				 good[i].service, have, good[i].options);
		have = verdicts_text();
		cr_expect_str_eq(have, good[i].verdicts, "%s:\n  verdicts %s\n  wanted   %s",
				 good[i].service, have, good[i].verdicts);
		cr_expect_str_eq(asked.options[0].name, "preset");
		teardown();
		setup();
	}
}

Test(compose_keys, bad)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cr_assert_lt(read_service(bad[i].service), 0, "%s: taken", bad[i].service);
		cr_expect_not_null(strstr(err.msg, bad[i].message), "%s: %s", bad[i].service,
				   err.msg);
		cr_expect_eq(strncmp(err.msg, "t.yml:", 6), 0, "%s: %s", bad[i].service, err.msg);
		if (bad[i].hint)
			cr_expect_not_null(strstr(err.hint, bad[i].hint), "%s: hint %s",
					   bad[i].service, err.hint);
		teardown();
		setup();
	}
}

/* Each row is reached by a row above, or the documentation promises something that nobody looked at. */
Test(compose_keys, every_key)
{
	for (size_t i = 0; i < compose_keys_len; i++) {
		const char *name = compose_keys[i].name;
		size_t len = strlen(name), j;

		for (j = 0; j < ARRAY_SIZE(good); j++) {
			const char *at = strstr(good[j].service, name);

			if (at && at[len] == ':' && (at == good[j].service || at[-1] == '\n'))
				break;
		}
		cr_expect_lt(j, ARRAY_SIZE(good), "%s has no row", name);
		cr_expect(i == 0 || strcmp(compose_keys[i - 1].name, name) < 0,
			  "%s is not in alphabetical order", name);
		cr_expect(compose_keys[i].text && *compose_keys[i].text, "%s has no text", name);
	}
}

/* run takes every option that is asked for, but for what cannot be had. */
Test(compose_keys, setters)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct spec spec = {.arena = &arena};
		int rc;

		cr_assert_eq(read_service(good[i].service), 0, "%s", err.msg);
		rc = options_given(&spec, asked.options, asked.n_options, &err);
		if (!strstr(good[i].verdicts, "devices[0] U"))
			cr_expect_eq(rc, 0, "%s: %s", good[i].service, err.msg);
		teardown();
		setup();
	}
}

/* What a setter refuses has place and key in front. */
Test(compose_keys, origins)
{
	struct spec spec = {.arena = &arena};

	cr_assert_eq(read_service("cpus: 99x"), 0);
	cr_expect_lt(options_given(&spec, asked.options, asked.n_options, &err), 0);
	cr_expect_not_null(strstr(err.msg, "t.yml:3:5: cpus 99x"), "%s", err.msg);
}

static const char *argv_text(const char *const *words, size_t n)
{
	const char *text = "";

	for (size_t i = 0; i < n; i++)
		text = arena_printf(&arena, "%s<%s>", text, words[i]);
	return text;
}

Test(compose_keys, argv)
{
	static const struct {
		const char *service, *argv;
		size_t n_entrypoint;
	} rows[] = {
		{"command: [a, \"b c\", 3]", "<a><b c><3>", 0},
		{"command: \"a  'b c' \\\"d e\\\" f\\\\ g ''\"", "<a><b c><d e><f g><>", 0},
		{"command: \"a\\\\tb\"", "<a\tb>", 0},
		{"command: 'sh -c \"a && b; c\"'", "<sh><-c><a && b; c>", 0},
		{"command: \"echo $HOME *\"", "<echo><$HOME><*>", 0},
		{"command: [c]\nentrypoint: e -x", "<e><-x><c>", 2},
		{"entrypoint: [e]", "<e>", 1},
		{"entrypoint: \"\"\ncommand: []", "", 0},
		{"image: x", "", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cr_assert_eq(read_service(rows[i].service), 0, "%s", err.msg);
		cr_expect_str_eq(argv_text(asked.argv, asked.argc), rows[i].argv, "%s: %s",
				 rows[i].service, argv_text(asked.argv, asked.argc));
		cr_expect_eq(asked.n_entrypoint, rows[i].n_entrypoint);
		cr_expect_eq(asked.argv == NULL, !*rows[i].argv, "%s", rows[i].service);
		teardown();
		setup();
	}
}

Test(compose_keys, service)
{
	cr_assert_eq(read_service("x-rootfs: tree\nimage: a/b:1\nprivileged: true"), 0);
	cr_expect_str_eq(asked.rootfs, "dir/tree");
	cr_expect_str_eq(asked.image, "a/b:1");
	cr_expect_str_eq(asked.name, "web");
	cr_expect_eq(asked.at.line, 2);
	cr_expect_not_null(strstr(asked.refusal, "t.yml:5:5: privileged: "), "%s", asked.refusal);
	cr_expect_not_null(strstr(asked.refusal_hint, "cap_add"));
	cr_expect_str_eq(asked.options[0].value, "docker");
	cr_expect_lt(compose_service(&project, "wbe", &asked, &err), 0);
	cr_expect_not_null(strstr(err.msg, "no service is called wbe"), "%s", err.msg);
	cr_expect_str_eq(err.hint, "did you mean web?");
	teardown();
	setup();
	cr_expect_lt(read_text("services: {a: {}, b: {}}"), 0);
	cr_expect_not_null(strstr(err.msg, "2 services"), "%s", err.msg);
	cr_expect_not_null(strstr(err.hint, "such as a"), "%s", err.hint);
	teardown();
	setup();
	cr_expect_lt(read_text("version: 3"), 0);
	cr_expect_not_null(strstr(err.msg, "no services"), "%s", err.msg);
	teardown();
	setup();
	cr_expect_lt(read_text("services: {a: }"), 0);
	cr_expect_not_null(strstr(err.msg, "t.yml:1:12: a: it has no value"), "%s", err.msg);
}

/* environment goes over env_file, wherever it stands; neither shows a value. */
Test(compose_keys, env_file)
{
	char path[] = "/tmp/pillbox-keys-XXXXXX", text[256];
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "A=from_file\nB=hidden\n", 21), 21);
	close(fd);
	snprintf(text, sizeof(text), "environment: {A: from_map}\nenv_file: %s", path);
	cr_assert_eq(read_service(text), 0, "%s", err.msg);
	unlink(path);
	cr_expect_str_eq(options_text(), "env=A=from_file|env=B=hidden|env=A=from_map", "%s",
			 options_text());
	cr_expect_str_eq(verdicts_text(), "env_file E|environment.A E", "%s", verdicts_text());
	for (size_t i = 0; i < asked.n_verdicts; i++)
		cr_expect_null(strstr(asked.verdicts[i].value, "from_"));
	for (size_t i = 0; i < asked.n_options; i++)
		cr_expect_null(strstr(asked.options[i].origin, "hidden"));
}

Test(compose_keys, secrets_are_hidden)
{
	cr_assert_eq(read_service("secrets: [s]\n--\nsecrets: {s: {environment: DOTENV}}"), 0);
	cr_expect_not_null(strstr(asked.options[1].value, "of .env"));
	cr_expect_null(strstr(asked.options[1].origin, "of .env"));
	cr_expect_null(strstr(asked.verdicts[0].value, "of .env"));
	cr_expect_str_eq(asked.verdicts[0].value, "s");
}

/* ---- advice ---------------------------------------------------------------------------------- */

#define SAFE                                                                                 \
	"user: \"1000:1000\"\ncap_drop: [ALL]\nsecurity_opt: [\"no-new-privileges:true\"]\n" \
	"read_only: true\nmem_limit: 64m\npids_limit: 64\ncpus: 1\n"

static const char *advice_text(void)
{
	const char *text = "";

	for (size_t i = 0; i < asked.n_advice; i++)
		text = arena_printf(&arena, "%s%s%s@%u", text, i ? " " : "", asked.advice[i].id,
				    asked.advice[i].at.line);
	return text;
}

/* clang-format off */
static const struct {
	const char *service, *advice;
} advised[] = {
	{ SAFE "image: a:1@sha256:0", "" },
	{ "image: a:1", "no-user@2 no-cap-drop@2 no-new-privileges@2 no-memory-limit@2 no-pids-limit@2 no-cpu-limit@2 writable-root@2" },
	{ "x-preset: strict", "no-user@2 no-cap-drop@2 no-new-privileges@2 no-memory-limit@2 no-pids-limit@2 no-cpu-limit@2 writable-root@2" },
	{ "user: root\ncap_drop: [CHOWN]\nsecurity_opt: [\"no-new-privileges:false\"]\nread_only: false\ndeploy: {resources: {limits: {memory: 64m, pids: 5, cpus: 1}}}",
	  "no-user@3 no-cap-drop@4 no-new-privileges@5 writable-root@6" },
	{ SAFE "cap_add: [SYS_ADMIN, CHOWN]", "cap-add@10 cap-lost@10" },
	{ SAFE "privileged: true", "privileged@10" },
	{ SAFE "network_mode: host\npid: host\nipc: host\nuts: host\nuserns_mode: host\ncgroup: host",
	  "host-network@10 host-pid@11 host-ipc@12 host-uts@13 host-userns@14 host-cgroup@15" },
	{ "user: \"1\"\ncap_drop: [ALL]\nread_only: true\nmem_limit: 64m\npids_limit: 64\ncpu_quota: 1000\nsecurity_opt: [no-new-privileges, \"seccomp:unconfined\", apparmor=unconfined, systempaths=unconfined, label=disable]",
	  "seccomp-unconfined@9 apparmor-unconfined@9 systempaths-unconfined@9 label-disable@9" },
	{ SAFE "image: nginx", "image-latest@10" },
	{ SAFE "image: localhost:5000/nginx:latest", "image-latest@10" },
	{ SAFE "image: localhost:5000/nginx:1", "" },
	{ SAFE "environment: {DB_PASSWORD: x, api_key: y, PASSWORD_FILE: /run/secrets/p, TOKEN: , PATH: /bin}",
	  "secret-in-environment@10 secret-in-environment@10" },
	{ SAFE "environment: [AWS_SECRET_ACCESS_KEY=x, TOKEN]", "secret-in-environment@10" },
	{ SAFE "volumes: [\"/var/run/docker.sock:/var/run/docker.sock:ro\"]", "docker-socket@10" },
	{ SAFE "volumes: [{type: bind, source: /run/podman/podman.sock, target: /s}]", "docker-socket@10" },
	{ SAFE "use_api_socket: true", "docker-socket@10" },
	{ SAFE "volumes: [\"/:/host:ro\", \"/etc:/etc2\", \"/etc:/etc3:ro\", \".:/src\", \"/srv/web/:/w\"]", "host-root@10 host-path@10 project-directory@10" },
	{ SAFE "tmpfs: [\"/a:exec\", \"/b:suid,size=1m\", \"/c:size=1m\"]", "tmpfs-exec@10 tmpfs-size@10 tmpfs-suid@10" },
	{ SAFE "devices: [/dev/fuse]", "device@10" },
	{ SAFE "ulimits: {core: -1}", "core-dumps@10" },
	{ SAFE "ulimits: {core: 0}", "" },
	{ SAFE "secrets: [{source: s, mode: 0444}, {source: s, target: t, mode: 0400}]\n--\nsecrets: {s: {file: f}}", "secret-mode@10" },
	{ SAFE "ports: [\"80:80\", \"127.0.0.1:81:81\", \"0.0.0.0:82:82\", 83, {target: 84, published: 84}, {target: 85, published: 85, host_ip: 127.0.0.1}]",
	  "ports-all-addresses@10 ports-all-addresses@10 ports-all-addresses@10 ports-all-addresses@10" },
};
/* clang-format on */

Test(compose_keys, advice)
{
	for (size_t i = 0; i < ARRAY_SIZE(advised); i++) {
		cr_assert_eq(read_service(advised[i].service), 0, "%s: %s", advised[i].service,
			     err.msg);
		cr_expect_str_eq(advice_text(), advised[i].advice, "%s:\n  advice %s\n  wanted %s",
				 advised[i].service, advice_text(), advised[i].advice);
		for (size_t j = 0; j < asked.n_advice; j++) {
			cr_expect(*asked.advice[j].text && *asked.advice[j].add);
			cr_expect_eq(asked.advice[j].text[strlen(asked.advice[j].text) - 1], '.',
				     "%s", asked.advice[j].text);
		}
		teardown();
		setup();
	}
}

/* A list of anybody's must not grow without a bound. */
Test(compose_keys, many)
{
	char *text = malloc(200000), *out = text;

	out += sprintf(out, "services: {web: {cap_drop: [");
	for (int i = 0; i < 5000; i++)
		out += sprintf(out, "ALL,");
	sprintf(out, "]}}");
	cr_expect_lt(read_text(text), 0);
	cr_expect_not_null(strstr(err.msg, "more than 4096 entries"), "%s", err.msg);
	free(text);
}

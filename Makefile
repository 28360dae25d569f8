# SPDX-License-Identifier: Apache-2.0
# make            build/pillbox
# make install    PREFIX and DESTDIR are honoured
# make unit asan seam bench lint docs   see README.md, "Working on it"

PREFIX ?= /usr/local
CC = gcc
B ?= build
V ?= 0.1.0

HARDEN = -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=3 \
	-fcf-protection=full -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr \
	-fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
	-Wimplicit-fallthrough -Wundef -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Werror=format-security -Werror=implicit -Werror=int-conversion \
	-Werror=incompatible-pointer-types -Werror=return-type
# Not for the tests, which are linked with these objects, and not for clang, which means more by it.
WARN_SRC = -Wconversion
WERROR ?= -Werror
OPT ?= -O2 -g
# static-pie: no loader, no LD_* variables, no name service modules, and half the start-up time
LINK_HARDEN = -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,-z,defs,-z,text
LINK ?= -static-pie $(LINK_HARDEN)
PIE ?= -fPIE
CFLAGS_ALL = -std=gnu17 -D_GNU_SOURCE -Iinclude -I$(B) -DPILLBOX_VERSION='"$(V)"' \
	-ffile-prefix-map=$(CURDIR)=. $(OPT) $(PIE) $(HARDEN) $(WARN) $(WERROR) $(CFLAGS)
# libcap-ng holds a function, never called here, that a static program should not call: what ld says is
# heard only when it fails. (With --no-warnings ld 2.40 links undefined symbols in silence.)
LD_SAYS = 2>$@.ld || { cat $@.ld >&2; rm -f $@.ld; exit 1; }; rm -f $@.ld
LIBS = -lseccomp -lcap-ng -lapparmor -ljansson -lnettle -lyaml -lm

SRC = $(sort $(wildcard src/*.c))
# Of the audit's probe pillbox itself needs what is done outside, and the grade; the rest it carries.
PROBE_OUTSIDE = grade targets witness
OBJ = $(SRC:src/%.c=$(B)/%.o) $(PROBE_OUTSIDE:%=$(B)/probe_%.o) $(B)/builtin_filter.o \
	$(B)/lesson_texts.o $(B)/probe_program.o
LIBOBJ = $(filter-out $(B)/main.o,$(OBJ))
PROFILES = default=profiles/seccomp/default.json strict=profiles/seccomp/strict.json \
	docker=profiles/seccomp/docker.json

.PHONY: all clean install unit asan seam faults lint docs check-docs bench bench-filter bench-security check fuzz fuzzers format mutants soak differential attacks
all: $(B)/pillbox $(B)/pillbox-probe $(B)/pillbox-scope $(B)/gendoc

$(B)/%.o: src/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS_ALL) $(WARN_SRC) -MMD -MP -c $< -o $@

# A compiled profile in the cache is of use only to the compiler that made it: its source is in the key.
PROFILE_SRC = $(sort $(wildcard src/profile*.c include/profile*.h)) src/caps_names.c
$(B)/profile_cache.o: $(PROFILE_SRC)
$(B)/profile_cache.o: CFLAGS_ALL += \
	-DPROFILE_REVISION='"$(shell cat $(PROFILE_SRC) | sha256sum | cut -c1-32)"'

$(PROBE_OUTSIDE:%=$(B)/probe_%.o): $(B)/probe_%.o: src/probe/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS_ALL) $(WARN_SRC) -MMD -MP -c $< -o $@

$(B)/pillbox: $(OBJ)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) $(LINK) $^ -o $@ $(LIBS) $(LD_SAYS)

# The one program that is linked to shared libraries: libsystemd has no static one. Run for a launch
# that needs a scope from the user's systemd, and only if nobody else could have written it.
$(B)/pillbox-scope: src/tools/scope_helper.c
	@mkdir -p $(@D)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) $(WARN_SRC) -MMD -MP -MF $(B)/scope_helper.d -pie $(LINK_HARDEN) \
		-Wl,--as-needed $< -o $@ -lsystemd && chmod go-w $@

# The attacks of `pillbox audit`: a program that needs nothing from the place where it runs. Never
# sanitized, since no sanitizer can start in there.
PROBE = $(sort $(wildcard src/probe/*.c)) src/caps_names.c src/err.c src/nearest.c src/term.c src/util.c
$(B)/pillbox-probe: $(PROBE) $(wildcard src/probe/*.h) include/probe.h Makefile
	@mkdir -p $(@D)
	@echo '  CC $@'; $(CC) -std=gnu17 -D_GNU_SOURCE -Iinclude -DPILLBOX_VERSION='"$(V)"' \
		-ffile-prefix-map=$(CURDIR)=. -O2 $(HARDEN) $(WARN) $(WARN_SRC) $(WERROR) -static-pie -fPIE $(LINK_HARDEN) \
		$(PROBE) -o $@ -lcap-ng -ljansson $(LD_SAYS)

$(B)/probe_program.o: $(B)/pillbox-probe
	@echo '  AS $@'; printf '%s\n' '.section .rodata' '.globl probe_program, probe_program_len' \
		'probe_program: .incbin "$<"' '1: .balign 8' 'probe_program_len: .quad 1b - probe_program' '.section .note.GNU-stack,"",%progbits' | \
		$(CC) -x assembler -c - -o $@

GENDOC = gendoc gendoc_check gendoc_front gendoc_man gendoc_shell
# The compiler of the built-in filters: the same reader as at launch, without the table it makes.
MKFILTER = mkfilter profile profile_json profile_fields profile_text profile_locate profile_calls profile_head profile_tree \
	profile_build profile_check profile_tests profile_reading profile_values profile_points profile_walk profile_sim caps_names nearest util err
$(B)/mkfilter: $(MKFILTER:%=$(B)/%.o)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) $(LINK) $^ -o $@ $(LIBS) $(LD_SAYS)
$(B)/mkfilter.o $(GENDOC:%=$(B)/%.o): $(B)/%.o: src/tools/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@
$(B)/builtin_filter.c: $(B)/mkfilter $(wildcard profiles/seccomp/*.json)
	$(B)/mkfilter $@ $(PROFILES)
# The lessons as strings: README.md first, then by number.
LESSONS = docs/lessons/README.md $(sort $(wildcard docs/lessons/[0-9]*.md))
$(B)/lesson_texts.c: $(LESSONS) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "lesson.h"'; echo 'const struct lesson lessons[] = {'; \
		for f in $(LESSONS); do echo "{\"$${f##*/}\","; sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $$f; echo '},'; done; \
		echo '}; const size_t lessons_len = sizeof(lessons) / sizeof(lessons[0]);'; } >$@.new
	@mv $@.new $@
$(B)/builtin_filter.o $(B)/lesson_texts.o: %.o: %.c
	@echo '  CC $<'; $(CC) $(CFLAGS_ALL) -c $< -o $@

$(B)/gendoc: $(GENDOC:%=$(B)/%.o) $(LIBOBJ)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) $(LINK) $^ -o $@ $(LIBS) $(LD_SAYS)

-include $(wildcard $(B)/*.d)

# ---- tests -------------------------------------------------------------------------------------

# pillbox with a seam in front: one step fails, is left out, or stands elsewhere (tests/seam.c)
seam: $(B)/pillbox-seam $(B)/pillbox-scope $(B)/probe $(B)/harness $(B)/faults $(B)/faults-bad $(B)/pillbox-bare $(B)/soak \
	$(B)/pillbox-weak $(B)/race
$(B)/pillbox-seam: tests/seam.c $(LIBOBJ)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) $(LINK) $^ -o $@ $(LIBS) $(LD_SAYS)

# pillbox whose launcher leaves out one thing that confines it (tests/bare.c)
$(B)/pillbox-bare: tests/bare.c $(LIBOBJ)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) $(LINK) -Wl,--wrap=prctl,--wrap=syscall,--wrap=chdir,--wrap=close_range,--wrap=poll \
		$^ -o $@ $(LIBS) $(LD_SAYS)

# pillbox with one protection taken out: what the tests of races and of the trace must notice (tests/weak.c)
WEAK = syscall fstat mkdirat mnt_resolve_strict
$(B)/pillbox-weak: tests/weak.c $(LIBOBJ)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) $(LINK) $(WEAK:%=-Wl,--wrap=%) $^ -o $@ $(LIBS) $(LD_SAYS)

# The payload of the real-kernel tests needs nothing from the rootfs. Never sanitized: it is what
# is looked at, not what looks.
$(B)/probe: $(wildcard tests/probe*.c) $(wildcard tests/probe*.h)
	@mkdir -p $(@D)
	@echo '  CC $@'; $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -static $(filter %.c,$^) -o $@

# What stands around each of those tests: static, because a loader is slow where it is emulated
$(B)/harness $(B)/race: $(B)/%: tests/%.c
	@mkdir -p $(@D)
	@echo '  CC $@'; $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -static $< -o $@

# What the launcher does when a system call fails or a process is killed: make faults [PAIRS=5000]
FAULTS = $(sort $(wildcard tests/faults/*.c))
PAIRS ?= 0
faults: $(B)/pillbox $(B)/pillbox-scope $(B)/probe $(B)/harness $(B)/faults $(B)/faults-bad
	PAIRS=$(PAIRS) tests/faults/run --full
$(B)/faults: $(FAULTS) tests/faults/faults.h
	@mkdir -p $(@D)
	@echo '  CC $@'; $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra $(FAULTS) -o $@ -lseccomp -lutil
$(B)/faults-bad: tests/faults/bad/bad.c
	@mkdir -p $(@D)
	@echo '  CC $@'; $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -static $< -o $@
# make soak N=100000 P=10000: launches in sequence, and sixteen at a time (tests/soak/run)
soak: all seam
	N=$(N) P=$(P) tests/soak/run
$(B)/soak: tests/soak/soak.c
	@mkdir -p $(@D)
	@echo '  CC $@'; $(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra $< -o $@

UNIT = $(sort $(wildcard tests/unit/*.c tests/lib/*.c))
unit: $(B)/unit
	$(B)/unit $(UNITFLAGS)
UNITOBJ = $(UNIT:tests/%.c=$(B)/tests/%.o)
$(UNITOBJ): $(B)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	@echo '  CC $<'; $(CC) $(CFLAGS_ALL) -Itests/lib -Wno-missing-prototypes -MMD -MP -c $< -o $@
$(B)/unit: $(UNITOBJ) $(LIBOBJ)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) -pie $^ -o $@ -lcriterion $(LIBS)
-include $(UNITOBJ:.o=.d)

# Compiled seccomp profiles against another reading of their rules; then one in DAMAGE of all damages to
# such programs, each of which must be noticed
SETS ?= 1000000
DAMAGE ?= 4
differential: $(B)/differential $(B)/damage
	$(B)/differential $(SETS) 1 $(shell nproc)
	$(B)/damage $(DAMAGE)
$(B)/differential $(B)/damage: $(B)/%: tests/seccomp/%.c tests/seccomp/random_rules.c tests/lib/bpfsim.c $(LIBOBJ)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) -Itests/lib $(LINK) $^ -o $@ $(LIBS) $(LD_SAYS)

# Everything once more under AddressSanitizer and UBSan, in a tree of its own
ASAN = B=build-asan OPT="-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all" \
	LINK=-pie HARDEN=-fno-omit-frame-pointer
asan:
	$(MAKE) $(ASAN) build-asan/pillbox build-asan/pillbox-scope build-asan/pillbox-seam build-asan/pillbox-bare \
		build-asan/probe build-asan/harness build-asan/race build-asan/pillbox-weak build-asan/unit

# Fuzzers: make fuzz T=60 gives each T seconds, FUZZ_JOBS of them at a time; what one finds is in
# build-fuzz/NAME-*, and a good input goes into tests/fuzz/corpus. ONE=fuzz_user: that one alone
T ?= 10
FUZZ_JOBS ?= 2
FUZZ = $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
fuzz:
	$(MAKE) B=build-fuzz CC=clang OPT="-O1 -g -fsanitize=fuzzer-no-link,address,undefined" \
		LINK=-pie HARDEN= WARN_SRC= fuzzers
	@printf '%s\n' $(or $(ONE),$(FUZZ)) | xargs -P $(FUZZ_JOBS) -I '{}' scripts/fuzz '{}' $(T)
fuzzers: $(FUZZ:%=$(B)/%)
# There is no process whose memory could be read.
$(B)/fuzz_calls: FUZZ_LINK = -Wl,--wrap=peer_read,--wrap=peer_string,--wrap=peer_fd_path
$(B)/fuzz_%: tests/fuzz/fuzz_%.c $(LIBOBJ)
	$(CC) $(CFLAGS_ALL) -Wno-missing-prototypes -fsanitize=fuzzer -pie $(FUZZ_LINK) $^ -o $@ $(LIBS)

# One protection less at a time, and a test must notice: make mutants ONLY='mask-* leash'
mutants: all seam $(B)/unit
	tests/mutants/run $(ONLY)

# Every test that docs/threats.md names, the races with RACES starts each
RACES ?= 2000
attacks: all seam
	RACES=$(RACES) tests/real/run $$(grep -oE '`[0-9]{2}-[a-z-]+:' docs/threats.md | sort -u | sed 's|`\(.*\):|tests/real/\1.sh|')

bench: all
	$(MAKE) $(B)/bench $(B)/floor
	scripts/bench $(BENCHFLAGS)
# What a filter costs a call that it allows; a profile of one's own as an argument: NAME=FILE
bench-filter: $(B)/filter_cost
	$(B)/filter_cost $(BENCHFLAGS) custom=profiles/seccomp/docker.json
bench-security: all
	scripts/bench-security $(BENCHFLAGS)
$(B)/filter_cost: tests/bench/filter_cost.c $(LIBOBJ)
	@echo '  LD $@'; $(CC) $(CFLAGS_ALL) $(LINK) $^ -o $@ $(LIBS) $(LD_SAYS)
$(B)/floor: $(B)/builtin_filter.o
$(B)/bench $(B)/floor: $(B)/%: tests/bench/%.c
	@mkdir -p $(@D)
	@echo '  CC $@'; $(CC) -std=gnu17 -D_GNU_SOURCE -Iinclude -O2 -Wall -Wextra -static-pie -fPIE $^ -o $@

lint:
	scripts/lint
format:
	clang-format -i src/*.c src/tools/*.[ch] include/*.h $(wildcard tests/*.[ch] tests/*/*.[ch])

# ---- documents, all from the option table and the list of steps ------------------------------------

# Files with tables between markers <!-- NAME: begin --> ... <!-- NAME: end -->
REGIONS = README.md docs/options.md docs/architecture.md docs/audit.md docs/check.md \
	docs/compose.md
ATTACKS = { echo '\# The attacks of `pillbox audit`'; echo; \
	echo 'Made by `pillbox-probe --list=markdown`; [audit.md](audit.md) says what they are for.'; \
	$(B)/pillbox-probe --list=markdown; }
docs: $(B)/gendoc $(B)/pillbox $(B)/pillbox-probe
	$(B)/gendoc docs $(REGIONS)
	$(ATTACKS) >docs/attacks.md
	scripts/diagram $(B)/pillbox
check-docs: $(B)/gendoc $(B)/pillbox $(B)/pillbox-probe
	$(B)/gendoc --check docs $(REGIONS)
	$(ATTACKS) | cmp - docs/attacks.md
	scripts/diagram --check $(B)/pillbox

check:
	scripts/check

# The profiles have rules that only AppArmor 4.0 knows; an older parser would stop at them, at boot.
APPARMOR_ABI ?= $(if $(wildcard /etc/apparmor.d/abi/4.0),4.0,3.0)
APPARMOR_EDIT = -e 's|/usr/local/bin/pillbox|$(PREFIX)/bin/pillbox|' \
	$(if $(filter 3.0,$(APPARMOR_ABI)),,-e 's|<abi/3.0>|<abi/$(APPARMOR_ABI)>|' -e 's|^\#4.0\#||')

install: all
	install -Dm755 $(B)/pillbox $(DESTDIR)$(PREFIX)/bin/pillbox
	install -Dm755 $(B)/pillbox-scope $(DESTDIR)$(PREFIX)/libexec/pillbox/pillbox-scope
	install -Dm755 $(B)/pillbox-probe $(DESTDIR)$(PREFIX)/bin/pillbox-probe
	install -Dm644 docs/pillbox.1 $(DESTDIR)$(PREFIX)/share/man/man1/pillbox.1
	install -Dm644 docs/completion/pillbox.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/pillbox
	install -Dm644 docs/completion/_pillbox $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_pillbox
	install -d $(DESTDIR)/etc/apparmor.d
	for p in pillbox pillbox-default; do sed $(APPARMOR_EDIT) profiles/apparmor/$$p \
		>$(DESTDIR)/etc/apparmor.d/$$p && chmod 644 $(DESTDIR)/etc/apparmor.d/$$p || exit 1; done

clean:
	rm -rf build build-asan build-fuzz

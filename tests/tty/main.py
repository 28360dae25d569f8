# SPDX-License-Identifier: Apache-2.0
# main.py - all terminal tests as one identity: main.py IDENTITY full|short SECONDS
#
# Should:  be started by tests/tty/run, with PB and ROOT set, as the identity itself.
# Mustn't: run longer than SECONDS.
import sys

import harness
import own
import shell
import step
import end

MODULES = (own, shell, step, end)  # each adds its tests when it is imported: the longest last

sys.exit(harness.main(sys.argv[1], sys.argv[2] == "short", int(sys.argv[3])))

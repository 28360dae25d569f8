/* SPDX-License-Identifier: Apache-2.0 */
/* limits_math.h - Docker's units for CPU and I/O weight in those of cgroup v2. */
#ifndef PILLBOX_LIMITS_MATH_H
#define PILLBOX_LIMITS_MATH_H

#include <stdint.h>

/* --cpu-shares 2..262144 (default 1024) -> cpu.weight 1..10000 (default 100). */
uint64_t cpu_weight_from_shares(uint64_t shares);

/* --blkio-weight 10..1000 -> io.weight 1..10000, linear. */
uint64_t io_weight_from_blkio(uint64_t weight);

#endif

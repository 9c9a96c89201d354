/*
 * machine.c: see machine.h.
 */
#include "sys/machine.h"

#include "sys/clock.h"

#include <fcntl.h>
#include <unistd.h>

unsigned ki_machine_cpus(void) {
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (unsigned)n : 1;
}

/* Without /dev/urandom (a bare chroot) clocks and an address must do: the seed tells runs apart, it
 * keeps no secrets. */
uint64_t ki_machine_seed(void) {
	uint64_t seed = 0;
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (read(fd, &seed, sizeof seed) != (ssize_t)sizeof seed) {
			seed = 0;
		}
		close(fd);
	}
	if (seed == 0) {
		seed = (uint64_t)ki_clock_wall_ns() ^ (uint64_t)(uintptr_t)&seed
		       ^ (uint64_t)ki_clock_mono_ns() << 20;
	}
	return seed ? seed : 1;
}

int64_t ki_machine_pid(void) {
	return (int64_t)getpid();
}

void ki_machine_hostname(char *name, size_t size) {
	if (gethostname(name, size)) {
		name[0] = '\0';
	}
	name[size - 1] = '\0'; /* a name that was cut may have none */
}

/* source.c: see source.h. */
#include "sys/source.h"

#include <errno.h>
#include <fcntl.h>
#include <kith_types.h>
#include <poll.h>
#include <unistd.h>

int ki_source_init(struct ki_source *source, int fd) {
	source->fd = fd;
	if (pipe(source->wake)) {
		return KITH_EEXHAUSTED;
	}
	fcntl(source->wake[0], F_SETFD, FD_CLOEXEC);
	fcntl(source->wake[1], F_SETFD, FD_CLOEXEC);
	return KITH_OK;
}

void ki_source_fini(struct ki_source *source) {
	close(source->wake[0]);
	close(source->wake[1]);
}

int ki_source_read(struct ki_source *source, char *bytes, size_t size, size_t *got) {
	for (;;) {
		struct pollfd either[] = {{.fd = source->wake[0], .events = POLLIN},
			{.fd = source->fd, .events = POLLIN}};
		if (poll(either, 2, -1) < 0 && errno != EINTR) {
			*got = 0;
			return KITH_OK;
		}
		if (either[0].revents) {
			return KITH_ECANCELED;
		}
		if (!either[1].revents) {
			continue;
		}
		ssize_t nr = read(source->fd, bytes, size);
		if (nr >= 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) {
			*got = nr > 0 ? (size_t)nr : 0;
			return KITH_OK;
		}
	}
}

void ki_source_interrupt(struct ki_source *source) {
	while (write(source->wake[1], "", 1) < 0 && errno == EINTR) {
	}
}

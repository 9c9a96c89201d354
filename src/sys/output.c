/* output.c: see output.h. */
#include "sys/output.h"

#include <errno.h>
#include <kith_types.h>
#include <poll.h>
#include <unistd.h>

int ki_output_write(int fd, const char *text, size_t len) {
	while (len > 0) {
		ssize_t written = write(fd, text, len);
		if (written >= 0) {
			text += written;
			len -= (size_t)written;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			struct pollfd room = {.fd = fd, .events = POLLOUT};
			poll(&room, 1, -1);
		} else if (errno != EINTR) {
			return errno == EPIPE || errno == EBADF ? KITH_ECLOSED : KITH_EIO;
		}
	}
	return KITH_OK;
}

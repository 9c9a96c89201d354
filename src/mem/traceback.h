/*
 * traceback.h: where an error was made, raw: formatted when somebody asks, which is rare.
 *
 * A trace is a sequence of records: frames, innermost first, and lines of text. Two of them, one
 * behind the other, are one. It lives in memory of one run alone.
 *
 * Owns: the format. Threads: any; pure.
 * Not here: taking one from Lua's calls (lua/luaerror.c).
 */
#ifndef KI_MEM_TRACEBACK_H
#define KI_MEM_TRACEBACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/strv.h"

enum ki_trace_what { KI_TRACE_TEXT, KI_TRACE_LUA, KI_TRACE_MAIN, KI_TRACE_C };

struct ki_trace_record {
	enum ki_trace_what what;
	struct ki_strv source; /* of a frame; or the text of a line */
	/* of the function, as it was called (kind: `local`, `method` and the like); or empty */
	struct ki_strv name, kind;
	int32_t line, defined; /* <= 0: none */
	bool tail_call;        /* it replaced the frame of who called it */
};

/* What one record takes at most, without its source; longer names are cut. */
enum { KI_TRACE_BYTES_MAX = 256 };

/* Writes a record; gives its size. */
size_t ki_trace_put(char *at, const struct ki_trace_record *record);
/* Takes the first record off; false: there is none. */
bool ki_trace_next(struct ki_strv *trace, struct ki_trace_record *out);
/* Appends the lines, in the form of Lua's own tracebacks, with a newline between two. */
void ki_trace_format(struct ki_buf *out, struct ki_strv trace);

#endif

/*
 * lua/lib_exec.h: process.exec (SPEC 5.2).
 *
 * Owns: nothing. Threads: the worker that runs the process.
 * Not here: calls (call.h), how a child is made (launch.h).
 */
#ifndef KI_LUA_LIB_EXEC_H
#define KI_LUA_LIB_EXEC_H

#include <lua.h>

#include <kith_types.h>
#include <stdint.h>

struct ki_terms;

/* Adds it to the module table on top of the stack. */
void ki_exec_open(lua_State *L);

/* Its body, for spawners too: as in struct ki_launch. Gives the number of results, or waits. */
int ki_exec_run(lua_State *L, int base, const struct ki_terms *terms);

/* Waits for the end of a callee that was just spawned with KI_SPAWN_CALL: `return
 * ki_exec_wait(...)`. The results are its value and nil, or nil and its Error. timeout_ns 0: none.
 * `fn` is what a snapshot says that it waits in; of static life.
 */
int ki_exec_wait(lua_State *L, const char *fn, kith_pid callee, int64_t timeout_ns);

#endif

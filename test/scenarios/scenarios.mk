# The acceptance scenarios, against the command line of $(KITH) alone.
#
#	make scenarios [CONFIG=asan] [THREADS=N] [SEEDS=N] [SCALE=N] [ONLY="S6"]
#
# Release: 20 times on threads and over 200 seeds. Sanitizer builds: once and over 20 seeds, with
# real-time bounds ten times as wide.

plain_build := $(filter release debug static,$(CONFIG))
THREADS ?= $(if $(plain_build),20,1)
SCALE ?= $(if $(plain_build),1,10)
scene_seeds := $(if $(filter command line,$(origin SEEDS)),$(SEEDS),$(if $(plain_build),200,20))
KITH ?= $(O)/kith

$(B)/scenarios: $(wildcard test/scenarios/*.c test/scenarios/*.h)
	@mkdir -p $(@D)
	$(CC) -O1 -g -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Werror -pthread -o $@ $(filter %.c,$^)

scenarios: all $(B)/scenarios ## what the specification promises, through the command
	env $(san_env) $(B)/scenarios $(KITH) --threads $(THREADS) --seeds $(scene_seeds) \
		--seed $(SEED) --scale $(SCALE) $(if $(ONLY),--only "$(ONLY)")

.PHONY: scenarios

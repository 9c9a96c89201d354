# The part of GNUmakefile that holds the code to its own rules. Each script says what it looks for;
# all run even when one has found something. The linker's view is that of the release build.

lint_src := $(sort $(wildcard src/*/*.[chS]) $(wildcard include/*.h))
lint_form := $(lint_src) $(sort $(wildcard test/*.[ch] test/*/*.[ch]))
tag_src := $(sort $(wildcard src/*/*.[ch]))
lint_headers := $(headers:%=$(O)/lint/%.ok)
lint_objs := $(foreach m,$(modules),$(call own,$(m)))

lint: lint-text lint-headers lint-objects ## layers, names, tags, form; every header compiles alone
	@echo "lint: nothing found"

lint-text:
	@bad=0; \
	test/lint/try.sh || bad=1; \
	awk -f test/lint/layers.awk src/LAYERS $(lint_src) || bad=1; \
	printf '%s\n' $(headers) | awk -f test/lint/names.awk || bad=1; \
	awk -f test/lint/style.awk $(lint_form) || bad=1; \
	awk -f test/lint/atomics.awk $(lint_src) || bad=1; \
	awk -f test/lint/tags.awk $(tag_src) | cmp -s - doc/CONCURRENCY.md || \
		echo "doc/CONCURRENCY.md: warning: older than the tags; make tags"; \
	exit $$bad

lint-objects: $(lint_objs)
	@bad=0; \
	nm -gA $^ | awk -f test/lint/symbols.awk src/LAYERS - || bad=1; \
	objdump -t $^ | awk -f test/lint/data.awk || bad=1; \
	exit $$bad

# A header that compiles alone includes what it uses. It is included by name, as its users do.
lint-headers: $(lint_headers)
$(O)/lint/%.h.ok: %.h $(O)/flags | $$(module_needs_$$(call module_of,$$(subst src/,,$$*)))
	@mkdir -p $(@D)
	@echo '#include "$(patsubst include/%,%,$(patsubst src/%,%,$<))"' | \
		$(call compile,$(call module_of,$(patsubst src/%,%,$*))) -MF $(@:.ok=.d) -MT $@ -fsyntax-only -x c -
	@touch $@

-include $(lint_headers:.ok=.d)

.PHONY: lint lint-text lint-headers lint-objects

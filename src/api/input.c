/*
 * input.c: values of the project to values that processes get.
 *
 * Owns: nothing. Threads: one.
 * Not here: reading YAML (config/document.h).
 */
#include "api/runtime.h"
#include "mem/value.h"

static void write_node(struct ki_value_writer *w, const struct ki_node *node);

static void write_sequence(struct ki_value_writer *w, const struct ki_node *node) {
	size_t mark = ki_value_table_begin(w);
	for (size_t i = 0; i < node->u.seq.nr; i++) {
		write_node(w, node->u.seq.items[i]);
	}
	ki_value_table_end(w, mark, node->u.seq.nr, 0);
}

/* What is null is absent, as in any Lua table. */
static void write_mapping(struct ki_value_writer *w, const struct ki_node *node) {
	size_t mark = ki_value_table_begin(w), nr = 0;
	for (size_t i = 0; i < node->u.map.nr; i++) {
		const struct ki_pair *pair = &node->u.map.pairs[i];
		if (pair->key->type != KI_NODE_NULL && pair->value->type != KI_NODE_NULL) {
			write_node(w, pair->key);
			write_node(w, pair->value);
			nr++;
		}
	}
	ki_value_table_end(w, mark, 0, nr);
}

/* Recursion: config allows KI_YAML_MAX_DEPTH levels. */
static void write_node(struct ki_value_writer *w, const struct ki_node *node) {
	switch (node->type) {
	case KI_NODE_NULL:
		ki_value_nil(w);
		break;
	case KI_NODE_BOOL:
		ki_value_bool(w, node->u.boolean);
		break;
	case KI_NODE_INT:
		ki_value_int(w, node->u.integer);
		break;
	case KI_NODE_FLOAT:
		ki_value_float(w, node->u.number);
		break;
	case KI_NODE_STRING:
		ki_value_str(w, ki_strv_n(node->text, node->text_len));
		break;
	case KI_NODE_SEQUENCE:
		write_sequence(w, node);
		break;
	case KI_NODE_MAPPING:
		write_mapping(w, node);
		break;
	}
}

int ki_input_payload(const struct ki_node *node, struct ki_payload **out) {
	if (node->type == KI_NODE_NULL) {
		*out = NULL;
		return KITH_OK;
	}
	struct ki_value_writer w;
	ki_value_writer_init(&w);
	write_node(&w, node);
	struct ki_payload *payload = ki_value_finish(&w, KI_FORMAT_LUA);
	ki_value_writer_fini(&w);
	if (!payload) {
		return KITH_EEXHAUSTED;
	}
	*out = payload;
	return KITH_OK;
}

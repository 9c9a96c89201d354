/* YAML text to nodes: the subset of SPEC 16.5. */
#include "kith_test.h"

#include <math.h>

#include <kith_types.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "config/document.h"

struct parsed {
	struct ki_arena arena;
	struct ki_diags diags;
	struct ki_node *root;
};

static struct parsed parse_n(const char *text, size_t len) {
	struct parsed p = {0};
	OK(ki_yaml_parse(&p.arena, ki_strv_n(text, len), "f", &p.diags, &p.root));
	return p;
}

static struct parsed parse(const char *text) {
	struct parsed p = parse_n(text, strlen(text));
	if (p.diags.nr > 0) {
		FAIL("%s: problem %s", text, p.diags.items[0].found);
	}
	return p;
}

static void drop(struct parsed *p) {
	ki_diags_fini(&p->diags);
	ki_arena_fini(&p->arena);
}

static void expect_problem(const char *text, const char *problems) {
	struct parsed p = parse_n(text, strlen(text));
	struct ki_buf all = {0};
	for (size_t i = 0; i < p.diags.nr; i++) {
		ki_diag_format(&p.diags.items[i], &all);
		ki_buf_putc(&all, '\n');
	}
	EQ_STR(ki_buf_cstr(&all), problems);
	ki_buf_fini(&all);
	drop(&p);
}

TEST(document, plain_scalars_follow_the_core_schema) {
	static const struct {
		const char *text;
		enum ki_node_type type;
	} cases[] = {
		{"x: null", KI_NODE_NULL},
		{"x: ~", KI_NODE_NULL},
		{"x:", KI_NODE_NULL},
		{"x: true", KI_NODE_BOOL},
		{"x: False", KI_NODE_BOOL},
		{"x: yes", KI_NODE_STRING},
		{"x: on", KI_NODE_STRING},
		{"x: tRUE", KI_NODE_STRING},
		{"x: 12", KI_NODE_INT},
		{"x: -12", KI_NODE_INT},
		{"x: +12", KI_NODE_INT},
		{"x: 0x1F", KI_NODE_INT},
		{"x: 0o17", KI_NODE_INT},
		{"x: 007", KI_NODE_INT},
		{"x: 0x", KI_NODE_STRING},
		{"x: 1_000", KI_NODE_STRING},
		{"x: 1.5", KI_NODE_FLOAT},
		{"x: .5", KI_NODE_FLOAT},
		{"x: 5.", KI_NODE_FLOAT},
		{"x: 1e3", KI_NODE_FLOAT},
		{"x: -.inf", KI_NODE_FLOAT},
		{"x: .nan", KI_NODE_FLOAT},
		{"x: 9223372036854775808", KI_NODE_FLOAT},
		{"x: .", KI_NODE_STRING},
		{"x: 1e", KI_NODE_STRING},
		{"x: 1.2.3", KI_NODE_STRING},
		{"x: '5'", KI_NODE_STRING},
		{"x: \"true\"", KI_NODE_STRING},
		{"x: |\n  5\n", KI_NODE_STRING},
		{"x: !!str 5", KI_NODE_STRING},
		{"x: !!float 5", KI_NODE_FLOAT},
		{"x: !!int '5'", KI_NODE_INT},
		{"x: ! 5", KI_NODE_STRING},
		{"x: 10s", KI_NODE_STRING},
		{"x: []", KI_NODE_SEQUENCE},
		{"x: {}", KI_NODE_MAPPING},
		{"x: 2020-01-01", KI_NODE_STRING},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p = parse(cases[i].text);
		const struct ki_pair *pair = ki_node_pair(p.root, "x");
		NOT_NULL(pair);
		if (pair->value->type != cases[i].type) {
			FAIL("%s is %s", cases[i].text, ki_node_type_name(pair->value->type));
		}
		drop(&p);
	}
}

TEST(document, values_are_exact) {
	struct parsed p =
		parse("[-9223372036854775808, 0x10, 0o17, 1.25, 1e3, .5, true, -.inf, \"a\\0b\"]");
	struct ki_node **item = p.root->u.seq.items;
	EQ_UINT(p.root->u.seq.nr, 9);
	EQ_INT(item[0]->u.integer, INT64_MIN);
	EQ_INT(item[1]->u.integer, 16);
	EQ_INT(item[2]->u.integer, 15);
	EQ_NUM(item[3]->u.number, 1.25);
	EQ_NUM(item[4]->u.number, 1000);
	EQ_NUM(item[5]->u.number, 0.5);
	TRUE(item[6]->u.boolean);
	EQ_NUM(item[7]->u.number, -HUGE_VAL);
	EQ_UINT(item[8]->text_len, 3);
	drop(&p);
}

TEST(document, nodes_know_their_place) {
	struct parsed p = parse("a: 1\n\xc3\xa9\xc3\xa9:\n  - x\n  - {k: v}\n");
	const struct ki_pair *pair = &p.root->u.map.pairs[1];
	EQ_INT(pair->key->line, 2);
	EQ_INT(pair->key->column, 1);
	struct ki_node *map = pair->value->u.seq.items[1];
	EQ_INT(map->line, 4);
	EQ_INT(map->column, 5);
	struct ki_node *value = ki_node_get(map, "k");
	EQ_INT(value->line, 4);
	EQ_INT(value->column, 9);
	drop(&p);
}

TEST(document, a_byte_order_mark_is_no_column) {
	struct parsed p = parse("\xef\xbb\xbf" "a: 1\nb: 2\n");
	EQ_UINT(p.root->u.map.nr, 2);
	EQ_INT(p.root->u.map.pairs[0].key->column, 1);
	drop(&p);
}

TEST(document, aliases_share_the_node) {
	struct parsed p = parse("base: &b {x: 1}\nother: *b\nkey: &k name\n*k : 5\n");
	EQ_PTR(ki_node_get(p.root, "other"), ki_node_get(p.root, "base"));
	EQ_INT(ki_node_get(p.root, "name")->u.integer, 5);
	EQ_INT(ki_node_pair(p.root, "name")->key->line, 4);
	drop(&p);
	p = parse("[&a 1, *a, &a 2, *a]");
	EQ_INT(p.root->u.seq.items[1]->u.integer, 1);
	EQ_INT(p.root->u.seq.items[3]->u.integer, 2);
	drop(&p);
}

TEST(document, a_text_without_document_has_no_root) {
	struct parsed p = parse("");
	IS_NULL(p.root);
	drop(&p);
	p = parse("# nothing\n");
	IS_NULL(p.root);
	drop(&p);
	p = parse("\xef\xbb\xbf"
		  "a: 1\n");
	EQ_INT(ki_node_get(p.root, "a")->u.integer, 1);
	drop(&p);
}

TEST(document, syntax_errors_have_a_place) {
	expect_problem("a: [1, 2\nb: 3\n",
		"f:2:2: bad YAML: did not find expected ',' or ']' while parsing a flow sequence; "
		"expected a YAML document\n");
	expect_problem("a: 1\n\tb: 2\n",
		"f:2:1: bad YAML: found a tab character that violates indentation while scanning a "
		"plain "
		"scalar; expected a YAML document\n");
	expect_problem("a: *x\n",
		"f:1:4: alias \"x\" without an anchor; expected the name of a value before it\n");
	expect_problem("&x a: &y [*y]\n",
		"f:1:11: alias \"y\" inside its own anchor; expected the name of a value before "
		"it\n");
	expect_problem(
		"a: 1\n---\nb: 2\n", "f:2:1: a second document; expected one document in a file\n");
	expect_problem("a: ok\nb: x\xff\n",
		"f:2:5: bad YAML: invalid leading UTF-8 octet; expected UTF-8 text\n");
	expect_problem("a: \x01\n",
		"f:1:4: bad YAML: control characters are not allowed; expected UTF-8 text\n");
}

TEST(document, lesser_problems_are_told_together) {
	expect_problem("a: 1\nb: 2\na: 3\n<<: {c: 4}\nd: !foo 5\n? [1]\n: 6\na: 7\n",
		"f:4:1: merge key \"<<\"; expected fields written out, or an alias as a value\n"
		"f:5:4: tag \"!foo\" on this value; expected a value of core YAML without a "
		"foreign tag\n"
		"f:6:3: a list as a key; expected a scalar as a key\n"
		"f:3:1: duplicate key \"a\", first at line 1; expected each key once\n"
		"f:8:1: duplicate key \"a\", first at line 1; expected each key once\n");
	expect_problem("x: !!int abc\n",
		"f:1:4: tag \"tag:yaml.org,2002:int\" on this value; expected a value of core YAML "
		"without a "
		"foreign tag\n");
	expect_problem("1: a\n0x1: b\n'1': c\n",
		"f:2:1: duplicate key \"0x1\", first at line 1; expected each key once\n");
}

TEST(document, depth_is_limited) {
	char text[512];
	memset(text, '[', 100);
	memset(text + 100, ']', 100);
	struct parsed p = parse_n(text, 200);
	EQ_UINT(p.diags.nr, 0);
	EQ_INT(p.root->height, 100);
	drop(&p);
	memset(text, '[', 101);
	memset(text + 101, ']', 101);
	p = parse_n(text, 202);
	EQ_UINT(p.diags.nr, 1);
	EQ_STR(p.diags.items[0].found, "more than 100 levels, aliases unfolded");
	EQ_INT(p.diags.items[0].column, 101);
	drop(&p);
}

/* Each line doubles the one before it ten times over: a few lines unfold to millions of values. */
TEST(document, unfolded_aliases_count) {
	expect_problem("a: &a [1,1,1,1,1,1,1,1,1]\n"
		       "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		       "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
		       "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
		       "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
		       "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
		"f:6:8: more than 100000 values, aliases unfolded; expected a smaller file\n");
}

TEST(document, many_keys_are_checked_fast) {
	struct ki_buf text = {0};
	for (int i = 0; i < 45000; i++) {
		ki_buf_printf(&text, "k%d: 1\n", i);
	}
	ki_buf_puts(&text, "k44: 1\n");
	struct parsed p = parse_n(text.ptr, text.len);
	EQ_UINT(p.diags.nr, 1);
	EQ_STR(p.diags.items[0].found, "duplicate key \"k44\", first at line 45");
	drop(&p);
	ki_buf_fini(&text);
}

TEST(document, large_files_are_refused) {
	size_t len = KI_YAML_MAX_BYTES + 1;
	char *text = ki_alloc(len);
	NOT_NULL(text);
	memset(text, '#', len);
	struct parsed p = parse_n(text, len);
	EQ_UINT(p.diags.nr, 1);
	EQ_STR(p.diags.items[0].found, "a YAML file over 8 MiB");
	drop(&p);
	ki_free(text);
}

static size_t count(const struct ki_node *node) {
	size_t sum = 1;
	for (size_t i = 0; node->type == KI_NODE_SEQUENCE && i < node->u.seq.nr; i++) {
		sum += count(node->u.seq.items[i]);
	}
	for (size_t i = 0; node->type == KI_NODE_MAPPING && i < node->u.map.nr; i++) {
		sum += count(node->u.map.pairs[i].key) + count(node->u.map.pairs[i].value);
	}
	return sum;
}

/* The law: parsing ends, tells a problem or gives a finite tree, and releases all. */
TEST(document, random_and_mutated_text_is_survived) {
	static const char seed_text[] =
		"version: \"1.0\"\nnamespace: app\nmeta: &m {a: 1, b: [x, *q]}\nentries:\n"
		"  - name: p\n    kind: process.lua\n    source: |\n      return 1\n    input: [1, "
		"2.5, ~]\n"
		"    lifecycle: {auto_start: true}\n  - &q {name: h, kind: process.host, host: "
		"{workers: 4}}\n";
	static const char bits[] = "\n\n  :-[]{}&*!|>'\"%@`#,?<~0123456789aex.\t\\\xc3\xff\x01";
	struct ki_rng rng;
	ki_rng_seed(&rng, 42);
	for (int round = 0; round < 4000; round++) {
		char text[sizeof(seed_text) + 64];
		size_t len = sizeof(seed_text) - 1;
		memcpy(text, seed_text, len);
		if (round % 4 == 0) {
			len = ki_rng_below(&rng, sizeof(text));
			for (size_t i = 0; i < len; i++) {
				text[i] = bits[ki_rng_below(&rng, sizeof(bits) - 1)];
			}
		}
		for (uint64_t edits = 1 + ki_rng_below(&rng, 6); edits > 0 && len > 1; edits--) {
			size_t at = ki_rng_below(&rng, len);
			if (ki_rng_below(&rng, 3) == 0) {
				len = at + 1; /* cut */
			}
			text[at] = bits[ki_rng_below(&rng, sizeof(bits) - 1)];
		}
		struct parsed p = parse_n(text, len);
		if (p.root) {
			LE_UINT(count(p.root), KI_YAML_MAX_NODES);
			LE_INT(p.root->height, KI_YAML_MAX_DEPTH);
		}
		drop(&p);
	}
}

/* The module `registry` (SPEC 12.8). */
#define _XOPEN_SOURCE 700 /* nftw */
#include "api_fixture.h"

static const char entries[] =
	"version: \"1.0\"\nnamespace: app.data\nmeta: {team: core, level: 1}\nentries:\n"
	"  - name: plain\n    kind: registry.entry\n    meta: {type: tool, level: 3, "
	"tags: [red, blue], deep: {a: {b: x}}, on: true}\n"
	"    size: 5\n    list: [1, [2], {k: v}]\n    text: file://text.txt\n"
	"  - {name: under, kind: ns.definition, meta: {type: toolbox}, data: {a: {b: [x, null, "
	"1.5]}}}\n"
	"  - {name: list, kind: ns.requirement, data: [1, 2]}\n"
	"  - {name: group/item, kind: ns.dependency}\n"
	"  - {name: f, kind: function.lua, source: return function() end, pool: {size: 2}}\n";

static void expect(const char *body, const char *want)
{
	struct app app;
	char source[4096];
	app_init(&app);
	folder_write(&app.folder, "src/data.yaml", entries);
	folder_write(&app.folder, "src/text.txt", "some text");
	folder_write(&app.folder, "src/app.yaml",
		"namespace: app\nname: main\nkind: process.lua\nmodules: [registry]\nsource: "
		"file://main.lua\n");
	snprintf(source, sizeof(source),
		"local function ids(filter)\n"
		"local found, list = assert(registry.find(filter)), {}\n"
		"for i, e in ipairs(found) do list[i] = e.id:gsub('^app', '') end\n"
		"print(table.concat(list, ' ')) end\n"
		"return function()\n%s\nend\n",
		body);
	folder_write(&app.folder, "src/main.lua", source);
	struct kith_outcome outcome = app_run(&app, 0, NULL);
	if (outcome.exit_status != 0) {
		FAIL("%s", outcome.error);
	}
	EQ_STR(ki_buf_cstr(&app.output), want);
	app_fini(&app);
}

TEST(registry, get_gives_an_entry_with_meta_and_data)
{
	expect("local e = registry.get('app.data:plain')\n"
	       "print(e.id, e.kind, e.meta.team, e.meta.level, e.meta.tags[2], e.meta.on)\n"
	       "print(e.data.size, e.data.list[2][1], e.data.list[3].k, e.data.text)\n"
	       "print(e.data.name, e.data.kind, e.data.meta, e.ns, e.name)\n"
	       "e = registry.get('app.data:under')\n"
	       "print(e.data.a.b[1], e.data.a.b[2], e.data.a.b[3])\n"
	       "e = registry.get('app.data:list')\n"
	       "print(#e.data, e.meta.team)\n"
	       "e = registry.get('app:main')\n"
	       "print(e.kind, type(e.meta), next(e.meta), e.data.modules[1], type(e.data.source))\n"
	       "e = registry.get('app.data:group/item')\n"
	       "print(e.id, next(e.data))\n"
	       "print(registry.get('app.data:f').data.pool.size, registry.get('app:host').kind)\n",
		"app.data:plain\tregistry.entry\tcore\t3\tblue\ttrue\n"
		"5\t2\tv\tsome text\n"
		"nil\tnil\tnil\tnil\tnil\n"
		"x\tnil\t1.5\n"
		"2\tcore\n"
		"process.lua\ttable\tnil\tregistry\tstring\n"
		"app.data:group/item\tnil\n"
		"2\tprocess.host\n");
}

TEST(registry, get_gives_fresh_copies)
{
	expect("local a = registry.get('app.data:plain')\n"
	       "a.meta.type, a.data.list[2][1], a.kind = nil, 7, 'x'\n"
	       "local b = registry.get('app.data:plain')\n"
	       "print(b.meta.type, b.data.list[2][1], b.kind, a == b)\n"
	       "local c = registry.find{['.id'] = 'app.data:plain'}[1]\n"
	       "print(c.meta.type, c.data.list[2][1], rawequal(b.meta, c.meta))\n",
		"tool\t2\tregistry.entry\tfalse\ntool\t2\tfalse\n");
}

TEST(registry, get_says_what_is_missing)
{
	expect("for _, id in ipairs{'app:nothing', '', 'x'} do\n"
	       "local v, err = registry.get(id)\n"
	       "print(v, err, err:kind(), err:retryable()) end\n"
	       "print(pcall(registry.get, 1))\n"
	       "print(pcall(registry.get))\n",
		"nil\tentry not found: app:nothing\tNotFound\tfalse\n"
		"nil\tentry not found: \tNotFound\tfalse\n"
		"nil\tentry not found: x\tNotFound\tfalse\n"
		"false\tbad argument #1 to 'get' (string expected, got number)\n"
		"false\tbad argument #1 to 'get' (string expected, got no value)\n");
}

TEST(registry, find_gives_what_meets_every_key_sorted_by_id)
{
	expect("ids{}\n"
	       "ids{kind = 'registry.entry'}\n"
	       "ids{['.kind'] = 'function.lua'}\n"
	       "ids{['.ns'] = 'app'}\n"
	       "ids{['.name'] = 'list'}\n"
	       "ids{['.id'] = 'app.data:group/item'}\n"
	       "ids{team = 'core', kind = 'ns.definition'}\n"
	       "ids{team = 'core', kind = 'process.host'}\n"
	       "ids{type = 'tool'}\n"
	       "ids{['meta.type'] = 'tool'}\n"
	       "ids{name = 'list'}\n",
		".data:f .data:group/item .data:list .data:plain .data:under :host :main\n"
		".data:plain\n"
		".data:f\n"
		":host :main\n"
		".data:list\n"
		".data:group/item\n"
		".data:under\n"
		"\n"
		".data:plain\n"
		".data:plain\n"
		"\n");
}

TEST(registry, find_compares_values_of_meta)
{
	expect("ids{level = 1}\n"
	       "ids{level = 3.0}\n"
	       "ids{level = '3'}\n"
	       "ids{on = true}\n"
	       "ids{on = false}\n"
	       "ids{tags = {'red', 'blue'}}\n"
	       "ids{tags = {'red'}}\n"
	       "ids{tags = {'red', 'blue', 'green'}}\n"
	       "ids{tags = 'red'}\n"
	       "ids{['meta.deep.a.b'] = 'x'}\n"
	       "ids{['deep.a'] = {b = 'x'}}\n"
	       "ids{['deep.a.b.c'] = 'x'}\n"
	       "ids{type = print}\n",
		".data:f .data:group/item .data:list .data:under\n"
		".data:plain\n\n.data:plain\n\n.data:plain\n\n\n\n.data:plain\n.data:plain\n\n\n");
}

TEST(registry, find_knows_four_signs_before_a_key)
{
	expect("ids{['~kind'] = '^(registry|ns)[.]'}\n"
	       "ids{['~meta.type'] = 'tool$'}\n"
	       "ids{['~.id'] = 'x{2}'}\n"
	       "ids{['*.name'] = 'la'}\n"
	       "ids{['*type'] = 'box'}\n"
	       "ids{['*tags'] = 'red'}\n"
	       "ids{['*.id'] = ''}\n"
	       "ids{['^.id'] = 'app.data:'}\n"
	       "ids{['^meta.type'] = 'toolb'}\n"
	       "ids{['$.name'] = 't'}\n"
	       "ids{['$meta.type'] = 'toolboxes'}\n"
	       "ids{['^.name'] = 'l', ['$.name'] = 't', ['~.name'] = '^l..t$'}\n"
	       "ids{['^level'] = '3'}\n"
	       "ids{['~absent'] = ''}\n",
		".data:group/item .data:list .data:plain .data:under\n"
		".data:plain\n\n"
		".data:plain\n.data:under\n.data:plain\n"
		".data:f .data:group/item .data:list .data:plain .data:under :host :main\n"
		".data:f .data:group/item .data:list .data:plain .data:under\n"
		".data:under\n"
		".data:list :host\n\n"
		".data:list\n.data:plain\n\n");
}

TEST(registry, find_refuses_what_it_cannot_use)
{
	expect("for _, filter in ipairs{{'x'}, {['~.id'] = 5}, {['*x'] = {}}, {['~.id'] = '('},\n"
	       "{['~.id'] = 'a\\0b'}} do\n"
	       "local v, err = registry.find(filter)\n"
	       "local text = tostring(err):gsub('\\\": .*', '\"')\n"
	       "print(v, text, err:kind(), err:retryable()) end\n"
	       "print(pcall(registry.find))\n"
	       "print(pcall(registry.find, 'x'))\n",
		"nil\tfilter keys must be strings\tInvalid\tfalse\n"
		"nil\tfilter ~.id must be a string\tInvalid\tfalse\n"
		"nil\tfilter *x must be a string\tInvalid\tfalse\n"
		"nil\tinvalid pattern \"(\"\tInvalid\tfalse\n"
		"nil\tinvalid pattern \"a\"\tInvalid\tfalse\n"
		"false\tbad argument #1 to 'find' (table expected, got no value)\n"
		"false\tbad argument #1 to 'find' (table expected, got string)\n");
}

TEST(registry, parse_id_splits_at_the_first_colon)
{
	expect("for _, id in ipairs{'a:b:c', 'a.b:c/d', 'x', '', ':y', 'z:'} do\n"
	       "local t = registry.parse_id(id)\n"
	       "print('[' .. t.ns .. ']', '[' .. t.name .. ']') end\n"
	       "print(pcall(registry.parse_id, {}))\n",
		"[a]\t[b:c]\n[a.b]\t[c/d]\n[]\t[x]\n[]\t[]\n[]\t[y]\n[z]\t[]\n"
		"false\tbad argument #1 to 'parse_id' (string expected, got table)\n");
}

TEST(registry, is_read_only)
{
	expect("print(pcall(function() registry.get = nil end))\n"
	       "print(require('registry') == registry, registry == process.registry)\n",
		"false\tapp:main:6: attempt to modify Immutable table\ntrue\tfalse\n");
}

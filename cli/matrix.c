#include "cli/matrix.h"

#include "cli/support.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* An answer that takes longer, or is longer, is none. */
enum { ANSWER_MS = 30000, ANSWER_MAX = 1 << 20 };

/* ---- the child: one backend ---- */

static json_t *capabilities(const struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	json_t *all = json_object();

	for (int i = 0; i < TLS_CAP_COUNT; i++)
		/* Fails without memory only, as all of jansson's calls here. */
		(void)json_object_set_new(all, support_cap_name((enum tls_cap)i),
					  json_pack("{s:s, s:s?}", "support",
						    support_level_name(cap[i].level), "note",
						    cap[i].note));
	return all;
}

void matrix_add_answer(struct strbuf *out, const char *name)
{
	struct strbuf why = STRBUF_INIT;
	struct tls_error err = {.alert = -1};
	struct tls_cap_entry cap[TLS_CAP_COUNT];
	const struct tls_backend *backend = loader_open(name, &why);
	char running[64] = "", compiled[64] = "";
	json_t *answer;
	char *text;

	if (backend && !backend->init(NULL, 0, &err)) {
		strbuf_adds(&why, err.text);
		backend = NULL;
	}
	if (backend) {
		backend->version(running, compiled, sizeof(running));
		loader_capabilities(backend, cap);
		answer = json_pack("{s:s, s:s, s:s, s:s, s:o}", "name", name, "library",
				   backend->library, "version", running, "compiled", compiled,
				   "capabilities", capabilities(cap));
	} else {
		answer = json_pack("{s:s, s:s}", "name", name, "error", why.p ? why.p : "");
	}
	text = json_dumps(answer, JSON_INDENT(2));
	strbuf_addf(out, "%s\n", text ? text : "{}");
	free(text);
	json_decref(answer);
	strbuf_release(&why);
}

/* ---- the parent ---- */

/* Start this program for one backend; the descriptor to read its answer from, -1 on failure. */
static int start_child(const char *name, pid_t *pid)
{
	struct strbuf backend = STRBUF_INIT;
	char *argv[] = {(char *)"s_server", NULL, (char *)"--support=capabilities", NULL};
	posix_spawn_file_actions_t actions;
	int ends[2];
	int failed;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	if (posix_spawn_file_actions_init(&actions) != 0) {
		(void)close(ends[0]); /* nothing was written */
		(void)close(ends[1]);
		return -1;
	}
	strbuf_addf(&backend, "--backend=%s", name);
	argv[1] = backend.p;
	failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) ||
		 posix_spawn_file_actions_adddup2(&actions, ends[1], 1) ||
		 posix_spawn(pid, "/proc/self/exe", &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions); /* frees memory */
	(void)close(ends[1]);                             /* the child has its own */
	strbuf_release(&backend);
	if (!failed)
		return ends[0];
	(void)close(ends[0]); /* nothing was written */
	return -1;
}

/* False when the end did not come in time, or not before ANSWER_MAX. */
static bool read_answer(int fd, struct strbuf *out)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char chunk[4096];

	for (;;) {
		int ready = poll(&wait, 1, ANSWER_MS);
		ssize_t n;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0 || out->n > ANSWER_MAX)
			return false;
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			return n == 0;
		strbuf_add(out, chunk, (size_t)n);
	}
}

static char *copy(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? xstrdup(s) : NULL;
}

static void take_capabilities(struct matrix_column *c, const json_t *all)
{
	for (int i = 0; i < TLS_CAP_COUNT; i++) {
		const json_t *entry = json_object_get(all, support_cap_name((enum tls_cap)i));
		const char *level = json_string_value(json_object_get(entry, "support"));

		for (int l = TLS_CAP_NO; level && l <= TLS_CAP_YES; l++)
			if (strcmp(level, support_level_name((enum tls_support)l)) == 0)
				c->cap[i].level = (enum tls_support)l;
		c->cap[i].note = copy(entry, "note");
	}
}

static void take_answer(struct matrix_column *c, const struct strbuf *answer)
{
	json_t *root = json_loadb(answer->p ? answer->p : "", answer->n, 0, NULL);

	c->library = copy(root, "library");
	c->running = copy(root, "version");
	c->compiled = copy(root, "compiled");
	c->error = copy(root, "error");
	take_capabilities(c, json_object_get(root, "capabilities"));
	if (!c->error && (!c->library || !c->running || !c->compiled))
		c->error = xstrdup("it gave no answer");
	json_decref(root);
}

static void ask(struct matrix_column *c)
{
	struct strbuf answer = STRBUF_INIT;
	pid_t pid = 0;
	int status = 0;
	int fd = start_child(c->name, &pid);

	if (fd < 0) {
		c->error = xstrdup("cannot start a process for it");
		return;
	}
	if (!read_answer(fd, &answer)) {
		(void)kill(pid, SIGKILL); /* it may have ended by itself */
		strbuf_reset(&answer);
	}
	(void)close(fd); /* read to its end */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	take_answer(c, &answer);
	strbuf_release(&answer);
}

void matrix_gather(struct matrix *m)
{
	char **names;

	m->n = loader_names(&names);
	m->column = xcalloc(m->n, sizeof(*m->column));
	for (size_t i = 0; i < m->n; i++) {
		m->column[i].name = xstrdup(names[i]);
		ask(&m->column[i]);
	}
	loader_free_names(names, m->n);
}

void matrix_release(struct matrix *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct matrix_column *c = &m->column[i];

		free(c->name);
		free(c->error);
		free(c->library);
		free(c->running);
		free(c->compiled);
		for (size_t j = 0; j < TLS_CAP_COUNT; j++)
			free((char *)c->cap[j].note); /* from copy() */
	}
	free(m->column);
	*m = (struct matrix){NULL, 0};
}

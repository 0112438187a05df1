#include "core/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Set for a build that links one backend in; backends/CMakeLists.txt. */
#ifdef S_SERVER_STATIC_BACKEND

const struct tls_backend *loader_open(const char *name, struct strbuf *why)
{
	if (strcmp(name, S_SERVER_STATIC_BACKEND) == 0)
		return &tls_backend_v1;
	strbuf_addf(why, "this build holds the backend %s only", S_SERVER_STATIC_BACKEND);
	return NULL;
}

size_t loader_names(char ***names)
{
	*names = xmalloc(sizeof(**names));
	(*names)[0] = xstrdup(S_SERVER_STATIC_BACKEND);
	return 1;
}

#else

/* The directories to search, colon-separated. */
static void search_path(struct strbuf *out)
{
	const char *env = getenv("S_SERVER_BACKEND_PATH");
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (env && *env)
		strbuf_addf(out, "%s:", env);
	if (n <= 0)
		return;
	self[n] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(self, '/');

		if (slash)
			*slash = '\0';
	}
	strbuf_addf(out, "%s/lib/s_server", self);
}

static const struct tls_backend *open_module(const char *path, struct strbuf *why)
{
	/* LOCAL: libssl and libwolfssl export the same names. Never closed: the libraries register
	 * exit handlers. */
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct tls_backend *backend;

	if (!module) {
		strbuf_adds(why, dlerror());
		return NULL;
	}
	backend = dlsym(module, TLS_BACKEND_SYMBOL);
	if (!backend) {
		strbuf_addf(why, "%s exports no %s", path, TLS_BACKEND_SYMBOL);
		return NULL;
	}
	if (backend->abi != TLS_BACKEND_ABI || backend->size != sizeof(*backend)) {
		strbuf_addf(why, "%s was built for another version of s_server", path);
		return NULL;
	}
	return backend;
}

const struct tls_backend *loader_open(const char *name, struct strbuf *why)
{
	struct strbuf path = STRBUF_INIT, file = STRBUF_INIT;
	const struct tls_backend *backend = NULL;
	bool found = false;
	char *save = NULL;

	if (strchr(name, '/'))
		return open_module(name, why);
	search_path(&path);
	for (char *dir = path.p ? strtok_r(path.p, ":", &save) : NULL; dir && !found;
	     dir = strtok_r(NULL, ":", &save)) {
		strbuf_reset(&file);
		strbuf_addf(&file, "%s/%s.so", dir, name);
		found = access(file.p, R_OK) == 0;
	}
	if (found)
		backend = open_module(file.p, why);
	else
		strbuf_addf(why, "no such backend");
	strbuf_release(&path);
	strbuf_release(&file);
	return backend;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_listed(char **names, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	return false;
}

static size_t list_directory(const char *dir, char ***names, size_t n)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;

	if (!d)
		return n;
	while ((entry = readdir(d))) {
		size_t len = strlen(entry->d_name);

		if (len <= 3 || strcmp(entry->d_name + len - 3, ".so") != 0 ||
		    is_listed(*names, n, entry->d_name, len - 3))
			continue;
		*names = xrealloc(*names, (n + 1) * sizeof(**names));
		(*names)[n] = xstrdup(entry->d_name);
		(*names)[n++][len - 3] = '\0';
	}
	(void)closedir(d); /* read only */
	return n;
}

size_t loader_names(char ***names)
{
	struct strbuf path = STRBUF_INIT;
	size_t n = 0;
	char *save = NULL;

	*names = NULL;
	search_path(&path);
	for (char *dir = path.p ? strtok_r(path.p, ":", &save) : NULL; dir;
	     dir = strtok_r(NULL, ":", &save))
		n = list_directory(dir, names, n);
	if (n)
		qsort(*names, n, sizeof(**names), by_name);
	strbuf_release(&path);
	return n;
}

#endif

void loader_free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

void loader_capabilities(const struct tls_backend *backend, struct tls_cap_entry cap[TLS_CAP_COUNT])
{
	for (size_t i = 0; i < TLS_CAP_COUNT; i++)
		cap[i] = (struct tls_cap_entry){TLS_CAP_NO, "not built yet"};
	backend->capabilities(cap);
}

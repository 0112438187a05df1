#include "core/castore.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

bool castore_add_file(struct castore *store, struct keyfiles *files, const char *name,
		      struct strbuf *why)
{
	struct bytes data;
	bool certs, crls;

	if (!keyfile_read(files, name, &data, why))
		return false;
	certs = keyfile_certs(files->pool, data, KEYFILE_ANY, &store->certs);
	crls = keyfile_crls(files->pool, data, KEYFILE_ANY, &store->crls);
	if (!certs && !crls)
		strbuf_adds(why, "no certificate or crl found");
	return certs || crls;
}

/* Eight hex digits, a dot, a number; an 'r' before the number for a CRL. */
static bool is_hash_name(const char *name)
{
	size_t i = 0;

	while (i < 8 && isxdigit((unsigned char)name[i]))
		i++;
	if (i != 8 || name[i++] != '.')
		return false;
	if (name[i] == 'r')
		i++;
	return name[i] && strspn(name + i, "0123456789") == strlen(name + i);
}

bool castore_add_directory(struct castore *store, struct keyfiles *files, const char *name,
			   struct strbuf *why)
{
	DIR *dir = opendir(name);
	const struct dirent *entry;
	struct strbuf ignored = STRBUF_INIT, path = STRBUF_INIT;

	if (!dir) {
		strbuf_adds(why, strerror(errno));
		return false;
	}
	while ((entry = readdir(dir))) {
		if (!is_hash_name(entry->d_name))
			continue;
		strbuf_reset(&path);
		strbuf_addf(&path, "%s/%s", name, entry->d_name);
		(void)castore_add_file(store, files, pool_strdup(files->pool, path.p), &ignored);
	}
	(void)closedir(dir); /* read only */
	strbuf_release(&ignored);
	strbuf_release(&path);
	return true;
}

bool castore_add_uri(struct castore *store, struct keyfiles *files, const char *uri,
		     struct strbuf *why)
{
	const char *path = keyfile_path(uri);
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return castore_add_directory(store, files, path, why);
	return castore_add_file(store, files, uri, why);
}

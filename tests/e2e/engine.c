/*
 * An engine whose random bytes show that it is in use: 0x41, and 0x42 in an asynchronous job, which
 * it puts off once for each call.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/async.h>
#include <openssl/engine.h>
#include <openssl/rand.h>
#include <string.h>

static int fill(unsigned char *out, int n)
{
	int byte = 0x41;

	if (ASYNC_get_current_job()) {
		byte = 0x42;
		if (!ASYNC_pause_job())
			return 0;
	}
	memset(out, byte, (size_t)n);
	return 1;
}

static int ready(void)
{
	return 1;
}

static const RAND_METHOD method = {.bytes = fill, .pseudorand = fill, .status = ready};

static int bind(ENGINE *e, const char *id)
{
	(void)id;
	return ENGINE_set_id(e, "test") && ENGINE_set_name(e, "engine of the tests") &&
	       ENGINE_set_RAND(e, &method);
}

/* The macros leave their functions undeclared, and a ';' behind one is outside of any function. */
unsigned long v_check(unsigned long v);
int bind_engine(ENGINE *e, const char *id, const dynamic_fns *fns);
IMPLEMENT_DYNAMIC_CHECK_FN()
IMPLEMENT_DYNAMIC_BIND_FN(bind)

/* A file of PEM blocks. Each that is found is found again when it is written anew. */
#include "core/pem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool good)
{
	if (!good)
		abort();
}

static void write_and_read(const struct pem_block *block)
{
	struct strbuf label = STRBUF_INIT, text = STRBUF_INIT;
	struct pem_block again;
	struct bytes rest;

	strbuf_add(&label, block->label.p, block->label.n);
	strbuf_add(&label, "", 1);
	pem_encode(&text, label.p, block->der);
	rest = strbuf_bytes(&text);
	/* Nothing to encode makes no block. */
	if (block->der.n && strlen(label.p) == block->label.n) {
		check(pem_next(&rest, &again));
		check(again.der.n == block->der.n &&
		      memcmp(again.der.p, block->der.p, again.der.n) == 0);
		pem_block_release(&again);
	}
	strbuf_release(&text);
	strbuf_release(&label);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct bytes rest = {data, n};
	struct pem_block block;

	while (pem_next(&rest, &block)) {
		check(block.text.p >= data && block.text.p + block.text.n <= data + n);
		(void)pem_is_encrypted(&block);
		write_and_read(&block);
		pem_block_release(&block);
	}
	return 0;
}

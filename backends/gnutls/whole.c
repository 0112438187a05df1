/*
 * The operations of a session, each answered when all that the library sent is with the transport:
 * an alert that is refused is lost with the library.
 */
#include "backends/gnutls/gnutls_backend.h"

static enum tls_status answer(struct tls_session *s, enum tls_status st, struct tls_error *err)
{
	return sendq_answer(&s->queue, s->io, st, NULL, err);
}

/* A command that is called again is not sent again. */
static enum tls_status answer_command(struct tls_session *s, enum tls_status st,
				      struct tls_error *err)
{
	bool sent = st == TLS_OK;

	st = answer(s, st, err);
	s->command_sent = sent && st == TLS_WANT_WRITE;
	return st;
}

enum tls_status gt_whole_handshake(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	return answer(s, gt_handshake(s, err), err);
}

enum tls_status gt_whole_read_early(struct tls_session *s, void *buf, size_t len, size_t *done,
				    struct tls_error *err)
{
	enum tls_status st;

	*done = 0;
	if (sendq_begin_read(&s->queue, s->io, &st, err))
		return st;
	st = gt_read_early(s, buf, len, done, err);
	return st == TLS_OK ? st : answer(s, st, err);
}

enum tls_status gt_whole_read(struct tls_session *s, void *buf, size_t len, size_t *done,
			      struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin_read(&s->queue, s->io, &st, err))
		return st;
	st = gt_read(s, buf, len, done, err);
	return st == TLS_OK ? st : answer(s, st, err);
}

enum tls_status gt_whole_write(struct tls_session *s, const void *buf, size_t len, size_t *done,
			       struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, done, err))
		return st;
	st = gt_write(s, buf, len, done, err);
	return sendq_answer(&s->queue, s->io, st, done, err);
}

enum tls_status gt_whole_shutdown(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	return answer(s, gt_shutdown(s, err), err);
}

enum tls_status gt_whole_renegotiate(struct tls_session *s, bool ask_cert, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	st = s->command_sent ? TLS_OK : gt_renegotiate(s, ask_cert, err);
	return answer_command(s, st, err);
}

enum tls_status gt_whole_key_update(struct tls_session *s, bool ask_peer, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	st = s->command_sent ? TLS_OK : gt_key_update(s, ask_peer, err);
	return answer_command(s, st, err);
}

enum tls_status gt_whole_request_cert(struct tls_session *s, struct tls_error *err)
{
	enum tls_status st;

	if (sendq_begin(&s->queue, s->io, &st, NULL, err))
		return st;
	st = s->command_sent ? TLS_OK : gt_request_cert(s, err);
	return answer_command(s, st, err);
}

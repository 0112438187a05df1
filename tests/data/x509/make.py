#!/usr/bin/env python3
"""Makes the certificates that test_x509 prints, NAME.der beside this file.

They are built from DER by hand, so that they can hold what no tool would issue; their signatures are
arbitrary bytes. Keys come from `openssl` (3.5 for ML-DSA). record.sh then records OpenSSL's text.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def seq(*parts):
    return tlv(0x30, *parts)


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        octets = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            octets.insert(0, 0x80 | arc & 0x7F)
        out += bytes(octets)
    return tlv(6, out)


def integer(n):
    return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True))


def bits(data, unused=0, tag=3):
    return tlv(tag, bytes([unused]), data)


def octets(data):
    return tlv(4, data)


def utf8(text):
    return tlv(0x0C, text.encode())


def printable(text):
    return tlv(0x13, text.encode())


def ia5(text):
    return tlv(0x16, text.encode())


def context(n, *parts):
    return tlv(0xA0 | n, *parts)


def context_primitive(n, data):
    return tlv(0x80 | n, data)


NULL = tlv(5)
TRUE = tlv(1, b"\xff")

CN, O, OU, C = "2.5.4.3", "2.5.4.10", "2.5.4.11", "2.5.4.6"


def attribute(kind, value):
    return seq(oid(kind), value)


def name(*rdns):
    """Each RDN is an attribute or a list of them."""
    return seq(*(tlv(0x31, *(r if isinstance(r, list) else [r])) for r in rdns))


def utc(text):
    return tlv(0x17, text.encode())


def generalized(text):
    return tlv(0x18, text.encode())


def run(*args, data=None):
    return subprocess.run(args, input=data, stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.DEVNULL).stdout


KEYS = {}


def key(algorithm, *options):
    """A SubjectPublicKeyInfo."""
    which = (algorithm,) + options
    if which not in KEYS:
        args = [part for option in options for part in ("-pkeyopt", option)]
        if algorithm == "DSA":
            parameters = run("openssl", "genpkey", "-genparam", "-algorithm", "DSA", *args)
            with open("/tmp/dsa-parameters.pem", "wb") as file:
                file.write(parameters)
            private = run("openssl", "genpkey", "-paramfile", "/tmp/dsa-parameters.pem")
            os.unlink("/tmp/dsa-parameters.pem")
        else:
            private = run("openssl", "genpkey", "-algorithm", algorithm, *args)
        form = ["-ec_conv_form", "compressed"] if "compressed" in which else []
        KEYS[which] = run("openssl", "pkey", "-pubout", "-outform", "DER", *form, data=private)
    return KEYS[which]


def p256():
    return key("EC", "ec_paramgen_curve:P-256")


RSA_SHA256 = seq(oid("1.2.840.113549.1.1.11"), NULL)
ECDSA_SHA256 = seq(oid("1.2.840.10045.4.3.2"))
SUBJECT = name(attribute(C, printable("XX")), attribute(O, utf8("Test")),
               attribute(CN, utf8("client.test")))
SIGNATURE = bytes(range(1, 73))


def cert(subject=SUBJECT, issuer=SUBJECT, serial=integer(0x1234), version=3, spki=None,
         sigalg=ECDSA_SHA256, outer_sigalg=None, signature=SIGNATURE,
         dates=(utc("240101000000Z"), utc("341231235959Z")), ids=b"", extensions=()):
    parts = [context(0, integer(version - 1))] if version > 1 else []
    parts += [serial, sigalg, issuer, seq(*dates), subject, spki or p256(), ids]
    if extensions:
        parts.append(context(3, seq(*extensions)))
    return seq(seq(*parts), outer_sigalg or sigalg, bits(signature))


def ext(kind, value, critical=False):
    return seq(oid(kind), TRUE if critical else b"", octets(value))


def general_names(tag=0x30):
    other = [
        context(0, oid("1.3.6.1.4.1.311.20.2.3"), context(0, utf8("user@upn.test"))),
        context(0, oid("1.3.6.1.5.5.7.8.5"), context(0, utf8("xmpp.test"))),
        context(0, oid("1.3.6.1.5.5.7.8.7"), context(0, ia5("_srv.test"))),
        context(0, oid("1.3.6.1.5.5.7.8.8"), context(0, utf8("nai.test"))),
        context(0, oid("1.3.6.1.5.5.7.8.9"), context(0, utf8("mül@mail.test"))),
        context(0, oid("1.2.3.4.5"), context(0, utf8("some text"))),
        context(0, oid("1.2.3.4.5"), context(0, ia5("ia5 text"))),
        context(0, oid("1.2.3.4.5"), context(0, integer(5))),
    ]
    return tlv(
        tag,
        *other,
        context_primitive(1, b"user@mail.test"),
        context_primitive(2, b"www.test"),
        context_primitive(2, b"*.test"),
        context(3, seq(printable("X"))),
        context(4, name(attribute(C, printable("XX")),
                        [attribute(O, utf8("A/B+C=D")), attribute(OU, utf8("ü"))],
                        attribute("1.2.3.4.5", utf8("odd")))),
        context(4, name(attribute(O, utf8("a" * 200)), attribute(CN, utf8("b" * 100)))),
        context(5, context(1, utf8("party"))),
        context_primitive(6, b"https://www.test/a?b"),
        context_primitive(7, bytes([192, 0, 2, 1])),
        context_primitive(7, bytes.fromhex("20010db8000000000000000000000001")),
        context_primitive(7, bytes(5)),
        context_primitive(8, oid("1.2.840.113549.1.1.11")[2:]),
        context_primitive(8, oid("1.2.3.4.5")[2:]),
    )


def uri(text):
    return context_primitive(6, text.encode())


def distribution_point(full=(), relative=None, reasons=None, issuer=None):
    parts = []
    if full:
        parts.append(context(0, context(0, *full)))
    if relative:
        parts.append(context(0, context(1, *relative)))
    if reasons is not None:
        parts.append(context_primitive(1, reasons))
    if issuer:
        parts.append(context(2, context(4, issuer)))
    return seq(*parts)


def policies():
    cps = seq(oid("1.3.6.1.5.5.7.2.1"), ia5("https://cps.test/"))
    text = seq(oid("1.3.6.1.5.5.7.2.2"), seq(utf8("Read this")))
    bmp = seq(oid("1.3.6.1.5.5.7.2.2"), seq(tlv(0x1E, "BMP".encode("utf-16-be"))))
    notice = seq(oid("1.3.6.1.5.5.7.2.2"),
                 seq(seq(utf8("Organization"), seq(integer(1), integer(-2), integer(1 << 130))),
                     tlv(0x1A, b"Explicit")))
    one = seq(oid("1.3.6.1.5.5.7.2.2"), seq(seq(ia5("Org"), seq(integer(7)))))
    unknown = seq(oid("1.2.3.4"), utf8("x"))
    return seq(
        seq(oid("2.5.29.32.0")),
        seq(oid("2.23.140.1.2.1"), seq(cps)),
        seq(oid("1.2.3.4.5"), seq(cps, text, bmp, notice, one, unknown)),
        seq(oid("1.2.3.4.6")),
    )


def sct(version=0, extensions=b"", algorithm=b"\x04\x03", signature=bytes(range(40))):
    log = bytes(range(0x40, 0x60))
    out = bytes([version]) + log + (1700000000123).to_bytes(8, "big")
    out += len(extensions).to_bytes(2, "big") + extensions
    return out + algorithm + len(signature).to_bytes(2, "big") + signature


def sct_list(*scts):
    body = b"".join(len(s).to_bytes(2, "big") + s for s in scts)
    return octets(len(body).to_bytes(2, "big") + body)


def subtree(base, *more):
    return seq(base, *more)


def common_extensions():
    return [
        ext("2.5.29.14", octets(bytes(range(20)))),
        ext("2.5.29.35", seq(context_primitive(0, bytes(range(20, 40))))),
        ext("2.5.29.15", bits(b"\xff\x80", 7), True),
        ext("2.5.29.37", seq(*(oid("1.3.6.1.5.5.7.3.%d" % n) for n in (1, 2, 3, 4, 8, 9)),
                             oid("2.5.29.37.0"), oid("1.2.3.4.5")), True),
        ext("2.5.29.19", seq(TRUE, integer(3)), True),
        ext("2.5.29.17", general_names()),
        ext("2.5.29.18", seq(context_primitive(2, b"issuer.test"))),
    ]


def policy_extensions():
    return [
        ext("2.5.29.32", policies()),
        ext("2.5.29.33", seq(seq(oid("1.2.3.4"), oid("1.2.3.5")),
                             seq(oid("2.5.29.32.0"), oid("1.2.3.6")))),
        ext("2.5.29.36", seq(context_primitive(0, b"\x00"), context_primitive(1, b"\x05")), True),
        ext("2.5.29.54", integer(2), True),
        ext("2.5.29.30", seq(
            context(0, subtree(context_primitive(2, b".test")),
                    subtree(context_primitive(7, bytes([10, 0, 0, 0, 255, 0, 0, 0]))),
                    subtree(context(4, SUBJECT))),
            context(1, subtree(context_primitive(1, b"mail.test")),
                    subtree(context_primitive(7, bytes(16) + b"\xff" * 16)),
                    subtree(context_primitive(7, bytes(3))),
                    subtree(context(0, oid("1.3.6.1.4.1.311.20.2.3"), context(0, utf8("upn")))),
                    subtree(context(0, oid("1.2.3.4.5"), context(0, utf8("other")))),
                    subtree(context_primitive(8, oid("1.2.3.4.5")[2:])))), True),
    ]


def access_extensions():
    return [
        ext("2.5.29.31", seq(
            distribution_point(full=[uri("http://crl.test/1"), uri("http://crl.test/2")]),
            distribution_point(full=[context(4, SUBJECT)], reasons=b"\x00\x60", issuer=SUBJECT),
            distribution_point(relative=[attribute(CN, utf8("CRL1"))], issuer=SUBJECT),
            distribution_point(reasons=b"\x00"))),
        ext("2.5.29.46", seq(distribution_point(full=[uri("http://crl.test/delta")]))),
        ext("1.3.6.1.5.5.7.1.1", seq(
            seq(oid("1.3.6.1.5.5.7.48.1"), uri("http://ocsp.test/")),
            seq(oid("1.3.6.1.5.5.7.48.2"), uri("http://ca.test/ca.der")),
            seq(oid("1.2.3.4.5"), context(4, SUBJECT)))),
        ext("1.3.6.1.5.5.7.1.11", seq(seq(oid("1.3.6.1.5.5.7.48.5"), uri("http://repo.test/")))),
        ext("1.3.6.1.5.5.7.1.24", seq(integer(5), integer(17), integer(99))),
        ext("1.3.6.1.4.1.11129.2.4.2", sct_list(
            sct(), sct(extensions=bytes(range(20)), algorithm=b"\x04\x01"),
            sct(version=7))),
        ext("1.3.6.1.5.5.7.48.1.5", NULL),
        ext("2.5.29.16", seq(context_primitive(0, b"20240101000000Z"),
                             context_primitive(1, b"20250101000000Z"))),
    ]


def other_extensions():
    return [
        ext("2.16.840.1.113730.1.1", bits(b"\xff")),
        ext("2.16.840.1.113730.1.2", ia5("http://base.test/")),
        ext("2.16.840.1.113730.1.3", ia5("http://revocation.test/")),
        ext("2.16.840.1.113730.1.12", ia5("server.test")),
        ext("2.16.840.1.113730.1.13", ia5("A comment\nin two lines\x7f")),
        ext("2.5.29.35", seq(context_primitive(0, bytes(range(8))), context(1, context(4, SUBJECT)),
                             context_primitive(2, b"\x00\xff\x01"))),
        ext("1.2.3.4.5", b"some text\x00\x01\xff and more\n"),
        ext("1.2.3.4.6", b"", True),
        ext("1.3.6.1.4.1.11129.2.4.3", NULL, True),
        ext("2.5.29.56", NULL),
        ext("1.3.6.1.5.5.7.1.3", seq(seq(oid("0.4.0.1862.1.1")))),
        ext("1.3.6.1.5.5.7.1.14", seq(integer(1), seq(oid("1.3.6.1.5.5.7.21.1"), octets(b"p")))),
        ext("1.3.6.1.4.1.311.21.7", seq(oid("1.2.3"), integer(1))),
        ext("2.5.29.20", integer(9)),
    ]


def empty_and_broken_extensions():
    return [
        ext("2.5.29.14", b"\x04\x00"),
        ext("2.5.29.14", octets(b"\x01") + b"rest"),
        ext("2.5.29.15", bits(b"")),
        ext("2.5.29.15", b"broken"),
        ext("2.5.29.37", seq()),
        ext("2.5.29.19", seq()),
        ext("2.5.29.19", seq(tlv(1, b"\x00"), integer(1 << 140))),
        ext("2.5.29.17", seq()),
        ext("2.5.29.17", seq(context_primitive(2, b"nul\x00.test"))),
        ext("2.5.29.17", seq(context_primitive(2, b"cut.test"), b"\x82\x20x")),
        ext("2.5.29.31", seq()),
        ext("2.5.29.31", seq(seq())),
        ext("2.5.29.32", seq()),
        ext("2.5.29.33", seq()),
        ext("2.5.29.36", seq()),
        ext("2.5.29.30", seq()),
        ext("2.5.29.35", seq()),
        ext("1.3.6.1.5.5.7.1.1", seq()),
        ext("1.3.6.1.5.5.7.1.24", seq()),
        ext("1.3.6.1.4.1.11129.2.4.2", octets(b"\x00\x00")),
        ext("1.3.6.1.4.1.11129.2.4.2", octets(b"\x00\x05\x00\x01\x00")),
        ext("2.5.29.54", tlv(2)),
        ext("2.5.29.37", seq(oid("1.3.6.1.5.5.7.3.1"), tlv(6, b"\x80\x01"))),
        ext("1.3.6.1.4.1.11129.2.4.2", sct_list(sct(algorithm=b"\x09\x09"))),
        ext("2.5.29.32", seq(seq(oid("1.2.3.4.5"), seq()))),
        ext("2.5.29.36", seq(context_primitive(0, b"\x00\x01"))),
        ext("2.5.29.30", seq(context(0))),
        ext("2.5.29.16", seq()),
        ext("2.5.29.16", seq(context_primitive(1, b"20240101"))),
        ext("2.5.29.16", seq(context_primitive(1, b"20241301000000Z"))),
        ext("1.3.6.1.5.5.7.1.14", seq(seq(oid("1.3.6.1.5.5.7.21.2")))),
    ]


NAMES = {
    "plain": SUBJECT,
    "empty": name(),
    "escapes": name(attribute(O, utf8(" lead, trail ")), attribute(OU, utf8("#hash;<a>+\"q\"\\b=")),
                    attribute(CN, utf8("(star*)\x00\x01\x7f\n")), attribute(CN, utf8(" ")),
                    attribute(CN, utf8("#")), attribute(CN, utf8(""))),
    "strings": name(attribute(CN, utf8("Grüße €𝄞")),
                    attribute(CN, tlv(0x1E, "BMP ü€".encode("utf-16-be"))),
                    attribute(CN, tlv(0x1C, "U ü€𝄞".encode("utf-32-be"))),
                    attribute(CN, tlv(0x14, b"T61 \xfc\xe9")),
                    attribute(CN, tlv(0x12, b"0123 4")),
                    attribute(CN, ia5("ia5@test")),
                    attribute("2.5.4.45", bits(b"\x01\x02\x80", 7)),
                    attribute("2.5.4.16", seq(utf8("Street"), utf8("City")))),
    "multi": name(attribute(C, printable("XX")),
                  [attribute(O, utf8("One")), attribute(OU, utf8("Two")), attribute(CN, utf8("3"))],
                  attribute(OU, utf8("/Slash/X=y/XY=z")),
                  [attribute("0.9.2342.19200300.100.1.1", utf8("uid")),
                   attribute("1.2.840.113549.1.9.1", ia5("a@b.test"))]),
    "unknown": name(attribute("1.2.3.4.5", utf8("text")), attribute("1.2.3.4.6", ia5("ia5")),
                    attribute("2.25.340282366920938463463374607431768211455", utf8("uuid")),
                    attribute("1.3.6.1.4.1.311.60.2.1.3", printable("XX")),
                    attribute("2.5.4.97", utf8("id"))),
}


def explicit_curve():
    """P-256 with its parameters spelled out (RFC 3279 2.3.5)."""
    private = run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                  "-pkeyopt", "ec_param_enc:explicit")
    return run("openssl", "pkey", "-pubout", "-outform", "DER", data=private)


def raw_key(kind, data, parameters=b""):
    return seq(seq(oid(kind), parameters), bits(data))


def certificates():
    rsa = key("RSA", "rsa_keygen_bits:1024")
    pss = oid("1.2.840.113549.1.1.10")
    sha256 = seq(oid("2.16.840.1.101.3.4.2.1"), NULL)
    mgf = seq(oid("1.2.840.113549.1.1.8"), sha256)
    pss_sha256 = seq(pss, seq(context(0, sha256), context(1, mgf), context(2, integer(32))))
    yield "rsa", cert(spki=rsa, sigalg=RSA_SHA256, signature=bytes(128))
    yield "rsa-small", cert(spki=raw_key("1.2.840.113549.1.1.1", seq(integer(0xC0FFEE0000000001),
                                                                   integer(1 << 70)), NULL))
    yield "rsa-pss", cert(spki=seq(seq(pss), rsa[rsa.index(b"\x03\x81"):]), sigalg=pss_sha256)
    yield "rsa-pss-limits", cert(
        spki=seq(seq(pss, seq(context(0, sha256), context(1, mgf), context(2, integer(32)))),
                 rsa[rsa.index(b"\x03\x81"):]),
        sigalg=seq(pss, seq()))
    yield "rsa-pss-mask", cert(sigalg=seq(pss, seq(context(1, seq(oid("1.2.3"), sha256)))))
    yield "rsa-pss-bad", cert(sigalg=seq(pss, integer(1)))
    yield "rsa-pss-trailer", cert(
        spki=seq(seq(pss, seq(context(2, integer(20)), context(3, integer(1)))),
                 rsa[rsa.index(b"\x03\x81"):]),
        sigalg=seq(pss, seq(context(3, integer(2)))))
    yield "dsa", cert(spki=key("DSA", "dsa_paramgen_bits:1024", "dsa_paramgen_q_bits:160"),
                      sigalg=seq(oid("2.16.840.1.101.3.4.3.2")),
                      signature=seq(integer(0x80 << 152), integer(0x1234)))
    yield "dsa-bad-signature", cert(sigalg=seq(oid("1.2.840.10040.4.3")))
    for curve in ("P-256", "P-384", "P-521", "secp256k1", "brainpoolP256r1", "sect233k1"):
        yield "ec-" + curve.lower(), cert(spki=key("EC", "ec_paramgen_curve:" + curve))
    point = p256()[-65:]
    yield "ec-compressed", cert(spki=seq(
        seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
        bits(bytes([2 + (point[64] & 1)]) + point[1:33])))
    yield "ec-explicit", cert(spki=explicit_curve())
    yield "ed25519", cert(spki=key("ED25519"), sigalg=seq(oid("1.3.101.112")), signature=bytes(64))
    yield "ed448", cert(spki=key("ED448"), sigalg=seq(oid("1.3.101.113")), signature=bytes(114))
    yield "x25519", cert(spki=key("X25519"))
    yield "mldsa44", cert(spki=key("ML-DSA-44"), sigalg=seq(oid("2.16.840.1.101.3.4.3.17")),
                          signature=bytes(100))
    yield "v1", cert(version=1)
    yield "v6", cert(version=6)
    yield "v2-ids", cert(version=2, ids=bits(bytes(range(20)), tag=0x81) + bits(b"\x01", tag=0x82))
    yield "serial-negative", cert(serial=integer(-5))
    yield "serial-zero", cert(serial=integer(0))
    yield "serial-8-bytes", cert(serial=integer((1 << 63) - 1))
    yield "serial-9-bytes", cert(serial=integer(1 << 63))
    yield "serial-long", cert(serial=integer(int.from_bytes(bytes(range(1, 21)), "big")))
    yield "serial-long-negative", cert(serial=integer(-(1 << 100) - 7))
    yield "dates", cert(dates=(utc("500101000000Z"), generalized("99991231235959Z")))
    yield "dates-fraction", cert(dates=(generalized("20240101000000.125Z"), utc("240101000000Z")))
    yield "dates-offset", cert(dates=(utc("240101000000+0130"),
                                      generalized("20240101000000-0130")))
    yield "algorithms-differ", cert(sigalg=RSA_SHA256, outer_sigalg=seq(oid("1.2.3.4.5")))
    yield "extensions-common", cert(extensions=common_extensions())
    yield "extensions-policy", cert(extensions=policy_extensions())
    yield "extensions-access", cert(extensions=access_extensions())
    yield "extensions-other", cert(extensions=other_extensions())
    yield "extensions-broken", cert(extensions=empty_and_broken_extensions())
    for which, subject in NAMES.items():
        yield "name-" + which, cert(subject=subject)


def main():
    only = sys.argv[1:]
    for which, der in certificates():
        if not only or which in only:
            with open(os.path.join(HERE, which + ".der"), "wb") as file:
                file.write(der)


main()

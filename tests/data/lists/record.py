#!/usr/bin/env python3
"""record.py RELEASE COMMAND...: what an openssl makes of the strings beside this script.

    record.py 3.0 openssl
    record.py 3.5 chroot /var/cache/s_server/trixie openssl

Writes ciphers-, groups- and sigalgs-RELEASE.txt with a line "string<TAB>list" for each line of the
.strings files, "!" for a string that is refused, and suites-RELEASE.txt, `ciphers -V -stdname`.
Lists are numbers; those of groups and signature algorithms are read from s_client's ClientHello,
"-" when it accepts the string but has nothing to send.
"""
import pathlib
import socket
import subprocess
import sys

release, command = sys.argv[1], sys.argv[2:]
here = pathlib.Path(__file__).parent


def run(*args):
    return subprocess.run([*command, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def cipher_list(string):
    r = run('ciphers', '-V', '-ciphersuites', '', '--', string)
    if r.returncode:
        return '!'
    return ','.join(line.split()[0].replace('0x', '').replace(',', '').lower()
                    for line in r.stdout.splitlines())


def extension(hello, wanted):
    """The body of an extension in a ClientHello record (RFC 8446 4.1.2); None when not there."""
    p = 5 + 4 + 2 + 32
    p += 1 + hello[p]
    p += 2 + int.from_bytes(hello[p:p + 2])
    p += 1 + hello[p]
    p += 2
    while p < len(hello):
        kind, n = int.from_bytes(hello[p:p + 2]), int.from_bytes(hello[p + 2:p + 4])
        if kind == wanted:
            return hello[p + 4:p + 4 + n]
        p += 4 + n
    return None


def offered(option, number, string, *more):
    with socket.create_server(('127.0.0.1', 0)) as server:
        server.settimeout(5)
        client = subprocess.Popen(
            [*command, 's_client', '-cipher', 'ALL@SECLEVEL=0', option, string, *more,
             '-connect', '127.0.0.1:%d' % server.getsockname()[1]],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        hello = b''
        while client.poll() is None:
            server.settimeout(0.1)
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                while len(hello) < 5 or len(hello) < 5 + int.from_bytes(hello[3:5]):
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    hello += piece
            break
        errors = client.communicate()[1]
    if b'SSL_CONF_cmd' in errors:
        return '!'
    body = extension(hello, number) if hello[:1] == b'\x16' else None
    if body is None:  # nothing that TLS 1.3 could use
        return '-' if more else offered(option, number, string, '-no_tls1_3')
    return ','.join('%04x' % int.from_bytes(body[i:i + 2]) for i in range(2, len(body), 2))


def record(name, ask):
    strings = (here / (name + '.strings')).read_text().splitlines()
    lines = ['%s\t%s\n' % (s, ask(s)) for s in strings]
    (here / ('%s-%s.txt' % (name, release))).write_text(''.join(lines))


record('ciphers', cipher_list)
record('groups', lambda s: offered('-groups', 10, s))
record('sigalgs', lambda s: offered('-sigalgs', 13, s))
suites = run('ciphers', '-V', '-stdname', 'ALL:COMPLEMENTOFALL').stdout.splitlines()
(here / ('suites-%s.txt' % release)).write_text(''.join(' '.join(s.split()) + '\n' for s in suites))

#!/usr/bin/env python3
"""record.py DIRECTORY COMMAND...: what openssl s_server prints with -msg -state -tlsextdebug, -debug.

    record.py /var/cache/s_server/trixie/tmp/record chroot /var/cache/s_server/trixie openssl

One file for each scenario, stdout and stderr in the order of their writing. DIRECTORY, as seen from
outside a chroot, is for a key and a certificate; COMMAND finds it as /tmp/record.
"""
import os
import pathlib
import re
import subprocess
import sys

outside, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
here = pathlib.Path(__file__).parent
outside.mkdir(exist_ok=True)
stdbuf = [*command[:-1], 'stdbuf', '-o0', command[-1]]


def openssl(*args):
    return subprocess.run([*command, *args], stdin=subprocess.DEVNULL, capture_output=True)


def start(args, how):
    return subprocess.Popen([*how, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)


class Server:
    def __init__(self, *args, show=('-msg', '-state', '-tlsextdebug')):
        self.text = b''
        self.process = start(['s_server', *show, '-cert', '/tmp/record/cert.pem', '-key',
                              '/tmp/record/key.pem', '-accept', '127.0.0.1:0', *args], stdbuf)
        self.port = self.wait(rb'ACCEPT \S+:(\d+)\n').decode()

    def wait(self, pattern, start=0):
        while True:
            found = re.search(pattern, self.text[start:])
            if found:
                return found.group(found.lastindex or 0)
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                raise EOFError(self.text.decode(errors='replace'))
            self.text += piece

    def say(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def client(self, *args, end=rb'CONNECTION CLOSED|ERROR', say=()):
        mark = len(self.text)
        client = start(['s_client', '-connect', '127.0.0.1:' + self.port, *args], command)
        for command_text, pattern in say:
            at = len(self.text)
            self.wait(rb'CIPHER is', mark)
            self.say(command_text)
            self.wait(pattern, at)
        if say:
            client.stdin.write(b'data\n')
            client.stdin.flush()
            self.wait(rb'\ndata\n', mark)
        else:
            self.wait(rb'CIPHER is|ERROR', mark)
        client.communicate(b'Q\n', timeout=10)
        self.wait(end, mark)

    def finish(self, name):
        self.process.kill()
        self.process.communicate()
        (here / (name + '.txt')).write_bytes(self.text)


openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days',
        '10000', '-subj', '/CN=localhost', '-keyout', '/tmp/record/key.pem', '-out',
        '/tmp/record/cert.pem')

s = Server()
s.client('-tls1_3', '-groups', 'X25519', '-servername', 'localhost', '-alpn', 'h2,http/1.1')
s.finish('tls13')

s = Server('-groups', 'P-256')
s.client('-tls1_3', '-groups', 'X25519:P-256')
s.finish('tls13-retry')

s = Server()
s.client('-tls1_3', '-groups', 'X25519', '-sess_out', '/tmp/record/session')
s.client('-tls1_3', '-groups', 'X25519', '-sess_in', '/tmp/record/session')
s.finish('tls13-resumption')

s = Server('-verify', '1')
s.client('-tls1_3', '-groups', 'X25519', '-cert', '/tmp/record/cert.pem', '-key',
         '/tmp/record/key.pem')
s.finish('tls13-client-certificate')

s = Server()
s.client('-tls1_3', '-groups', 'X25519',
         say=[(b'k\n', rb'SSL_do_handshake'), (b'K\n', rb'SSL_do_handshake')])
s.finish('tls13-key-update')

s = Server()
s.client('-tls1_2', '-groups', 'X25519:P-256')
s.finish('tls12')

s = Server('-no_ticket')
s.client('-tls1_2', '-groups', 'X25519:P-256', '-sess_out', '/tmp/record/session')
s.client('-tls1_2', '-groups', 'X25519:P-256', '-sess_in', '/tmp/record/session')
s.finish('tls12-resumption')

s = Server('-verify', '1')
s.client('-tls1_2', '-groups', 'X25519:P-256', '-cert', '/tmp/record/cert.pem', '-key',
         '/tmp/record/key.pem')
s.finish('tls12-client-certificate')

s = Server('-cipher', 'DEFAULT@SECLEVEL=0')
s.client('-tls1', '-groups', 'P-256', '-cipher', 'DEFAULT@SECLEVEL=0')
s.finish('tls10')

s = Server()
s.client('-tls1_2', '-groups', 'X25519:P-256', say=[(b'r\n', rb'read finished[\s\S]*Read BLOCK')])
s.finish('tls12-renegotiation')

s = Server('-cipher', 'ECDHE-RSA-AES128-GCM-SHA256', '-tls1_2')
s.client('-tls1_2', '-groups', 'X25519:P-256', end=rb'CONNECTION CLOSED')
s.finish('tls12-no-shared-cipher')

s = Server('-tls1_3')
s.client('-tls1_2', '-groups', 'X25519:P-256', end=rb'CONNECTION CLOSED')
s.finish('unsupported-version')

s = Server(show=['-debug'])
s.client('-tls1_3', '-groups', 'X25519')
s.finish('debug')

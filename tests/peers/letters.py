"""Posts letters over several connections with Python's smtplib.

usage: letters.py PORT CONNECTIONS LETTERS [CA]

With CA, over STARTTLS. Each letter is one line, `letter <connection> <n>`,
with dots where they hurt. Prints how many were taken.
"""

import smtplib
import ssl
import sys
import threading

port, connections, letters = (int(word) for word in sys.argv[1:4])
authority = sys.argv[4] if len(sys.argv) > 4 else None
taken = []


def post(connection):
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        smtp.ehlo("peer.example")
        if authority:
            context = ssl.create_default_context(cafile=authority)
            context.check_hostname = False
            smtp.starttls(context=context)
            smtp.ehlo("peer.example")
            assert not smtp.has_extn("starttls")
        assert smtp.has_extn("size") and smtp.has_extn("pipelining")
        assert not smtp.has_extn("dsn") and not smtp.has_extn("chunking")
        for number in range(letters):
            text = f"Subject: letter {connection} {number}\r\n\r\n.\r\n..\r\n.x\r\nend\r\n"
            smtp.sendmail("peer@hm.example", ["push@ecert.bv.example"], text)
            taken.append((connection, number))


threads = [threading.Thread(target=post, args=(number,)) for number in range(connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(taken))

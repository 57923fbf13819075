# The rival: SQLite (WAL, synchronous FULL), state, event and timer rows in one transaction per step.
# usage: rival.py FOLDER CONNECTIONS SECONDS STATE_BYTES EVENT_BYTES; prints steps per second.
import os, sqlite3, sys, threading, time

folder, connections, seconds, state_bytes, event_bytes = sys.argv[1], *map(int, sys.argv[2:6])
path = os.path.join(folder, "rival.db")
state, event = b"s" * state_bytes, b"e" * event_bytes


def connect():
    db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=full")
    return db


setup = connect()
setup.execute("create table state (id integer primary key, revision integer, body blob)")
setup.execute("create table event (sequence integer primary key autoincrement, id integer, body blob)")
setup.execute("create table timer (id integer primary key, due integer)")
setup.execute("create index timer_due on timer (due)")
counts = [0] * connections
until = time.monotonic() + seconds


def work(n):
    db, done = connect(), 0
    while time.monotonic() < until:
        order, revision = n + connections * (done // 5), done % 5
        db.execute("begin immediate")
        db.execute("insert or replace into state values (?, ?, ?)", (order, revision, state))
        db.execute("insert into event (id, body) values (?, ?)", (order, event))
        if revision < 4:
            db.execute("insert or replace into timer values (?, ?)", (order, done))
        else:
            db.execute("delete from timer where id = ?", (order,))
        db.execute("commit")
        done += 1
        counts[n] = done


began = time.monotonic()
threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sum(counts) / (time.monotonic() - began))

"""What a hostile user runs in a kernel of a node that others share."""

HOSTILE = """
import http.client, json, os, resource, socket, time

DIR = os.environ["CELLGRANT_DIR"]
PARENT = os.path.dirname(DIR)

class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(DIR + "/api.sock")

def api(method, path, body=None):
    connection = Connection("cellgrant")
    connection.request(method, "/api/v1/" + path, json.dumps(body) if body else None)
    return json.loads(connection.getresponse().read() or b"{}").get("code")

def gate(pid, holder):
    stat = open(f"/proc/{pid}/stat").read()
    hello = dict(type="hello", protocol=2, kind="kernel", holderId=holder, token="guess",
                 parentHolderId=None, pid=pid, startTicks=int(stat.rpartition(")")[2].split()[19]),
                 name="x", notebook=None, speaker=None, saidMs=0, holdings=[])
    with socket.socket(socket.AF_UNIX) as it:
        it.settimeout(10)
        it.connect(DIR + "/gate.sock")
        it.sendall(json.dumps(hello).encode() + b"\\n")
        return json.loads(it.makefile().readline()).get("code")

def error_of(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__

def connect(path):
    with socket.socket(socket.AF_UNIX) as it:
        it.connect(path)

def attempts():
    sockets = [f"{PARENT}/{uid}/{name}" for uid in ABOUT["uids"] for name in ("gate.sock", "api.sock")]
    files = [lambda it=it: connect(it) for it in sockets]
    files += [lambda: os.listdir(ABOUT["state"]), lambda: os.listdir(f"{PARENT}/{ABOUT['uids'][1]}")]
    files += [lambda: os.rename(PARENT + "/door.sock", DIR + "/door"), lambda: os.mkdir(PARENT + "/1")]
    return {
        "files": [error_of(it) for it in files],
        "claim": api("DELETE", "claims/" + ABOUT["claim"]),
        "hold": api("DELETE", f"holders/{ABOUT['holder']}/hold"),
        "defaults": api("PUT", f"holders/{ABOUT['holder']}/defaults", {"memory": "1 MiB"}),
        "groups": api("PUT", f"users/{ABOUT['name']}/hub-groups", {"groups": ["physics"]}),
        "policy": api("PUT", "policy", {"policy": "naive"}),
        "for her kernel": gate(ABOUT["pid"], ABOUT["holder"]),
        "under its id": gate(os.getpid(), ABOUT["holder"]),
        "with its process": gate(ABOUT["pid"], "another"),
    }

def flood():
    crowd = []
    for at in range(600):
        it = socket.socket(socket.AF_UNIX)
        it.setblocking(False)
        path = (DIR + "/gate.sock", DIR + "/api.sock", PARENT + "/door.sock")[at % 3]
        if error_of(lambda: it.connect(path)) is None:
            error_of(lambda: it.send(b"PUT /api/v1/policy HTTP/1.1\\r\\nContent-Length: 9" * 100))
        crowd.append(it)
        at == 300 and open("flood.on", "w").close()
    while not os.path.exists(ABOUT["flag"]):
        for it in crowd:
            error_of(lambda: it.send(b"x" * 1000))
"""

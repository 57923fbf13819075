"""Thirty calls in one write; the service is told to stop as soon as one is answered. Prints how many are answered."""
import json, socket, subprocess

s = socket.socket(socket.AF_UNIX)
s.connect("/run/workorderd/control.sock")
create = lambda n: {"requestId": f"f{n}", "recordType": "repair", "subject": "lift", "contact": "wang"}
s.sendall(b"".join(json.dumps({"method": "org.workorderd.WorkOrders1.Create", "parameters": create(n)}).encode() + b"\0" for n in range(30)))
data = s.recv(65536)
stop = subprocess.Popen(["systemctl", "stop", "workorderd.socket", "workorderd-guest.socket", "workorderd.service"])
while more := s.recv(65536):
    data += more
stop.wait()
print(sum("error" not in json.loads(frame) for frame in data.split(b"\0")[:-1]))

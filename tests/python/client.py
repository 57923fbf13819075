"""A client on the PyPI package `varlink`, which shares nothing with this repository: lists the interfaces, creates a Work Order,
runs it through, and watches what happens.

    python client.py unix:/path/to/socket config/definitions/*.toml

The daemon's clock must be one that is set by hand. Prints one line per thing checked and ends with status 1 at the first that
is not as expected.
"""

import os
import sys
import threading
import uuid

import varlink

OURS = ["org.workorderd"] + [f"org.workorderd.{name}1" for name in ["WorkOrders", "Directory", "Definitions", "System", "Guest"]]


def check(what, found, wanted):
    if found != wanted:
        print(f"NOT {what}: found {found!r}, wanted {wanted!r}", flush=True)
        os._exit(1)
    print(f"ok  {what}", flush=True)


def refused(what, run, name):
    try:
        result = run()
    except varlink.VarlinkError as error:
        check(f"{what}: {error.error()}", error.error(), name)
        return error.parameters()
    check(what, result, "an error")


def request():
    return str(uuid.uuid4())


def watch(address, after, last, steps):
    """Collects steps from a cursor on until the last event is one of these."""
    with varlink.Client(address) as client, client.open("org.workorderd.WorkOrders1") as orders:
        for reply in orders.Watch(after=after, _more=True):
            steps.extend(reply["steps"])
            if any(last in step["events"] for step in reply["steps"]):
                return


def found_company(client, files):
    definitions = [{"path": os.path.basename(name), "text": open(name, encoding="utf-8").read()} for name in files]
    with client.open("org.workorderd.Definitions1") as interface:
        dry = interface.Apply(request(), definitions, True)
        check("a dry run of the definitions changes nothing", (len(dry["changes"]) > 5, dry.get("sequence")), (True, None))
        # A dry run tells besides how each definition reads.
        told = [{key: value for key, value in change.items() if key not in ("before", "after")} for change in dry["changes"]]
        check("definitions are applied", interface.Apply(request(), definitions)["changes"], told)
        broken = [{"path": "b.toml", "text": "[[role]]\nname = 'x'\nrights = ['fly']\n"}]
        refused("definitions with a mistake", lambda: interface.Apply(request(), broken), "org.workorderd.InvalidDefinitions")
    with client.open("org.workorderd.Directory1") as directory:
        for user, role in [("dora", "dispatcher"), ("emil", "engineer")]:
            directory.PutStaffUser(requestId=request(), staffUser={"id": user, "name": user.title(), "roles": [role]})
        wang = {"id": "wang", "name": "王伟", "email": "wang@example.cn", "language": "zh", "mobile": None}
        directory.PutContact(requestId=request(), contact=wang)
        contacts = directory.ListContacts()["contacts"]
        check("a text beyond ASCII comes back", contacts[0]["name"], "王伟")


def main(address, files):
    with varlink.Client(address) as client:
        names = client.get_interfaces()
        check("list of interfaces", sorted(names), sorted(["org.varlink.service"] + OURS))
        check("vendor", client.info["vendor"], "workorderd")
        # Their parser reads every description that is served.
        for name in names:
            interface = client.get_interface(name)
            check(f"description of {name}", interface.name, name)
            print("    members:", " ".join(interface.members))
        refused("an unknown interface", lambda: client.open("org.example.shop"), "org.varlink.service.InterfaceNotFound")
        found_company(client, files)

        with client.open("org.workorderd.System1") as system:
            status = system.Status()["status"]
            check("the clock is set by hand", status["clock"], "manual")
        steps = []
        watcher = threading.Thread(target=watch, args=(address, status["sequence"], "Ended", steps), daemon=True)
        watcher.start()
        number, expected = run_through(client)
        watcher.join(30)
        check("the watcher is done", watcher.is_alive(), False)
        check("it saw every step in order", [s["sequence"] for s in steps], list(range(status["sequence"] + 1, steps[-1]["sequence"] + 1)))
        mine = [s["command"] for s in steps if s.get("number") == number and s["by"] != "system"]
        check("and the commands of the Work Order", mine, expected)


def run_through(client):
    def acting_as(user):
        # Acting as somebody is a matter of a connection, so both interfaces use the same one.
        connection = client.open_connection()
        system = client.open("org.workorderd.System1", connection=connection)
        check(f"acting as {user}", system.ActAs(user)["user"], user)
        return client.open("org.workorderd.WorkOrders1", connection=connection)

    with acting_as("dora") as dora, acting_as("emil") as emil:
        first = request()
        create = dict(requestId=first, recordType="repair", subject="电梯坏了", contact="wang", priority="urgent")
        receipt = dora.Create(**create)["receipt"]
        number = receipt["number"]
        check("the same request gets the same receipt", dora.Create(**create)["receipt"], receipt)
        create["subject"] = "something else"
        refused("the same request id for something else", lambda: dora.Create(**create), "org.workorderd.RequestIdReused")
        refused("a missing parameter", lambda: dora.AssignToEngineer(number=number, requestId=request()), "org.varlink.service.InvalidParameter")
        refused("a wrong type", lambda: dora.Get(number=5), "org.varlink.service.InvalidParameter")
        refused("who has nothing to do with it", lambda: emil.AssignToEngineer(number=number, requestId=request(), engineer="emil"), "org.workorderd.NotFound")
        refused("a stream without more", lambda: dora.Watch(), "org.varlink.service.ExpectedMore")
        dora.AssignToEngineer(number=number, requestId=request(), engineer="emil")
        emil.AcceptAssignment(number=number, requestId=request())
        revision = emil.Get(number)["workOrder"]["revision"]
        refused("an old revision", lambda: emil.CompleteTask(number, request(), revision - 1), "org.workorderd.Conflict")
        emil.CompleteTask(number, request(), revision, "换了一个阀")
        dora.ConfirmSolved(number=number, requestId=request())
        refused("a mandatory evaluation cannot be skipped", lambda: emil.SkipEvaluation(number=number, requestId=request()), "org.workorderd.EvaluationMissing")
        order = emil.Get(number)["workOrder"]
        check("it waits for the evaluation", (order["node"], order["mandatory"]), ("evaluate", True))
        link = [i["link"] for i in order["invitations"] if i.get("link")][0]
        with client.open("org.workorderd.Guest1") as guest:
            shown = guest.Show(link)
            check("the customer sees what it is about", (shown["subject"], shown["open"]), ("电梯坏了", True))
            answers = [{"field": "overall", "value": "5"}, {"field": "comment", "value": "谢谢"}]
            check("the customer evaluates", guest.Evaluate(link, request(), answers)["number"], number)
        order = dora.Get(number)["workOrder"]
        check("it is completed", (order["status"], order["outcome"]), ("closed", "completed"))
        check("the evaluation is kept", order["evaluations"][0]["answers"][1]["value"], "谢谢")
        lines = dora.History(number)["lines"]
        check("the history begins with the creation", lines[-1]["event"], "Created")
        listed = dora.List(status="closed", atLeast=lines[0]["sequence"])["lines"]
        check("the list has it", [line["number"] for line in listed], [number])
    with client.open("org.workorderd.WorkOrders1", namespaced=True) as orders:
        check("a namespaced reply", orders.Get(number).workOrder.number, number)
    return number, ["Create", "AssignToEngineer", "AcceptAssignment", "CompleteTask", "ConfirmSolved", "SubmitEvaluation"]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])

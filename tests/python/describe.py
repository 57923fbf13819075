"""Speaks to a running service with the PyPI package `varlink`: describe, call, be refused, follow a stream.

    python describe.py unix:/path/to/socket

Prints one line per thing checked and ends with status 1 at the first that is not as expected.
"""

import sys

import varlink


def check(what, found, wanted):
    if found != wanted:
        print(f"NOT {what}: found {found!r}, wanted {wanted!r}")
        sys.exit(1)
    print(f"ok  {what}")


def refused(what, run, name, parameters):
    try:
        result = run()
    except varlink.VarlinkError as error:
        check(f"{what}: {error.error()}", (error.error(), error.parameters()), (name, parameters))
    else:
        check(what, result, "an error")


def main(address):
    with varlink.Client(address) as client:
        names = client.get_interfaces()
        check("list of interfaces", names, ["org.varlink.service", "org.example.stock"])
        check("vendor", client.info["vendor"], "Example")

        # Their parser reads every description that is served.
        for name in names:
            interface = client.get_interface(name)
            check(f"description of {name}", interface.name, name)
            print("    members:", " ".join(interface.members))

        with client.open("org.example.stock") as stock:
            check("a call", stock.Echo("tea")["text"], "tea")
            check("a call by name", stock.Echo(text="tea")["text"], "tea")
            check("a text beyond ASCII", stock.Echo(text="Tee für Zoë \U0001f375")["text"], "Tee für Zoë \U0001f375")
            order = stock.Order(
                contact={"name": "A", "email": None},
                lines=[{"article": "a", "amount": 1, "weight": 0.5}, {"article": "b", "amount": 2}],
                labels={"colour": "red"},
                tags={"x", "y"},
                urgency="urgent",
                extra={"anything": [1, {"deep": None}]},
                gift=False,
            )
            check("a call with nested parameters", order, {"lines": 2})
            check("a reply without parameters", stock.Note("n", 0), {})
            check("a oneway call", stock.Note("quiet", 0, _oneway=True), None)
            check("the call after it", stock.Echo("after")["text"], "after")

            refused("our error", lambda: stock.Take(5), "org.example.stock.Short", {"wanted": 5, "there": 3})
            # Their client leaves unknown and missing parameters to the service, and keeps `parameter` alone of the error.
            refused(
                "a missing parameter",
                lambda: stock.Order(lines=[]),
                "org.varlink.service.InvalidParameter",
                {"parameter": "contact"},
            )
            refused(
                "a nested wrong value",
                lambda: stock.Order(contact={"name": "A"}, lines=[], urgency="tomorrow"),
                "org.varlink.service.InvalidParameter",
                {"parameter": "urgency"},
            )
            refused("a call for a stream without more", lambda: stock.Count(3, 0), "org.varlink.service.ExpectedMore", {})
            check("the call after errors", stock.Echo("after")["text"], "after")

            numbers = [reply["number"] for reply in stock.Count(5, 1, _more=True)]
            check("a stream", numbers, [1, 2, 3, 4, 5])
            check("the call after the stream", stock.Echo("after")["text"], "after")
            check("a method without a stream, with more", [r["text"] for r in stock.Echo("one", _more=True)], ["one"])

        with client.open("org.example.stock", namespaced=True) as stock:
            check("a namespaced reply", stock.Echo("tea").text, "tea")

        # A stream left in the middle: close, and go on with another connection.
        with client.open("org.example.stock") as stock:
            for reply in stock.Count(1000000, 1, _more=True):
                if reply["number"] == 3:
                    break
        with client.open("org.example.stock") as stock:
            check("another connection", stock.Echo("again")["text"], "again")

        refused(
            "an unknown interface",
            lambda: client.open("org.example.shop"),
            "org.varlink.service.InterfaceNotFound",
            {"interface": "org.example.shop"},
        )


if __name__ == "__main__":
    main(sys.argv[1])

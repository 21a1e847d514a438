import pytest

from config.local.place import Place
from tests.faults.stack import Orders, Stack

TAIL = 4_000


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the processes have said last, and where they are."""
    report = yield
    if report.failed and "stack" in item.funcargs:
        item.funcargs["stack"].cry()
        for log in sorted(item.funcargs["stack"].logs.iterdir()):
            text = log.read_text(errors="replace")[-TAIL:]
            report.sections.append((f"the end of {log.name}", text))
    return report


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    servers_module = pytest.importorskip(
        "config.local.servers", reason="needs the extra `local`: PostgreSQL and Valkey as wheels"
    )
    logs = tmp_path_factory.mktemp("logs")
    place = Place(tmp_path_factory.mktemp("place"))
    place.make()
    servers = servers_module.Servers(place, throw_away=False, say=print)
    with servers.running() as processes:
        stack = Stack(servers, logs)
        stack.postgres, stack.valkey = processes
        try:
            stack.prepare()
            for name in ("web", "worker", "beat"):
                stack.start(name)
            stack.wait_until(stack.answers, "the web server")
            yield stack
        finally:
            for name in list(stack.processes):
                stack.kill(name)
            processes[:] = [stack.postgres, stack.valkey]
    servers.remove()


@pytest.fixture(scope="session")
def orders(stack):
    """All tests place orders in one database: what one left behind is looked at by the next."""
    return Orders(stack)

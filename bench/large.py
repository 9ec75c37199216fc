"""Writes the larger benchmark diagram: 12 user tasks, each followed by a choice, 63 nodes in all."""

from __future__ import annotations

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="large_definitions" targetNamespace="https://marque.app/bench">'
)
TASKS = 12


def diagram() -> bytes:
    """Returns the diagram; conditions read the same in FEEL and in Python, so both applications run it."""
    nodes, flows, previous = ['<startEvent id="begin"/>'], [], "begin"
    for number in range(TASKS):
        task, split, noted, told, merge = (f"{name}_{number}" for name in ("work", "large", "noted", "told", "merge"))
        nodes += [
            f'<userTask id="{task}" name="{task}" camunda:candidateGroups="CSS"/>',
            f'<exclusiveGateway id="{split}" default="{split}_{merge}"/>',
            f'<intermediateThrowEvent id="{noted}"/><intermediateThrowEvent id="{told}"/>',
            f'<exclusiveGateway id="{merge}"/>',
        ]
        flows += [(previous, task), (task, split), (split, noted), (split, merge), (noted, told), (told, merge)]
        previous = merge
    nodes.append('<endEvent id="done"/>')
    flows.append((previous, "done"))
    written = "".join(_flow(source, target) for source, target in flows)
    body = "".join(nodes) + written
    return f'{HEAD}<process id="large" isExecutable="true">{body}</process></definitions>'.encode()


def _flow(source: str, target: str) -> str:
    ends = f'id="{source}_{target}" sourceRef="{source}" targetRef="{target}"'
    if source.startswith("large") and target.startswith("noted"):
        return f"<sequenceFlow {ends}><conditionExpression>amount &gt; 100</conditionExpression></sequenceFlow>"
    return f"<sequenceFlow {ends}/>"

"""The four APIs that agents speak to a model: which call comes next in a conversation, and how it is said in each.

Invariant: stateless. A request holds the whole conversation, so the number of calls already in it says which is next.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Document = Mapping[str, Any]
END = "All done."


@dataclass(frozen=True, slots=True)
class Tool:
    """One call of a tool that the model asks for.

    Args:
        arguments: an object; of a tool that takes free text, that text.
        namespace: what the name stands in, where an API keeps that apart.
    """

    name: str
    arguments: Document | str
    namespace: str = ""


class Dialect(Protocol):
    """One API."""

    def heard(self, request: Document) -> list[str]:
        """What the model was told of each call it made so far."""
        ...

    def offered(self, request: Document) -> bool:
        """Whether the request lets the model call tools at all."""
        ...

    def said(self, request: Document, tool: Tool | None, number: int) -> Document | list[Document]:
        """The answer: a document, or the events of a stream."""
        ...


class Messages:
    """Anthropic's messages."""

    def heard(self, request: Document) -> list[str]:
        parts = [part for each in request.get("messages", ()) for part in _parts(each.get("content"))]
        return [json.dumps(part.get("content")) for part in parts if part.get("type") == "tool_result"]

    def offered(self, request: Document) -> bool:
        return any(tool.get("name") == "Bash" for tool in request.get("tools") or ())

    def said(self, request: Document, tool: Tool | None, number: int) -> Document | list[Document]:
        used = (
            {"type": "tool_use", "id": f"toolu_{number}", "name": tool.name, "input": tool.arguments} if tool else None
        )
        block = used or {"type": "text", "text": END}
        reason = "tool_use" if tool else "end_turn"
        message = {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": request.get("model", "m"),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        if not request.get("stream"):
            return message | {"content": [block], "stop_reason": reason}
        empty = {**block, "input": {}} if tool else {**block, "text": ""}
        piece = (
            {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            if tool
            else {"type": "text_delta", "text": END}
        )
        ended = {"stop_reason": reason, "stop_sequence": None}
        return [
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": empty},
            {"type": "content_block_delta", "index": 0, "delta": piece},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 1}},
            {"type": "message_stop"},
        ]


class Chat:
    """OpenAI's chat completions."""

    def heard(self, request: Document) -> list[str]:
        told = [each for each in request.get("messages", ()) if each.get("role") == "tool"]
        return [json.dumps(each.get("content")) for each in told]

    def offered(self, request: Document) -> bool:
        return bool(request.get("tools"))

    def said(self, request: Document, tool: Tool | None, number: int) -> Document | list[Document]:
        message: dict[str, Any] = {"role": "assistant", "content": None if tool else END}
        if tool:
            function = {"name": tool.name, "arguments": json.dumps(tool.arguments)}
            message["tool_calls"] = [{"index": 0, "id": f"call_{number}", "type": "function", "function": function}]
        reason = "tool_calls" if tool else "stop"
        base = {"id": f"c{number}", "created": 1, "model": request.get("model", "m")}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        if not request.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": reason}
            return base | {"object": "chat.completion", "choices": [choice], "usage": usage}
        base |= {"object": "chat.completion.chunk"}
        return [
            base | {"choices": [{"index": 0, "delta": message, "finish_reason": None}]},
            base | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
            base | {"choices": [], "usage": usage},
        ]


class Responses:
    """OpenAI's responses."""

    def heard(self, request: Document) -> list[str]:
        told = [each for each in request.get("input", ()) if each.get("type", "").endswith("_call_output")]
        return [json.dumps(each.get("output")) for each in told]

    def offered(self, request: Document) -> bool:
        return bool(request.get("tools"))

    def said(self, request: Document, tool: Tool | None, number: int) -> Document | list[Document]:
        text = {"type": "output_text", "text": END, "annotations": []}
        item: dict[str, Any] = {"type": "message", "id": "msg_1", "role": "assistant", "content": [text]}
        if tool and isinstance(tool.arguments, str):
            item = {"type": "custom_tool_call", "id": f"ctc_{number}", "name": tool.name, "input": tool.arguments}
        elif tool:
            asked = json.dumps(tool.arguments)
            item = {"type": "function_call", "id": f"fc_{number}", "name": tool.name, "arguments": asked}
            item |= {"namespace": tool.namespace} if tool.namespace else {}
        item |= {"status": "completed", "call_id": f"call_{number}"}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        response = {"id": f"resp_{number}", "object": "response", "model": request.get("model"), "output": []}
        return [
            {"type": "response.created", "response": response | {"status": "in_progress"}},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {
                "type": "response.completed",
                "response": response | {"status": "completed", "output": [item], "usage": usage},
            },
        ]


class Gemini:
    """Gemini's generateContent."""

    def heard(self, request: Document) -> list[str]:
        parts = [part for each in request.get("contents", ()) for part in each.get("parts", ())]
        return [json.dumps(part["functionResponse"]) for part in parts if "functionResponse" in part]

    def offered(self, request: Document) -> bool:
        return bool(request.get("tools"))

    def said(self, request: Document, tool: Tool | None, number: int) -> Document | list[Document]:
        part: dict[str, Any] = {"text": END}
        if tool:
            part = {"functionCall": {"name": tool.name, "args": tool.arguments}, "thoughtSignature": "c2ln"}
        elif "json" in str(request.get("generationConfig", {})).lower():  # it asks itself which model to use
            part = {"text": json.dumps({"reasoning": "", "model_choice": "flash", "complexity_score": 1})}
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"}


ROUTES: Sequence[tuple[str, Dialect]] = (
    ("/messages", Messages()),
    ("/chat/completions", Chat()),
    ("/responses", Responses()),
    ("enerateContent", Gemini()),
)
"""A piece of the path, and what is spoken there."""


def _parts(content: object) -> Iterator[Document]:
    yield from (part for part in content if isinstance(part, dict)) if isinstance(content, list) else ()

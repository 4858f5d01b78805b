"""The offline analyst as a litellm provider, so that it takes the very path a real model takes: streaming, schema
validation and usage log. It needs no key and no network, and the same messages give the same answer, byte for byte."""

from collections.abc import Iterator
from typing import Any

from litellm import CustomLLM, ModelResponse, register_model
from litellm.llms.custom_llm import CustomLLMError
from litellm.types.utils import GenericStreamingChunk, Usage

from core import prompts
from core.offline import analyse

PROVIDER = "offline"
MODEL = "offline/analyst"
CHUNK = 160  # characters; small enough that a page fills visibly, large enough to cost little on the way


class OfflineAnalyst(CustomLLM):  # type: ignore[misc]  # litellm is not typed for subclassing
    def _answer(self, messages: list[dict[str, str]], litellm_params: dict[str, Any] | None) -> str:
        call = (litellm_params or {}).get("metadata") or {}
        try:
            inputs = prompts.blocks(messages) | call["inputs"]
            answer = analyse(call["task"], call["locale"], inputs)
        except Exception as error:  # whatever happens inside a provider must reach litellm as a provider's error
            raise CustomLLMError(status_code=500, message=f"offline analyst: {type(error).__name__}") from error
        return answer.model_dump_json()

    def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        text = self._answer(kwargs["messages"], kwargs.get("litellm_params"))
        response: ModelResponse = kwargs["model_response"]
        response.choices[0].message.content = text
        response.choices[0].finish_reason = "stop"
        response.usage = Usage(**_usage(kwargs["messages"], text))
        return response

    def streaming(self, *args: Any, **kwargs: Any) -> Iterator[GenericStreamingChunk]:
        text = self._answer(kwargs["messages"], kwargs.get("litellm_params"))
        for start in range(0, len(text), CHUNK):
            yield _chunk(text[start : start + CHUNK])
        yield _chunk("", finish_reason="stop", usage=_usage(kwargs["messages"], text))


def _chunk(text: str, finish_reason: str = "", usage: dict[str, int] | None = None) -> GenericStreamingChunk:
    return GenericStreamingChunk(
        text=text, is_finished=bool(finish_reason), finish_reason=finish_reason, usage=usage, index=0, tool_use=None
    )


def _usage(messages: list[dict[str, str]], text: str) -> dict[str, int]:
    # About four characters a token, the rule of thumb; nobody is billed by it.
    prompt, completion = sum(len(m["content"]) for m in messages) // 4, len(text) // 4
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def register() -> None:
    """Make `offline/analyst` a model that litellm knows, at a price of nothing."""
    import litellm  # noqa: PLC0415
    from litellm.utils import custom_llm_setup  # noqa: PLC0415

    others = [entry for entry in litellm.custom_provider_map if entry["provider"] != PROVIDER]
    litellm.custom_provider_map = [*others, {"provider": PROVIDER, "custom_handler": OfflineAnalyst()}]
    custom_llm_setup()
    register_model(
        {
            MODEL: {
                "litellm_provider": PROVIDER,
                "mode": "chat",
                "input_cost_per_token": 0.0,
                "output_cost_per_token": 0.0,
                "max_tokens": 1_000_000,
                "max_input_tokens": 1_000_000,
                "supports_response_schema": True,
            }
        }
    )

"""What Python programs do with the gateway, each library in its own calls: reads cases as lines of JSON and answers each
with what it got, a line that begins with ">". An error is told the same way, so that the suite can look at it."""

import json
import sys

library, url, key = sys.argv[1:4]
case = model = ""
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def say(**got):
    print(">" + json.dumps(got), flush=True)


def weather(city: str) -> str:
    """The weather of a city."""
    return f"weather of {city}"


def openai_client():
    import openai

    return openai.OpenAI(base_url=f"{url}/v1", api_key=key)


def openai_tools():
    return [{"type": "function", "function": {"name": "weather", "description": "Weather", "parameters": CITY}}]


def run_chat(complete, stream):
    """The loop of a program over any library that has OpenAI's types."""
    messages = [{"role": "user", "content": "Oslo, then Rome?"}]
    if case == "plain":
        answer = complete(messages=messages)
        say(text=answer.choices[0].message.content, input=answer.usage.prompt_tokens, output=answer.usage.completion_tokens)
    elif case == "stream":
        pieces = [chunk.choices[0].delta.content or "" for chunk in stream(messages=messages) if chunk.choices]
        say(text="".join(pieces), pieces=len([piece for piece in pieces if piece]))
    elif case == "tools":
        calls = []
        while True:
            message = complete(messages=messages, tools=openai_tools()).choices[0].message
            if not message.tool_calls:
                say(text=message.content, calls=calls)
                return
            messages.append(message.model_dump(exclude_none=True))
            for call in message.tool_calls:
                arguments = json.loads(call.function.arguments)
                calls.append({"id": call.id, "name": call.function.name, "arguments": arguments})
                messages.append({"role": "tool", "tool_call_id": call.id, "content": weather(**arguments)})


def run_openai():
    client = openai_client()
    if case == "embeddings":
        data = client.embeddings.create(model=model, input=["one", "two"]).data
        say(vectors=[item.embedding for item in data])
        return
    create = client.chat.completions.create
    run_chat(lambda **more: create(model=model, **more), lambda **more: create(model=model, stream=True, **more))


def run_litellm():
    import litellm

    litellm.drop_params = False
    settings = {"model": f"openai/{model}", "api_base": f"{url}/v1", "api_key": key, "num_retries": 0}
    if case == "embeddings":
        data = litellm.embedding(input=["one", "two"], encoding_format="float", **settings).data
        say(vectors=[item["embedding"] for item in data])
        return
    run_chat(
        lambda **more: litellm.completion(**settings, **more),
        lambda **more: litellm.completion(stream=True, **settings, **more),
    )


def run_anthropic():
    import anthropic

    client = anthropic.Anthropic(base_url=url, api_key=key)
    messages = [{"role": "user", "content": "Oslo, then Rome?"}]
    common = {"model": model, "max_tokens": 1000}
    if case == "plain":
        answer = client.messages.create(messages=messages, **common)
        say(text=answer.content[0].text, input=answer.usage.input_tokens, output=answer.usage.output_tokens)
    elif case == "stream":
        with client.messages.stream(messages=messages, **common) as stream:
            pieces = list(stream.text_stream)
        say(text="".join(pieces), pieces=len(pieces))
    elif case == "tools":
        tools = [{"name": "weather", "description": "Weather", "input_schema": CITY}]
        calls = []
        while True:
            answer = client.messages.create(messages=messages, tools=tools, **common)
            uses = [block for block in answer.content if block.type == "tool_use"]
            if not uses:
                say(text=answer.content[0].text, calls=calls)
                return
            calls += [{"id": use.id, "name": use.name, "arguments": use.input} for use in uses]
            messages.append({"role": "assistant", "content": answer.content})
            results = [{"type": "tool_result", "tool_use_id": use.id, "content": weather(**use.input)} for use in uses]
            messages.append({"role": "user", "content": results})


def run_llama_index():
    from llama_index.core.llms import ChatMessage
    from llama_index.core.tools import FunctionTool
    from llama_index.llms.openai_like import OpenAILike

    settings = {"model": model, "api_base": f"{url}/v1", "api_key": key, "max_retries": 0}
    if case == "embeddings":
        from llama_index.embeddings.openai_like import OpenAILikeEmbedding

        embed = OpenAILikeEmbedding(model_name=model, api_base=f"{url}/v1", api_key=key)
        say(vectors=embed.get_text_embedding_batch(["one", "two"]))
        return
    if case == "completion":
        # Its defaults: a model that it does not know is not a chat model.
        say(text=OpenAILike(**settings).complete("Once upon a time").text)
        return
    llm = OpenAILike(is_chat_model=True, is_function_calling_model=True, context_window=128_000, **settings)
    messages = [ChatMessage(role="user", content="Oslo, then Rome?")]
    if case == "plain":
        answer = llm.chat(messages)
        usage = answer.raw.usage
        say(text=answer.message.content, input=usage.prompt_tokens, output=usage.completion_tokens)
    elif case == "stream":
        pieces = [part.delta or "" for part in llm.stream_chat(messages)]
        say(text="".join(pieces), pieces=len([piece for piece in pieces if piece]))
    elif case == "tools":
        tool = FunctionTool.from_defaults(weather)
        calls = []
        while True:
            answer = llm.chat_with_tools([tool], chat_history=messages)
            asked = llm.get_tool_calls_from_response(answer, error_on_no_tool_call=False)
            if not asked:
                say(text=answer.message.content, calls=calls)
                return
            messages.append(answer.message)
            for call in asked:
                calls.append({"id": call.tool_id, "name": call.tool_name, "arguments": call.tool_kwargs})
                result = weather(**call.tool_kwargs)
                messages.append(ChatMessage(role="tool", content=result, additional_kwargs={"tool_call_id": call.tool_id}))


run = {"openai": run_openai, "litellm": run_litellm, "anthropic": run_anthropic, "llama-index": run_llama_index}[library]
for line in sys.stdin:
    case, model = json.loads(line)
    try:
        run()
    except Exception as error:
        say(error=type(error).__name__, message=str(error)[:500])

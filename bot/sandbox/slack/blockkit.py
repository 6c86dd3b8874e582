"""Block Kit, written by hand from Slack's documentation: what the sandbox refuses.

Limits: https://docs.slack.dev/reference/block-kit/blocks and its neighbours. The vendors' schemas
are a second opinion that only tests have; the sandbox must be strict without them.
"""

from typing import Any

from bot.sandbox.slack.shapes import (
    Check,
    Problems,
    anything,
    boolean,
    items,
    matching,
    number,
    one_of,
    problem,
    record,
    string,
    tagged,
    url,
)

ID = string(255, 1)


def plain(most: int) -> Check:
    """Describe a `plain_text` object of a length."""
    return tagged({"plain_text": record({"text": string(most, 1)}, {"emoji": boolean})}, "text")


def text(most: int) -> Check:
    """Describe a text object of either kind, of a length."""
    return tagged(
        {
            "plain_text": record({"text": string(most, 1)}, {"emoji": boolean}),
            "mrkdwn": record({"text": string(most, 1)}, {"verbatim": boolean}),
        },
        "text",
    )


STYLE = one_of("primary", "danger")
CONFIRM = record(
    {"text": text(300)},
    {"title": plain(100), "confirm": plain(30), "deny": plain(30), "style": STYLE},
)
OPTION = record({"text": plain(75), "value": string(75)}, {"description": plain(75)})
RICH_OPTION = record({"text": text(75), "value": string(75)}, {"description": text(75)})
OVERFLOW_OPTION = record(
    {"text": plain(75), "value": string(75)}, {"description": plain(75), "url": url()}
)
OPTIONS = items(OPTION, 100)
OPTION_GROUPS = items(record({"label": plain(75), "options": OPTIONS}), 100)
PLACEHOLDER = plain(150)
DISPATCH = record(
    {},
    {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)},
)
_ACTION: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM}
_SELECT: dict[str, Check] = {**_ACTION, "placeholder": PLACEHOLDER, "focus_on_load": boolean}
_MULTI: dict[str, Check] = {**_SELECT, "max_selected_items": number(1)}
_WRITTEN: dict[str, Check] = {
    "action_id": ID,
    "placeholder": PLACEHOLDER,
    "focus_on_load": boolean,
    "dispatch_action_config": DISPATCH,
}
_FILTER = record(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 4),
        "exclude_bot_users": boolean,
        "exclude_external_shared_channels": boolean,
    },
)
_CONVERSATIONS: dict[str, Check] = {"default_to_current_conversation": boolean, "filter": _FILTER}


def _static(extra: dict[str, Check]) -> Check:
    shape = record({}, {**extra, "options": OPTIONS, "option_groups": OPTION_GROUPS})

    def check(value: Any, pointer: str) -> Problems:
        yield from shape(value, pointer)
        if ("options" in value) == ("option_groups" in value):
            yield problem("must have either options or option_groups", pointer)

    return check


ELEMENTS: dict[str, Check] = {
    "button": record(
        {"text": plain(75)},
        {
            **_ACTION,
            "value": string(2000),
            "url": url(),
            "style": STYLE,
            "accessibility_label": string(75),
        },
    ),
    "static_select": _static({**_SELECT, "initial_option": OPTION}),
    "multi_static_select": _static({**_MULTI, "initial_options": OPTIONS}),
    "external_select": record(
        {}, {**_SELECT, "initial_option": OPTION, "min_query_length": number(0)}
    ),
    "multi_external_select": record(
        {}, {**_MULTI, "initial_options": OPTIONS, "min_query_length": number(0)}
    ),
    "users_select": record({}, {**_SELECT, "initial_user": string(255, 1)}),
    "multi_users_select": record({}, {**_MULTI, "initial_users": items(string(255, 1), 100)}),
    "channels_select": record(
        {}, {**_SELECT, "initial_channel": string(255, 1), "response_url_enabled": boolean}
    ),
    "multi_channels_select": record({}, {**_MULTI, "initial_channels": items(string(255, 1), 100)}),
    "conversations_select": record(
        {},
        {
            **_SELECT,
            **_CONVERSATIONS,
            "initial_conversation": string(255, 1),
            "response_url_enabled": boolean,
        },
    ),
    "multi_conversations_select": record(
        {}, {**_MULTI, **_CONVERSATIONS, "initial_conversations": items(string(255, 1), 100)}
    ),
    "overflow": record({"options": items(OVERFLOW_OPTION, 5)}, _ACTION),
    "checkboxes": record(
        {"options": items(RICH_OPTION, 10)},
        {**_ACTION, "initial_options": items(RICH_OPTION, 10), "focus_on_load": boolean},
    ),
    "radio_buttons": record(
        {"options": items(RICH_OPTION, 10)},
        {**_ACTION, "initial_option": RICH_OPTION, "focus_on_load": boolean},
    ),
    "datepicker": record(
        {}, {**_SELECT, "initial_date": matching(r"\d{4}-\d\d-\d\d", "a date (YYYY-MM-DD)")}
    ),
    "timepicker": record(
        {},
        {
            **_SELECT,
            "initial_time": matching(r"([01]\d|2[0-3]):[0-5]\d", "a time (HH:mm)"),
            "timezone": string(255, 1),
        },
    ),
    "datetimepicker": record(
        {},
        {
            **_ACTION,
            "focus_on_load": boolean,
            "initial_date_time": number(1_000_000_000, 9_999_999_999),
        },
    ),
    "plain_text_input": record(
        {},
        {
            **_WRITTEN,
            "initial_value": string(3000),
            "multiline": boolean,
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
        },
    ),
    "email_text_input": record({}, {**_WRITTEN, "initial_value": string(3000)}),
    "url_text_input": record({}, {**_WRITTEN, "initial_value": url()}),
    "number_input": record(
        {"is_decimal_allowed": boolean},
        {**_WRITTEN, "initial_value": string(), "min_value": string(), "max_value": string()},
    ),
}
_IMAGE: dict[str, Check] = {"alt_text": string(2000, 1)}
_SOURCE: dict[str, Check] = {"image_url": url(), "slack_file": anything}
IMAGE_ELEMENT = record(_IMAGE, _SOURCE)

_IN_ACTIONS = {
    name: check
    for name, check in ELEMENTS.items()
    if name not in {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
}
_IN_SECTION = {
    **{name: check for name, check in _IN_ACTIONS.items() if name != "datetimepicker"},
    "image": IMAGE_ELEMENT,
}
_IN_INPUT = {n: check for n, check in ELEMENTS.items() if n not in {"button", "overflow"}}
_IN_CONTEXT = {
    "image": IMAGE_ELEMENT,
    "plain_text": record({"text": string(3000, 1)}, {"emoji": boolean}),
    "mrkdwn": record({"text": string(3000, 1)}, {"verbatim": boolean}),
}

_BLOCK: dict[str, Check] = {"block_id": ID}


def _section(value: Any, pointer: str) -> Problems:
    yield from record(
        {},
        {
            **_BLOCK,
            "text": text(3000),
            "fields": items(text(2000), 10),
            "accessory": tagged(_IN_SECTION, "accessory of a section"),
            "expand": boolean,
        },
    )(value, pointer)
    if "text" not in value and "fields" not in value:
        yield problem("missing required field: text or fields", pointer)


def _loose(*required: str) -> Check:
    """Accept a kind of block that pdbot has no use for, if its essentials are there."""

    def check(value: Any, pointer: str) -> Problems:
        for name in required:
            if name not in value:
                yield problem(f"missing required field: {name}", pointer)

    return check


ANYWHERE: dict[str, Check] = {
    "actions": record({"elements": items(tagged(_IN_ACTIONS, "element of actions"), 25)}, _BLOCK),
    "context": record({"elements": items(tagged(_IN_CONTEXT, "element of a context"), 10)}, _BLOCK),
    "divider": record({}, _BLOCK),
    "header": record({"text": plain(150)}, _BLOCK),
    "image": record(_IMAGE, {**_BLOCK, **_SOURCE, "title": plain(2000)}),
    "input": record(
        {"label": plain(2000), "element": tagged(_IN_INPUT, "element of an input")},
        {**_BLOCK, "hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "rich_text": record(
        {
            "elements": items(
                tagged(
                    dict.fromkeys(
                        (
                            "rich_text_section",
                            "rich_text_list",
                            "rich_text_quote",
                            "rich_text_preformatted",
                        ),
                        _loose("elements"),
                    ),
                    "element of rich text",
                ),
                1000,
            )
        },
        _BLOCK,
    ),
    "section": _section,
    "video": _loose("alt_text", "thumbnail_url", "title", "video_url"),
}
IN_MESSAGES: dict[str, Check] = {
    **ANYWHERE,
    "markdown": record({"text": string(12_000, 1)}, _BLOCK),
    "file": _loose("external_id", "source"),
    "table": _loose("rows"),
    "alert": _loose("text"),
    "card": _loose(),
    "context_actions": _loose("elements"),
}

MESSAGE_BLOCKS = items(tagged(IN_MESSAGES, "block of a message"), 50, 0)
VIEW_BLOCKS = items(tagged(ANYWHERE, "block of a view"), 100, 0)

_VIEW: dict[str, Check] = {
    "private_metadata": string(3000),
    "callback_id": string(255),
    "external_id": string(255),
}
VIEWS: dict[str, Check] = {
    "modal": record(
        {"title": plain(24), "blocks": anything},
        {
            **_VIEW,
            "submit": plain(24),
            "close": plain(24),
            "clear_on_close": boolean,
            "notify_on_close": boolean,
            "submit_disabled": boolean,
        },
    ),
    "home": record({"blocks": anything}, _VIEW),
}

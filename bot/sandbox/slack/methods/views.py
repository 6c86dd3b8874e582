"""views.*: modals and Home tabs."""

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.core import Core
from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.records import Json


def _view(core: Core, args: Arguments, kind: str | None) -> Json:
    value = args.decoded("view")
    if value is None:
        raise SlackError("invalid_arguments", ["[ERROR] missing required field: view"])
    return core.inspector.view(value, kind)


def open_modal(core: Core, args: Arguments) -> Json:
    """Open a modal for the person of a trigger; a trigger is used up even by a bad view."""
    user_id = core.modals.exchange(args.needed("trigger_id"))
    return {"view": dict(core.modals.open(user_id, _view(core, args, "modal")))}


def push(core: Core, args: Arguments) -> Json:
    """Put a modal on top of those that are open."""
    user_id = core.modals.exchange(args.needed("trigger_id"))
    return {"view": dict(core.modals.push(user_id, _view(core, args, "modal")))}


def update(core: Core, args: Arguments) -> Json:
    """Replace a view, found by view_id or external_id."""
    view_id, external_id = args.text("view_id"), args.text("external_id")
    if not (view_id or external_id):
        raise SlackError(
            "invalid_arguments", ["[ERROR] missing required field: view_id or external_id"]
        )
    content = _view(core, args, None)
    view = core.modals.find(view_id, external_id)
    return {"view": dict(core.modals.update(view, content, args.text("hash")))}


def publish(core: Core, args: Arguments) -> Json:
    """Replace somebody's Home tab."""
    user_id = args.needed("user_id")
    if user_id not in core.workspace.users:
        raise SlackError("user_not_found")
    content = _view(core, args, "home")
    return {"view": dict(core.modals.publish(user_id, content, args.text("hash")))}

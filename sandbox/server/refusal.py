"""What a vendor throws out a request with: the rule it breaks and the vendor's own wording of the refusal."""

from sandbox.server.surface import Call, Handler, Reply


class Refusal(Exception):
    """A request that is refused, for a rule or, with an empty one, through no fault of the client's.

    detail carries neither secrets nor personal data.
    """

    def __init__(self, rule: str, detail: str, reply: Reply) -> None:
        super().__init__(rule)
        self.rule = rule
        self.detail = detail
        self.reply = reply


def refusing(handler: Handler) -> Handler:
    """Return the handler whose refusals are written down and answered."""

    def answered(call: Call) -> Reply:
        try:
            reply = handler(call)
        except Refusal as refusal:
            if refusal.rule:
                call.broke(refusal.rule, refusal.detail)
            call.did("rejected")
            return refusal.reply
        return reply

    return answered

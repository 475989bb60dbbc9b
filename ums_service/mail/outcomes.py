"""How sending a mail can fail."""


class NotSent(Exception):
    """Root; the text is for an operator."""


class RefusedForGood(NotSent):
    """This mail will never be taken."""


class TryLater(NotSent):
    """This mail may be taken later; others may be taken now."""


class RelayDown(NotSent):
    """The mail server cannot be reached or used: no mail can go out now."""

"""The one kind of error a user is meant to read."""


class UserError(Exception):
    """Bad input or an unusable surrounding, as one sentence: what, where, and what to do.

    The window shows it, the command line prints it and exits with 2. Anything else is a bug and keeps its
    traceback. sentence: what the window shows; options: what follows on the command line, of options that the
    window has buttons and fields for.
    """

    def __init__(self, sentence: str = "", options: str = "") -> None:
        super().__init__(f"{sentence} {options}".rstrip())
        self.sentence = sentence


class OutOfMemory(UserError):
    """There is not enough memory on the device that was used."""


class NobodyFound(UserError):
    """The detector saw no people."""


class Outdated(UserError):
    """What is stored has changed meanwhile so that this can no longer be done, however often it is tried."""


class Cancelled(Exception):
    """The user asked a running job to stop; nothing is left half-done."""

"""XML of strangers, read without document types, and so without entities to expand or fetch."""

from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from core.domain import UserError

DEEPEST = 50


class _Refused(Exception):
    pass


def parse_xml(text: str, name: str) -> Element:
    """Its root. name: the file's, for messages. Raises UserError."""
    builder, parser, depth = TreeBuilder(), expat.ParserCreate(), 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _Refused("it is nested too deeply")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> None:
        raise _Refused("it declares a document type, which annotation files do not")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, refuse
    try:
        parser.Parse(text, True)
        return builder.close()
    except (expat.ExpatError, ParseError, _Refused) as error:
        raise UserError(f"{name} cannot be read as XML ({error}); choose another file.") from error

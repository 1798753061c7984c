"""``python -m export FORMAT ...``, the same as ``mirror export FORMAT ...``: a model of any origin becomes a checked
ONNX file with a card."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from export.formats import FORMATS, load
from mirror.cli import Parser
from mirror.domain import MirrorError


def main(arguments: Sequence[str] | None = None, prog: str = "python -m export") -> int:
    """Exit code: 0 when the model was written, 1 when it was refused (one line on stderr), 2 for wrong use."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    top = Parser(prog=prog, description="A model of any origin becomes a checked ONNX file with a card.")
    formats = top.add_subparsers(title="formats", metavar="FORMAT", required=True, parser_class=Parser)
    asked = given[0] if given else ""
    for name, (_, text) in FORMATS.items():
        if name != asked:
            formats.add_parser(name, help=text, add_help=False)
            continue
        form = load(name)
        parser = formats.add_parser(
            name, help=text, description=form.HELP, epilog=f"example: {form.EXAMPLE}",
        )
        form.add_arguments(parser)
        parser.set_defaults(run=form.run)
    options = top.parse_args(given)
    try:
        return int(options.run(options))
    except MirrorError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())

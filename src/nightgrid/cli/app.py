"""The command's entry: which commands there are, and how every error becomes a sentence and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from nightgrid.cli import book_diff, books, grid, journeys, sell
from nightgrid.cli.screen import BAD_INPUT, FINDING, OK, Screen
from nightgrid.errors import InputError, NightgridError, Refused, RuleBookError

app = typer.Typer(
    name="nightgrid",
    help="Every night of every room of a hotel chain, and its price.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
journeys.register(app)
sell.register(app)
grid.register(app)
book_diff.register(books.app)
app.add_typer(books.app, name="rules")


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            print(f"nightgrid {version('nightgrid')}")
        except PackageNotFoundError:
            print("nightgrid (not installed: run from its source)")
        raise typer.Exit(OK)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Every night of every room of a hotel chain, and its price."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code (0 ok, 1 negative finding, 2 usage or bad input).

    An error of the library is one message on stderr, and with --json also `{"error": {...}}` on stdout.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=given, prog_name="nightgrid")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else (OK if stop.code is None else BAD_INPUT)
    except NightgridError as error:
        return _report(error, "--json" in given)
    except BrokenPipeError:  # the reader of our output has gone (`nightgrid search | head`)
        sys.stderr.close()
        return OK
    except Exception as error:
        cause = _file_trouble(error)
        if cause is None:
            raise
        return _report(cause, "--json" in given)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    return OK


def _file_trouble(error: Exception) -> InputError | None:
    """What the file system or a damaged file did, as a sentence; None for anything else, which is a defect."""
    if isinstance(error, OSError):  # a folder that cannot be written, a disk that is full
        return InputError(f"{error.strerror or error}: {error.filename or 'no file named'}; check path and permissions")
    if type(error).__module__.startswith("polars."):  # a file that is not what its name says
        return InputError(f"a file cannot be read: {str(error).splitlines()[0]}; export it again")
    return None


def _report(error: NightgridError, as_json: bool) -> int:
    code = FINDING if isinstance(error, Refused) else BAD_INPUT
    if as_json:
        content: dict[str, object] = {"kind": type(error).__name__, "message": str(error)}
        if isinstance(error, Refused):
            content |= {"outcome": error.outcome.name, "night": error.night}
        if isinstance(error, RuleBookError):
            content["mistakes"] = books.mistakes_json(error)
        sys.stdout.write(json.dumps({"error": content}, ensure_ascii=False, indent=2) + "\n")
    label = f"refused ({error.outcome.name.lower()}): " if isinstance(error, Refused) else "error: "
    Screen().fault(label + str(error))
    return code

"""Every command of the mirror; nothing but wiring.

Exit codes: 0 ok, 1 the work failed, 2 wrong use. Errors are one plain line on stderr; with ``--json`` one JSON
document is on stdout.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from mirror.config import load_settings
from mirror.domain import CATEGORIES, MirrorError, SizeBelief, SizeKind, UsageError
from mirror.service import live_commands

EXAMPLES = {
    "run": "mirror run --source 0 --kiosk",
    "analyze": "mirror analyze photo.jpg --json --annotate out/ --sizes M,L",
    "bench": "mirror bench --source clip.mp4 --seconds 30 --json",
    "catalog build": "mirror catalog build --items feed.csv --pictures pictures/ --out shop.catalogue",
    "catalog query": "mirror catalog query --catalog shop.catalogue --image shirt.jpg --whole --sizes M,L --json",
    "catalog info": "mirror catalog info shop.catalogue --json",
    "catalog verify": "mirror catalog verify shop.catalogue",
    "catalog push": "mirror catalog push shop.catalogue --to https://qdrant.chain.example:6333 --store oslo-3",
    "catalog pull": "mirror catalog pull --from postgresql://mirror@db.chain.example/chain --store oslo-3 "
                    "--out shop.catalogue",
    **live_commands.EXAMPLES,
    "models list": "mirror models list --json",
    "models verify": "mirror models verify",
    "models engines": "mirror models engines garments --precision fp16",
    "doctor": "mirror doctor --json",
    "preview": "mirror preview photo.jpg --out preview/ --size 1080x1920",
}


class Parser(argparse.ArgumentParser):
    """Wrong use is one line on stderr and exit code 2."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}; see `{self.prog} --help`", file=sys.stderr)
        sys.exit(2)


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. No traceback reaches the user."""
    if list(arguments[:1]) == ["export"]:
        return _export(arguments[1:])
    if list(arguments[:1]) == ["admin"]:
        from mirror.service import admin

        return admin.main(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # the reader of our stdout went away: `mirror ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except MemoryError:
        print("mirror: out of memory; close other programs or give smaller pictures", file=sys.stderr)
        return 1
    except Exception as error:
        if os.environ.get("MIRROR_DEBUG"):
            raise
        print(
            f"mirror: unexpected {type(error).__name__}: {' '.join(str(error).split())}; "
            "set MIRROR_DEBUG=1 to see where, and report it",
            file=sys.stderr,
        )
        return 1


def _parser() -> Parser:
    parser = Parser(prog="mirror", description="The smart mirror for clothing shops.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)

    def command(group: Any, name: str, run: Any, text: str, full: str = "") -> Parser:
        sub = group.add_parser(name, help=text, description=text, epilog=f"example: {EXAMPLES[full or name]}")
        sub.add_argument("--config", type=Path, help="settings as TOML (default: built-in settings)")
        sub.set_defaults(command=run)
        return sub  # type: ignore[no-any-return]

    run = command(commands, "run", _run, "start the mirror")
    run.add_argument("--source", help="0, /dev/video0, clip.mp4, folder/, rtsp://..., gst:PIPELINE, csi:0, demo")
    run.add_argument("--catalog", type=Path, help="catalogue file (default: the configured or the sample one)")
    run.add_argument("--kiosk", action="store_true", help="full screen, no cursor")
    run.add_argument("--headless", action="store_true", help="no window; the same picture is painted off screen")
    run.add_argument("--seconds", type=_positive, help="stop after so long")
    run.add_argument("--consent", choices=("ask", "given", "off"), help="who says yes to being looked at")
    run.add_argument("--sizes", help="declared sizes, e.g. M,L")
    run.add_argument("--size", type=_window_size, metavar="WxH", help="window size, e.g. 1080x1920")
    run.add_argument("--record", type=Path, metavar="OUT.mp4", help="record what the window shows (with a REC sign)")
    run.add_argument("--snapshot", type=Path, metavar="OUT.png", help="picture of what the window showed")
    run.add_argument("--trace", type=Path, metavar="OUT.json", help="who did what when, for chrome://tracing, Perfetto")
    run.add_argument("--engineer", action="store_true", help="start with the engineer view (F12)")

    analyze = command(commands, "analyze", _analyze, "read pictures once, at best quality")
    analyze.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="pictures or folders of pictures")
    analyze.add_argument("--json", action="store_true", help="one JSON document on stdout")
    analyze.add_argument("--annotate", type=Path, metavar="DIR", help="write annotated copies there")
    analyze.add_argument("--sizes", help="declared sizes, e.g. M,L")
    analyze.add_argument("--catalog", type=Path, help="catalogue file (default: the configured or the sample one)")

    bench = command(commands, "bench", _bench, "speed and latency of the live pipeline, painting the real window")
    bench.add_argument("--source", help="as for run (default: demo)")
    bench.add_argument("--catalog", type=Path, help="catalogue file (default: the configured or the sample one)")
    bench.add_argument("--seconds", type=_positive, default=20.0, help="how long to measure (default 20)")
    bench.add_argument("--size", type=_window_size, metavar="WxH", help="window size (default 1080x1920)")
    bench.add_argument("--json", action="store_true", help="one JSON document on stdout")

    preview = command(commands, "preview", _preview, "every screen as contact sheets: sizes x languages x themes")
    preview.add_argument("picture", nargs="?", type=Path, metavar="PICTURE", help="a photo (default: the demo)")
    preview.add_argument("--out", type=Path, default=Path("preview"), metavar="DIR", help="folder (default preview/)")
    preview.add_argument("--catalog", type=Path, help="catalogue file (default: the configured or the sample one)")
    preview.add_argument("--size", type=_window_size, metavar="WxH", help="only this window size")
    preview.add_argument("--language", help="only this language, e.g. zh")
    preview.add_argument("--theme", choices=("light", "dark", "contrast"), help="only this theme")

    catalog = commands.add_parser("catalog", help="build, query and inspect a shop's catalogue")
    catalogs = catalog.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    build = command(catalogs, "build", _catalog_build, "a feed becomes one index file", "catalog build")
    build.add_argument("--items", type=Path, required=True, help="the shop's feed; its kind is told by its beginning")
    build.add_argument(
        "--format", choices=live_commands.FEED_KINDS,
        help="the kind of the feed, when its beginning does not tell",
    )
    build.add_argument("--mapping", type=Path, help="TOML that maps the shop's columns and words")
    build.add_argument("--rejects", type=Path, help="file of the rows left out (default: OUT.rejected.jsonl)")
    build.add_argument("--pictures", type=Path, help="folder or archive (zip, tar, tar.gz) that the feed's pictures "
                                                     "are relative to; not needed for pictures at URLs")
    live_commands.add_picture_urls(build)
    build.add_argument("--out", type=Path, required=True, help="index file to write")
    build.add_argument(
        "--embedder", metavar="NAME", help="a model, a card (.toml), a fitted classic one (.npz), or classic: fit one",
    )
    build.add_argument("--engine", choices=("local", "ray"), default="local", help="ray: a cluster embeds the pictures")
    build.add_argument("--workers", type=_count, help="of --engine ray (default: one for each core of the cluster)")
    build.add_argument("--json", action="store_true", help="one JSON document on stdout")
    query = command(catalogs, "query", _catalog_query, "nearest items for the garments in pictures", "catalog query")
    query.add_argument("--catalog", type=Path, help="catalogue file (default: the configured or the sample one)")
    query.add_argument("--image", type=Path, action="append", required=True, help="may be given more than once")
    query.add_argument("--whole", action="store_true", help="the picture is one garment: do not look for garments")
    query.add_argument("--category", choices=CATEGORIES, help="only items of this category")
    query.add_argument("--sizes", help="any of these sizes in stock, e.g. M,L")
    query.add_argument("--gender", choices=("women", "men"), help="unisex items always count")
    query.add_argument("--price", type=_price_range, metavar="LOW-HIGH", help="only items of this price, e.g. 20-49.90")
    query.add_argument("--explain", metavar="ID", help="why this item is in the answer or not")
    query.add_argument("--embedder", metavar="NAME", help="as for build (default: the catalogue's, or configured one)")
    query.add_argument("-k", type=_count, default=8, help="how many items (default 8)")
    query.add_argument("--json", action="store_true", help="one JSON document on stdout")
    for name, run_it, text in (
        ("info", _catalog_info, "what is in an index file"), ("verify", _catalog_verify, "is an index file whole"),
    ):
        sub = command(catalogs, name, run_it, text, f"catalog {name}")
        sub.add_argument("file", type=Path, metavar="FILE")
        sub.add_argument("--json", action="store_true", help="one JSON document on stdout")

    push = command(catalogs, "push", _catalog_push, "a store's index into the chain's engine", "catalog push")
    push.add_argument("file", type=Path, metavar="FILE", help="the store's index file")
    push.add_argument("--to", metavar="URL", help="Qdrant, Postgres or a folder (default: $MIRROR_CHAIN)")
    pull = command(catalogs, "pull", _catalog_pull, "a store's slice of the chain's engine as local file",
                   "catalog pull")
    pull.add_argument("--from", dest="source", metavar="URL", help="Qdrant, Postgres, folder (default: $MIRROR_CHAIN)")
    pull.add_argument("--out", type=Path, required=True, help="index file to write, also under a running mirror")
    pull.add_argument("--pictures", type=Path, help="folder of the pictures here (default: as pushed)")
    pull.add_argument("--new-embedder", action="store_true", help="also where OUT was built with another embedder")
    for sub in (push, pull):
        sub.add_argument("--store", required=True, metavar="ID", help="the store, e.g. oslo-3")
        sub.add_argument("--json", action="store_true", help="one JSON document on stdout")

    live_commands.add_live_commands(catalogs, command)

    models = commands.add_parser("models", help="the models: list, verify")
    zoo = models.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for name, run_it, text in (
        ("list", _models_list, "every model with task, precisions, sizes and licence"),
        ("verify", _models_verify, "prove every file by its hash and a recorded input and output"),
    ):
        sub = command(zoo, name, run_it, text, f"models {name}")
        sub.add_argument("--json", action="store_true", help="one JSON document on stdout")

    # for `mirror --help`; main() hands the words after it to the export room
    commands.add_parser("admin", help="the shop's settings as a local page with a password", add_help=False)
    commands.add_parser("export", help="a model of any origin becomes a checked ONNX file", add_help=False)

    engines = command(zoo, "engines", _models_engines, "build TensorRT engines ahead of time", "models engines")
    engines.add_argument("names", nargs="*", metavar="NAME", help="models (default: all)")
    engines.add_argument("--precision", choices=("fp16", "fp32", "int8"), help="default: each model's own")
    engines.add_argument("--provider", choices=("tensorrt", "ort-tensorrt"), default="tensorrt", help="who runs them")
    engines.add_argument("--models", type=Path, metavar="FOLDER", help="models folder (default: the configured one)")
    engines.add_argument("--workspace", type=_megabytes, metavar="MB", help="most scratch memory (default 1024)")
    what = engines.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="what is in the cache, and does it fit this device")
    what.add_argument("--clean", action="store_true", help="remove stale, damaged and unfinished engines")
    engines.add_argument("--json", action="store_true", help="one JSON document on stdout")

    doctor = command(commands, "doctor", _doctor, "is everything there that the mirror needs")
    doctor.add_argument("--gpu", action="store_true", help="build, compare and time every model on this device's GPU")
    doctor.add_argument("--json", action="store_true", help="one JSON document on stdout")
    return parser


def _export(arguments: Sequence[str]) -> int:
    """Conversions are no part of the running mirror: their room is opened by name, only for this command."""
    try:
        return int(importlib.import_module("export.__main__").main(arguments, prog="mirror export"))
    except ModuleNotFoundError as error:
        print(f"mirror: export needs the package '{error.name}': pip install 'smart-mirror[export]'", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    overrides: dict[str, dict[str, Any]] = {}
    if options.source:
        overrides.setdefault("camera", {})["source"] = options.source
    if options.consent:
        overrides.setdefault("privacy", {})["consent"] = options.consent
    if options.kiosk:
        overrides.setdefault("ui", {})["kiosk"] = True
    settings = load_settings(options.config, overrides=overrides)
    from mirror.service.live import run_mirror

    # a kill from the shop's supervisor ends like Ctrl+C: threads joined, the recording closed
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run_mirror(
        settings, catalogue=options.catalog, headless=options.headless, seconds=options.seconds, size=options.size,
        record=options.record, snapshot=options.snapshot, engineer=options.engineer,
        declared=declared_sizes(options.sizes), trace=options.trace,
    )


def _analyze(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    declared = declared_sizes(options.sizes)
    from mirror.service.stills import analyze_pictures

    return analyze_pictures(
        options.images, settings, catalogue=options.catalog, declared=declared, annotate_to=options.annotate,
        as_json=options.json,
    )


def _bench(options: argparse.Namespace) -> int:
    overrides: dict[str, dict[str, Any]] = {"privacy": {"consent": "given"}}
    if options.source:
        overrides["camera"] = {"source": options.source}
    settings = load_settings(options.config, overrides=overrides)
    from mirror.service.bench import bench, bench_table

    document = bench(settings, catalogue=options.catalog, seconds=options.seconds, size=options.size)
    print(json.dumps(document) if options.json else bench_table(document))
    return 0


def _preview(options: argparse.Namespace) -> int:
    overrides = {"ui": {"language": options.language}} if options.language else {}
    settings = load_settings(options.config, overrides=overrides)  # a language without copy is refused here
    from mirror.service.preview import preview

    return preview(
        settings, options.picture, options.out, catalogue=options.catalog,
        sizes=(options.size,) if options.size else (), languages=(options.language,) if options.language else (),
        themes=(options.theme,) if options.theme else (),
    )


def _catalog_build(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    from mirror.service.shop import build_catalogue

    return build_catalogue(
        settings, options.items, options.pictures, options.out, embedder=options.embedder, as_json=options.json,
        format=options.format, mapping=options.mapping, rejects=options.rejects, engine=options.engine,
        workers=options.workers, urls=options.picture_urls, hosts=options.picture_host,
    )


def _catalog_query(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    from mirror.service.shop import query_catalogue

    return query_catalogue(
        settings, options.image, catalogue=options.catalog, whole=options.whole, category=options.category,
        sizes=_labels(options.sizes), gender=options.gender, k=options.k, as_json=options.json,
        price=options.price, explain=options.explain, embedder=options.embedder,
    )


def _catalog_info(options: argparse.Namespace) -> int:
    from mirror.service.shop import describe_catalogue

    return describe_catalogue(options.file, as_json=options.json)


def _catalog_verify(options: argparse.Namespace) -> int:
    from mirror.service.shop import verify_catalogue

    return verify_catalogue(options.file, as_json=options.json)


def _catalog_push(options: argparse.Namespace) -> int:
    from mirror.service.chain import push_catalogue

    return push_catalogue(options.file, options.to, options.store, as_json=options.json)


def _catalog_pull(options: argparse.Namespace) -> int:
    from mirror.service.chain import pull_catalogue

    return pull_catalogue(
        options.source, options.store, options.out, pictures=options.pictures, new_embedder=options.new_embedder,
        as_json=options.json,
    )


def _models_list(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    from mirror.runtime.zoo import list_models, models_table
    from mirror.service.places import models_folder, own_folder

    rows = list_models(models_folder(settings), own_folder(settings))
    print(json.dumps({"models": rows}) if options.json else models_table(rows))
    return 0


def _models_verify(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    from mirror.runtime.zoo import verified_table, verify_models
    from mirror.service.places import models_folder, own_folder

    rows = verify_models(models_folder(settings), settings.models.provider, own_folder(settings))
    print(json.dumps({"models": rows}) if options.json else verified_table(rows))
    return 0 if all(row["ok"] for row in rows) else 1


def _models_engines(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    from mirror.runtime.engine_build import WORKSPACE_MB
    from mirror.runtime.manifest import Manifest
    from mirror.service import engines
    from mirror.service.places import models_folder, own_folder

    manifest = Manifest.load(options.models or models_folder(settings), own_folder(settings))
    if options.list or options.clean:
        act, table = (
            (engines.list_engines, engines.list_table) if options.list else
            (engines.clean_engines, engines.clean_table)
        )
        document = act(manifest, options.names)
    else:
        # inside of TensorRT Python hears no Ctrl+C for minutes; a build that dies leaves nothing half
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        table = engines.build_table
        document = engines.build_engines(
            manifest, options.names, precision=options.precision, provider=options.provider,
            workspace_mb=options.workspace or WORKSPACE_MB,
        )
    print(json.dumps(document) if options.json else table(document))
    return 0 if all(row.get("ok", True) for row in document.get("engines", ())) else 1


def _doctor(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    if options.gpu:
        from mirror.service.gpu import examine_gpu, gpu_table

        signal.signal(signal.SIGINT, signal.SIG_DFL)  # as for models engines
        told = examine_gpu(settings)
        print(json.dumps(told) if options.json else gpu_table(told))
        return 0 if told["status"] == "ok" else 1
    from mirror.service import doctor

    findings = doctor.examine(settings)
    if options.json:
        print(json.dumps(doctor.document(findings)))
    else:
        for finding in findings:
            mend = f"\n{'':24}-> {finding.mend}" if finding.mend else ""
            print(f"{finding.status:8} {finding.name:14} {finding.says}{mend}")
    return 1 if any(f.status == "failure" for f in findings) else 0


def declared_sizes(text: str | None) -> dict[SizeKind, SizeBelief] | None:
    """Sizes said by a person, e.g. "M,L" or "M,38": letters go for tops and bottoms, numbers for shoes as well.

    Raises:
        UsageError: a label that no size system here has.
    """
    labels = _labels(text)
    if not labels:
        return None
    numbers = tuple(label for label in labels if label.isdigit())
    kinds: dict[SizeKind, tuple[str, ...]] = {"tops": labels, "bottoms": labels, "shoes": numbers}
    return {kind: {label: 1 / len(some) for label in some} for kind, some in kinds.items() if some}


def _labels(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    from catalog.schema import size_label

    labels = tuple(size_label(part) for part in text.split(",") if part.strip())
    if not labels:
        raise UsageError("--sizes is empty; write for example --sizes M,L")
    return labels


def _price_range(text: str) -> tuple[float, float]:
    low, _, high = text.partition("-")
    try:
        return float(low), float(high)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be written as 20-49.90, not {text}") from None


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e7:
        raise argparse.ArgumentTypeError(f"must be more than 0, not {text}")
    return value


def _megabytes(text: str) -> int:
    value = int(text)
    if not 16 <= value <= 1 << 20:
        raise argparse.ArgumentTypeError(f"must lie in 16..{1 << 20}, not {text}")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 1000:
        raise argparse.ArgumentTypeError(f"must lie in 1..1000, not {text}")
    return value


def _window_size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()) or not (240 <= int(width) <= 7680 and 240 <= int(height) <= 7680):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 1080x1920")
    return int(width), int(height)


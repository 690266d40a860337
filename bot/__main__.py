"""The command line: `python -m bot …`, also installed as `netral`. Reads words, calls the program, holds no logic."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy.engine import make_url

from bot import logs
from bot.settings import BadSettings, Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 when it went well, 1 when there is something to mend, 2 when the call or the environment is wrong."""
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ)
    except BadSettings as error:
        print("Pengaturan keliru:\n" + "\n".join(f"  - {fault}" for fault in error.faults), file=sys.stderr)
        return 2
    settings = replace(settings, knowledge=Path(options.knowledge) if options.knowledge else _knowledge())
    logs.set_up(settings.log_level, settings.secrets, settings.log_format)
    try:
        code: int = options.run(options, settings)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"Tidak dapat dibuka atau ditulis: {error.filename or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except SystemExit as stopped:  # uvicorn ends so when it cannot have the port
        if stopped.code:
            print(f"Tidak dapat memakai port {settings.port}; mungkin sedang dipakai program lain. Setel PORT ke angka lain.", file=sys.stderr)
        return 2
    except Exception as error:
        if type(error).__module__.split(".")[0] not in ("sqlalchemy", "psycopg", "sqlite3", "alembic"):
            raise
        if settings.database.startswith("sqlite") and type(error).__name__ == "DatabaseError":
            print(f"Berkas basis data rusak: {make_url(settings.database).database}. Berkas itu dibiarkan apa adanya.", file=sys.stderr)
            print("Pindahkan berkas itu, lalu pulihkan cadangan: python -m bot restore CADANGAN", file=sys.stderr)
            return 2
        # The message of a database error may hold its address and what was asked: only the kind is told.
        print(f"Basis data tidak dapat dipakai ({type(error).__name__}). Periksa DATABASE_URL dan apakah servernya hidup.", file=sys.stderr)
        return 2
    return code


def run(options: argparse.Namespace, settings: Settings) -> int:
    from bot.app import serve
    from bot.usecases.library import NoRulebook

    if not settings.token:
        print("Tanpa TELEGRAM_BOT_TOKEN: hanya halaman web. Untuk Telegram: minta token ke @BotFather lalu")
        print("  TELEGRAM_BOT_TOKEN=… make run", flush=True)
    try:
        asyncio.run(serve(settings, options.host))
    except NoRulebook as error:
        return _tell_problems(error.assembly.problems)
    return 0


def ask(options: argparse.Namespace, settings: Settings) -> int:
    from bot.app import clock, open_library, opened
    from bot.core.messages import Teller
    from bot.usecases.ask import Asking, Reply
    from bot.usecases.library import Library, NoRulebook
    from bot.usecases.report import as_record, as_text
    from bot.usecases.silent import SilentLog

    def show(library: Library, asking: Asking, question: str) -> Reply:
        reply = asking.ask(question, "baris-perintah")
        teller = Teller(library.shelf.rulebook, "id") if options.explain else None
        print(json.dumps(as_record(question, reply), ensure_ascii=False) if options.json else as_text(reply, teller), flush=True)
        return reply

    async def logged(question: str) -> None:
        async with opened(settings) as parts:
            await parts.product.asking.record(show(parts.product.library, parts.product.asking, question))

    try:
        if options.batch:
            # A batch is a measurement, not people asking: it leaves no rows.
            library = open_library(settings)
            asking = Asking(library, SilentLog(), clock)
            with open(0, "rb", closefd=False) if options.batch == "-" else Path(options.batch).open("rb") as lines:
                for line in lines:
                    show(library, asking, line.decode("utf-8-sig", errors="replace").rstrip("\r\n"))
        elif options.question:
            asyncio.run(logged(" ".join(options.question)))
        else:
            print("Tulis pertanyaannya, atau --batch BERKAS.", file=sys.stderr)
            return 2
    except NoRulebook as error:
        return _tell_problems(error.assembly.problems)
    return 0


def evaluate(options: argparse.Namespace, settings: Settings) -> int:
    from bot.app import clock, open_library
    from bot.usecases.ask import Asking
    from bot.usecases.baselines import measure
    from bot.usecases.evaluate import compare, examples_of, judge, tell
    from bot.usecases.silent import SilentLog

    try:
        examples = [example for name in options.files for example in examples_of(name, Path(name).read_bytes())]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    library = open_library(settings)
    figures = judge(Asking(library, SilentLog(), clock), examples)
    rulebook = library.shelf.rulebook
    print(tell(figures, misses=options.misses, topics={rule.id: rule.topic for rule in rulebook.rules.values()} if options.topics else None))
    if options.baselines:
        print("\nBandingan atas frasa yang sama:")
        print(compare(figures, {base.name: (base.figures, base.milliseconds) for base in measure(rulebook, examples, clock().date())}))
    return 0


def tune(options: argparse.Namespace, settings: Settings) -> int:
    from bot.app import clock, open_library
    from bot.core import thresholds
    from bot.usecases.evaluate import examples_of, tell
    from bot.usecases.tune import Tuner, rewritten, tell_tuned

    try:
        examples = [example for name in options.files for example in examples_of(name, Path(name).read_bytes())]
        unseen = [example for name in options.report for example in examples_of(name, Path(name).read_bytes())]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    tuner = Tuner(open_library(settings), clock())
    tuned = tuner.search(examples)
    print(tell_tuned(tuned))
    for title, some in (("soal penyetel", examples), ("soal yang tidak dipakai menyetel", unseen)):
        if some:
            print(f"\n{title}, ambang lama:\n{tell(tuner.figures(tuned.before, some))}")
            print(f"\n{title}, ambang baru:\n{tell(tuner.figures(tuned.after, some))}")
    file = Path(thresholds.__file__)
    if not tuned.changes:
        print("\nTidak ada ambang yang perlu diubah.")
    elif options.write:
        file.write_text(rewritten(file.read_text(encoding="utf-8"), tuned), encoding="utf-8")
        print(f"\n{len(tuned.changes)} ambang ditulis ke {file}.")
    else:
        print(f"\nUbah di {file} (atau ulangi dengan --write):")
        print("\n".join(f"    {name}: float = {new!r}" for name, (_, new) in tuned.changes.items()))
    return 0


def check(options: argparse.Namespace, settings: Settings) -> int:
    from bot.core.assembly import assemble
    from bot.storage.folder import read_folder

    assembly = assemble(read_folder(settings.knowledge))
    if not assembly.problems and assembly.rulebook:
        print(f"Buku aturan baik: {len(assembly.rulebook.rules)} aturan, {len(assembly.rulebook.sources)} sumber, versi {assembly.rulebook.version}.")
        return 0
    return _tell_problems(assembly.problems)


def schema(options: argparse.Namespace, settings: Settings) -> int:
    from bot.core.schema import schemas

    folder = settings.knowledge / "_skema"
    folder.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(schemas())} skema ditulis ke {folder}.")
    return 0


def export(options: argparse.Namespace, settings: Settings) -> int:
    from bot.app import live_documents
    from bot.storage.folder import write_folder

    documents = asyncio.run(live_documents(settings))
    written = write_folder(Path(options.target), documents)
    print(f"{written} berkas ditulis ke {options.target}; {len(documents) - written} sudah sama.")
    return 0


def migrate(options: argparse.Namespace, settings: Settings) -> int:
    from bot.storage.database import migrate_now

    migrate_now(settings.database)
    print("Basis data sudah pada bentuk terbaru.")
    return 0


def backup(options: argparse.Namespace, settings: Settings) -> int:
    from bot.storage.backup import backup_now

    contents = backup_now(settings.database, Path(options.target))
    print(f"{contents.rows} baris dari {len(contents.tables)} tabel ditulis ke {options.target}.")
    return 0


def restore(options: argparse.Namespace, settings: Settings) -> int:
    from bot.storage.backup import BadBackup, restore_now

    try:
        contents = restore_now(settings.database, Path(options.source), replace=options.replace)
    except BadBackup as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{contents.rows} baris dari {len(contents.tables)} tabel dipulihkan.")
    print("Staf kembali dengan peran saat cadangan dibuat: periksa /kelola/staf. Semua orang masuk ulang dengan tautan baru.")
    return 0


def bench(options: argparse.Namespace, settings: Settings) -> int:
    from bot.bench.processes import Failed
    from bot.bench.run import bench

    try:
        report = bench(settings, options.only, options.rounds, [int(size) for size in options.sizes.split(",")], options.seconds)
    except Failed as error:
        print(f"FAULT: {error}", file=sys.stderr)
        return 1
    print(report.tables())
    if options.json:
        Path(options.json).write_text(report.as_json() + "\n", encoding="utf-8")
    return 1 if report.faults else 0


def _tell_problems(problems: Iterable[object]) -> int:
    listed = list(problems)
    for problem in listed:
        print(problem)
    blocking = sum(getattr(problem, "severity", "") == "galat" for problem in listed)
    print(f"{blocking} galat, {len(listed) - blocking} peringatan.")
    return 1 if blocking else 0


def _knowledge() -> Path:
    """The rulebook folder: here, or beside the installed program."""
    here = Path("knowledge")
    return here if here.is_dir() else Path(__file__).resolve().parent.parent / "knowledge"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="netral", description="Tanya Netral: apa yang boleh bagi ASN di masa politik.")
    parser.add_argument("--knowledge", metavar="FOLDER", help="folder buku aturan (bawaan: knowledge)")
    commands = parser.add_subparsers(required=True, metavar="PERINTAH")

    def add(name: str, function: object, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=function)
        return command

    running = add("run", run, "menjawab di web, dan di Telegram bila ada token")
    running.add_argument(
        "--host", default="127.0.0.1", metavar="ALAMAT", help="alamat yang didengarkan; 0.0.0.0 di balik server lain (bawaan: hanya mesin ini)"
    )
    one = add("ask", ask, "menjawab satu pertanyaan, atau banyak dari berkas")
    one.add_argument("question", nargs="*", help="pertanyaannya")
    one.add_argument("--json", action="store_true", help="satu objek JSON per pertanyaan")
    one.add_argument("--batch", metavar="BERKAS", help="satu pertanyaan per baris; - untuk masukan baku")
    one.add_argument("--explain", action="store_true", help="tampilkan mengapa aturan ini yang dipilih")
    measured = add("eval", evaluate, "mengukur jawaban terhadap pertanyaan uji (YAML atau CSV)")
    measured.add_argument("files", nargs="+", metavar="BERKAS", help="misalnya knowledge/uji/*-uji.yaml")
    measured.add_argument("--topics", action="store_true", help="angka per topik")
    measured.add_argument("--baselines", action="store_true", help="bandingkan dengan rank-bm25 polos, bm25s, SQLite FTS5, dan TF-IDF")
    measured.add_argument("--misses", type=int, default=10, help="berapa kekeliruan yang ditampilkan (bawaan: 10)")
    tuned = add("tune", tune, "mencari ambang yang paling murah kelirunya pada pertanyaan uji")
    tuned.add_argument("files", nargs="+", metavar="BERKAS", help="untuk menyetel, misalnya knowledge/uji/*-latih.yaml")
    tuned.add_argument("--report", nargs="+", default=[], metavar="BERKAS", help="hanya untuk melaporkan, misalnya knowledge/uji/*-uji.yaml")
    tuned.add_argument("--write", action="store_true", help="tulis ambang yang baru ke bot/core/thresholds.py")
    benched = add("bench", bench, "mengukur kecepatan dan memori di samping program lain (untuk pengembang; tabelnya berbahasa Inggris)")
    benched.add_argument(
        "--only",
        default="abcd",
        metavar="BAGIAN",
        help="a: bot gema, b: pencarian, c: banyak proses, d: mulai dan diam, e: beban tetap yang lama (bawaan: abcd)",
    )
    benched.add_argument("--rounds", type=int, default=5, help="berapa kali bergantian (bawaan: 5)")
    benched.add_argument("--sizes", default="1,10,100", help="berapa kali lipat buku aturan (bawaan: 1,10,100)")
    benched.add_argument("--seconds", type=float, default=10, help="detik setiap beban (bawaan: 10)")
    benched.add_argument("--json", metavar="BERKAS", help="tulis semua angka, setiap putaran, ke berkas JSON")
    add("check", check, "memeriksa seluruh buku aturan dan menyebut semua masalahnya")
    add("schema", schema, "menulis JSON Schema untuk penyunting teks")
    exported = add("export", export, "menulis buku aturan yang berlaku ke sebuah folder")
    exported.add_argument("target", nargs="?", default="knowledge", help="folder tujuan")
    saved = add("backup", backup, "menulis basis data ke satu berkas selagi bot berjalan, tanpa tautan dan sesi masuk")
    saved.add_argument("target", metavar="BERKAS", help="berkas tujuan, misalnya netral.zip")
    restored = add("restore", restore, "mengisi basis data dari sebuah cadangan; hentikan bot dahulu")
    restored.add_argument("source", metavar="BERKAS", help="berkas yang ditulis backup")
    restored.add_argument("--replace", action="store_true", help="hapus dahulu isi basis data yang ada")
    add("migrate", migrate, "menyiapkan atau memperbarui basis data")
    return parser


if __name__ == "__main__":
    sys.exit(main())

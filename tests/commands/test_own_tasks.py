"""Tasks that are made for a run: as many as asked for, each by itself."""

from commands import flags, own_tasks
from commands.text_run import TextRun


def test_a_task_is_asked_in_one_language(untrained_text):
    """So that halves of a list, and seeds of a bootstrap, share no behaviour."""
    argv = ("judges", f"--workdir={untrained_text}", "--language=python,go,rust")
    line = flags.parse(["main.py", *argv, "--level=1"])
    found = own_tasks.challenges(line, TextRun.of(line), "validation", 0, 7)
    ids = [one.id for one in found]
    languages = [one.language for one in found]
    assert languages == ["python", "go", "rust", "python", "go", "rust", "python"]
    tasks = {id.rpartition("-")[0] for id in ids}
    assert len(tasks) == 7 and not tasks & set(ids)

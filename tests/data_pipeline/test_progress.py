"""What is said of work that takes long, where nobody watches a bar."""

from data_pipeline.progress import Progress


def lines(capsys, monkeypatch, progress, calls):
    monkeypatch.setattr(Progress, "_SECONDS_BETWEEN_LINES", 0.0)
    now = iter(range(100, 1000, 10))
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    progress = Progress(*progress)
    with progress as told:
        for call in calls:
            told(*call)
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


def test_the_time_left_follows_from_what_was_done(capsys, monkeypatch):
    calls = [(1000, 5000), (2000, 5000), (5000, 5000)]
    assert lines(capsys, monkeypatch, ("Proving",), calls) == [
        "Proving: 1,000 of 5,000",
        "Proving: 2,000 of 5,000, 0:00:30 left",
        "Proving: 5,000 of 5,000, 0:00:00 left",
    ]


def test_bytes_have_a_speed_and_may_have_no_end(capsys, monkeypatch):
    calls = [(10**6, None), (21 * 10**6, None), (31 * 10**6, 1231 * 10**6)]
    assert lines(capsys, monkeypatch, ("a.csv", True), calls) == [
        "a.csv: 1 MB at 0.0 MB/s",
        "a.csv: 21 MB at 2.0 MB/s",
        "a.csv: 31 of 1,231 MB at 1.5 MB/s, 0:13:20 left",
    ]


def test_it_speaks_only_now_and_then(capsys):
    with Progress("Thinking") as progress:
        for done in range(100):
            progress(done, 100)
    assert capsys.readouterr().err == ""

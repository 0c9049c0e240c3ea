"""Every mistake on the command line gets one sentence that names it and its mend."""

import json

import pytest

from commands import flags, known
from configs import default
from data_pipeline.schema import UserError
from hrm_jax import saved_config


def parse(*words):
    return flags.parse(["main.py", *words])


@pytest.fixture
def workdir(tmp_path):
    """A run with a narrow model."""
    config = default.get_config().copy_and_resolve_references()
    config.model.width = 64
    saved_config.save(config, tmp_path / "run")
    return tmp_path / "run"


def test_without_a_command_it_trains_the_default():
    line = parse()
    assert line.command == "train" and line.workdir is None
    assert not saved_config.differences(line.config, default.get_config())


def test_overrides_are_typed_and_known_from_the_preset():
    line = parse(
        "evaluate",
        "--config.slots=8",
        "--config.optim.learning_rate=1",
        "--config.data.augment=false",
        "--config.model.attention_scopes=row,all",
        "--config.optim.no_decay=('bias',)",
        "--config.data.directory",
        "elsewhere",
        "-config.data.train_csv=",
    )
    config = line.config
    assert (config.slots, config.optim.learning_rate) == (8, 1.0)
    assert isinstance(config.optim.learning_rate, float)
    assert config.data.augment is False
    assert config.model.attention_scopes == ("row", "all")
    assert config.optim.no_decay == ("bias",)
    assert (config.data.directory, config.data.train_csv) == ("elsewhere", "")
    changed = saved_config.differences(config, line.preset)
    assert changed["slots"] == (8, default.get_config().slots)
    assert changed["model.attention_scopes"][0] == ["row", "all"]


def test_what_depends_on_a_field_follows_it():
    """The window of the gradient grows with the calls that there are."""
    longer = parse("--config.model.l_cycles=9").config.model
    assert longer.gradient_window > default.get_config().model.gradient_window
    assert parse("--config.model.gradient_window=2").config.model.gradient_window == 2


def test_the_run_in_the_workdir_gives_the_config(workdir):
    for command in known.takers("workdir"):
        line = parse(command, f"--workdir={workdir}", "--config.train.steps=7")
        assert (line.config.model.width, line.config.train.steps) == (64, 7)
        assert isinstance(line.config.model.attention_scopes, tuple)
    preset = parse("--config=configs/default.py", f"--workdir={workdir}").config
    assert preset.model.width == default.get_config().model.width != 64


def test_presets_take_their_name_after_a_colon():
    config = parse("--config", "configs/sudoku_extreme.py:trm_mlp").config
    assert config.model.mixer == "mlp"


def test_words_that_look_like_commands_are_not_mistaken():
    assert parse("--workdir", "solve").command == "train"
    assert parse("solve", "-", "12").arguments == ["-", "12"]


MISTAKES = [
    (["trian"], "no command 'trian'; did you mean train?"),
    (["xyz"], "no command 'xyz'; there are train, evaluate"),
    (["train", "1234"], "`train` takes no argument, but '1234'"),
    (["--wrkdir=runs"], "no flag --wrkdir; did you mean --workdir?"),
    (["--zzz"], "no flag --zzz; see python main.py --help"),
    (["--profile=maybe"], "--profile=maybe gives a value to a switch"),
    (["--workdir"], "Missing value for flag --workdir"),
    (["--config"], "--config needs a file"),
    (["--config=configs/defalt.py"], "no config 'configs/defalt.py'; did you mean"),
    (["--config=nowhere/else"], "no config 'nowhere/else'; there are configs/"),
    (["--config=configs/sudoku_extreme.py:hmr"], "no preset 'hmr'; it has tiny, hrm"),
    (["--config.modle.width=1"], "no field 'modle.width'; did you mean .*model.width"),
    (["--config.width=1"], "no field 'width'; did you mean --config.model.width?"),
    (["--config.model.widht=1"], "no field 'model.widht'; did you .*model.width"),
    (["--config.optim.zz=1"], "no field 'optim.zz'; optim has .*learning_rate"),
    (["--config.qq=1"], "no field 'qq'; it has .*model"),
    (["--config.model=1"], "'model' is a group of fields"),
    (["--config.slots=eight"], "slots must be a whole number, such as .*is 'eight'"),
    (["--config.slots=1.5"], "slots must be a whole number"),
    (["--config.slots"], "slots must be a whole number, .*is nothing"),
    (["--config.optim.b1=nan"], "b1 must be a number, such as .*'nan'"),
    (["--config.data.augment=maybe"], "augment must be true or false"),
    (["--config.optim.no_decay=(1,"], "no_decay must be texts with commas"),
    (["--config.optim.no_decay=(1,2)"], "no_decay must be texts with commas"),
]


@pytest.mark.parametrize(("words", "sentence"), MISTAKES, ids=lambda value: str(value))
def test_mistakes_are_named(words, sentence):
    with pytest.raises(UserError, match=sentence) as found:
        parse(*words)
    assert "\n" not in str(found.value)


PRESETS = [
    ("def get_config():\n  return foo", "raises NameError at line 2: name 'foo'"),
    ("def get_config(:", "no Python at line 1"),
    ("import no_such_module", "raises ModuleNotFoundError at line 1"),
    ("x = 1", "raises KeyError: 'get_config'"),
    ("def get_config():\n  return {}", "must return a ConfigDict"),
    ("def get_config():\n  raise SystemError('bad\\nworse')", "SystemError at line 2"),
]


CHANGES = [
    ("c.train.stpes = 5", r"train\.stpes, .* did you mean train\.steps\?"),
    ("c.colour = 5", "sets the field colour, .* leave it out"),
    ("c.train = {'steps': 5}", r"lacks the field train\.depth_steps"),
    ("with c.ignore_type(): c.slots = '8'", "slots = '8', but it must be a whole"),
    ("with c.ignore_type(): c.slots = True", "slots = True, but it must be a whole"),
    ("c.optim.b1 = float('inf')", r"optim\.b1 = inf, but it must be a number"),
    ("c.data.languages = (3,)", r"data\.languages = \(3,\), but it must be texts"),
]
PRESETS += [
    (
        "from configs import default\n"
        f"def get_config():\n  c = default.get_config()\n  {change}\n  return c",
        sentence,
    )
    for change, sentence in CHANGES
]


def test_a_preset_may_compute_its_numbers(tmp_path):
    path = tmp_path / "preset.py"
    path.write_text(
        "import numpy as np\nfrom configs import default\n"
        "def get_config():\n  c = default.get_config()\n"
        "  c.optim.b1 = np.sqrt(0.81)\n  c.optim.b2 = 0\n  return c"
    )
    line = parse("train", f"--config={path}")
    assert (line.config.optim.b1, line.config.optim.b2) == (0.9, 0.0)


@pytest.mark.parametrize(("text", "sentence"), PRESETS)
def test_a_broken_preset_says_where(text, sentence, tmp_path):
    path = tmp_path / "preset.py"
    path.write_text(text)
    with pytest.raises(UserError, match=sentence) as found:
        parse(f"--config={path}")
    assert str(path) in str(found.value) and "\n" not in str(found.value)


def test_a_preset_in_another_folder_works(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from configs import default\n"
        "def get_config():\n"
        "  config = default.get_config()\n"
        "  config.slots = 16\n"
        "  return config\n"
    )
    assert parse(f"--config={path}").config.slots == 16


def test_a_command_that_needs_a_run_says_so(tmp_path, workdir):
    with pytest.raises(UserError, match="add --workdir"):
        _ = parse("solve").run
    with pytest.raises(UserError, match="holds no run .*main.py train"):
        parse("solve", f"--workdir={tmp_path / 'nothing'}")
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UserError, match="holds no run"):
        parse("solve", f"--workdir={file}")
    path = workdir / saved_config.CONFIG_FILE
    path.write_text(path.read_text()[:100])
    with pytest.raises(UserError, match="is damaged"):
        parse("solve", f"--workdir={workdir}")


def test_a_run_of_another_version_is_refused(workdir):
    path = workdir / saved_config.CONFIG_FILE
    fields = json.loads(path.read_text())
    del fields["model"]["width"]
    path.write_text(json.dumps(fields))
    with pytest.raises(UserError, match="lacks the field model.width: another version"):
        parse("train", f"--workdir={workdir}")


def test_help_names_every_command_and_flag():
    text = flags.help_text()
    for name in (*flags.COMMANDS, "--config=", "--workdir=", "--latest", "--json"):
        assert name in text
    assert max(map(len, text.splitlines())) <= 90
    for name in (*known.STRINGS, *known.SWITCHES):
        assert f"  --{name}" in text
    assert flags.asks_for_help(["main.py", "solve", "--help"])
    assert flags.asks_for_help(["main.py", "help"])
    assert not flags.asks_for_help(["main.py", "train"])


def test_help_of_a_command_names_its_flags_alone():
    for command in flags.COMMANDS:
        text = flags.help_text([command, "--help"])
        assert text.startswith(f"python main.py {command} ")
        assert max(map(len, text.splitlines())) <= 90
        told = {word for word in text.split() if word.startswith("--")}
        names = {word.strip("=") for word in told if "config" not in word}
        wanted = {
            f"--{name}"
            for name in (*known.STRINGS, *known.SWITCHES)
            if command in known.takers(name)
        }
        assert names >= wanted, command
    assert "--samples" not in flags.help_text(["train", "--help"])


def test_a_home_is_meant_as_shells_mean_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    line = parse("agent", "--repo=~/code", "--task=~/say it", "--workdir=~/runs/a")
    assert line.flags.repo == f"{tmp_path}/code"
    assert line.workdir == tmp_path / "runs" / "a" and line.flags.task == "~/say it"
    assert set(known.PATHS) <= known.STRINGS.keys()


def test_every_command_that_takes_a_flag_is_one():
    for name in (*known.STRINGS, *known.SWITCHES):
        assert set(known.takers(name)) <= set(flags.COMMANDS), name


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--gold"], "`train` takes no --gold, which is of benchmark: leave it out"),
        (["evolve", "--host=here"], "takes no --host, which is of serve: leave it"),
        (["fetch", "--workdir=runs/a", "arc1"], "`fetch` takes no --workdir, which is"),
        (
            ["search", "--temperature=1"],
            "give --settings=FILE.json in place of configs",
        ),
        (["solve", "--samples="], "`solve` takes no --samples"),
    ],
)
def test_a_flag_that_a_command_would_not_hear_is_refused(words, told):
    with pytest.raises(UserError) as caught:
        parse(*words)
    assert told in str(caught.value) and "--help has its flags)." in str(caught.value)

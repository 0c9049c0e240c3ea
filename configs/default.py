"""Every field and its meaning; a preset is a short delta on this.

The values are those of a small reasoner with the structure of Sudoku built into its
attention, which a CPU trains in minutes on generated puzzles (configs/demo.py takes
more steps with fewer cycles first).

    python main.py --workdir=runs/sudoku
"""

from ml_collections import ConfigDict

from configs import Config


def get_config() -> Config:
    config = ConfigDict()

    # Examples worked on at once (the batch size); a multiple of the number of devices.
    config.slots = 16
    # Rematerialisation, to save memory in training. "block": what is inside of a block
    # of the model is computed again in the backward pass, which costs at most a third
    # of the step.
    config.remat = "none"
    # Gradient accumulation within a step: the slots are processed in so many parts, one
    # after the other; the result is the gradient of all slots. The slots of a part must
    # be a multiple of the number of devices.
    config.microbatches = 1

    config.data = data = ConfigDict()
    # Made on this machine: "generated" (Sudoku), "generated_mazes", "programs" (tasks
    # of programming). From CSV files: "sudoku_extreme", "maze_hard". From JSON files:
    # "arc". From files of source code: "corpus".
    data.dataset = "generated"
    # Where prepared sets and downloads live.
    data.directory = "data"
    # A Sudoku: boxes of box_rows x box_cols cells.
    data.box_rows = 3
    data.box_cols = 3
    # A generated one: how many cells are blank.
    data.min_blanks = 35
    data.max_blanks = 44
    # A maze.
    data.maze_rows = 30
    data.maze_cols = 30
    # A generated one: cells of its shortest path at least, and the share of walls.
    data.min_path = 110
    data.min_walls = 0.3
    data.max_walls = 0.5
    # Choose the label of a turned maze anew: turning breaks the published choice.
    data.relabel = True
    # ARC tasks, in folders of JSON files or in files of many tasks; where the answers
    # are in a file of their own, "challenges.json+solutions.json". All pairs of the
    # first are trained on, and the demonstrations of the second, whose tests are asked.
    data.arc_training = ()
    data.arc_evaluation = ()
    # Ids of tasks of the second that stand in the first under another name.
    data.arc_leave_out = ()
    # Of each task beside itself, turned and recoloured; each has a puzzle vector.
    data.augmentations = 1000
    # Side of the canvas that grids lie on; tasks with a larger grid are left out.
    data.max_size = 30
    # Text: tokens of a row, which holds several examples in training; an example that
    # is longer is left out.
    data.seq_len = 512
    # Tokens that there are at most, and a file of a tokenizer; empty trains one on the
    # text, the first time.
    data.vocab_size = 4096
    data.tokenizer = ""
    # Of programs.
    data.languages = ("cpp", "go", "java", "javascript", "python", "rust")
    # Synthetic tasks: "write", "infer", "predict", "repair", "edit", "act", "plan";
    # empty takes all but plans, writing most often. Their difficulty, from 1 to 3; 0
    # takes all.
    data.scenarios = ()
    data.level = 0
    # Share of the Python programs that are to be written edit by edit (LintSeq).
    data.edits = 0.0
    # A sketch of each program's steps, in comments "before" or "after" it; or "none".
    data.plan = "none"
    # Several examples in a row of training, as many as it holds. A model that halts by
    # itself decides for a row, and wants one in each.
    data.pack = True
    # The first so many epochs go from easy to hard; later ones are shuffled.
    data.curriculum = 0
    # Scenarios that these epochs go through one after the other, as in "repair",
    # "write", "plan"; empty goes from easy to hard.
    data.order = ()
    # "backward": read the program, say what was asked, both from the last token to the
    # first, for `main.py rerank`.
    data.direction = "forward"
    # A file of how hard each is, as `main.py grade` finds it with a trained run; empty
    # goes by what the generator knows.
    data.grades = ""
    # Source code: folders, ZIP archives, .parquet or .jsonl files, patterns of these,
    # or what this machine has by name ("python-library", "go-library", ...: for use on
    # it alone; data_pipeline/text/corpus/machine.py).
    data.corpus = ()
    # SPDX expressions of licences, of which a file must be under one; empty takes all.
    data.licences = ()
    # Files of benchmarks (.jsonl, .jsonl.gz, .parquet) to decontaminate against: left
    # out is each source file that shares 13 consecutive words with a row (of a text of
    # 8 to 12 all), or has one of its functions, whatever the variables are called.
    data.kept_out = ()
    # Share of the pieces of files that become fill-in-the-middle examples.
    data.fill_in_middle = 0.5
    # Share of the other pieces that are cut in two, the second part to be continued
    # from the first.
    data.continued = 0.0
    # How many puzzles or tasks; from CSV files a random draw of them, 0 for all. Of a
    # corpus: files, of which a sixteenth each is reserved for test and validation
    # (data_pipeline/text/corpus/origin.py); num_train = 0 takes all the others.
    data.num_train = 4000
    data.num_test = 1000
    # Puzzles that choose the best checkpoint, so that the test stays unseen (0: none);
    # of ARC, tasks of data.arc_training whose tests are then not trained on.
    data.num_validation = 200
    data.seed = 0
    # CSV files in the published format; empty takes those that `fetch` brought.
    data.train_csv = ""
    data.test_csv = ""
    # Empty takes rows of train_csv that num_train leaves, as far as there are any.
    data.validation_csv = ""
    # Show each puzzle under a random symmetry every time; of ARC, each pair at a random
    # place of the canvas.
    data.augment = True

    # hrm_jax/models/config.py says what each field means.
    config.model = model = ConfigDict()
    model.width = 96
    model.num_heads = 3
    model.recurrence = "hierarchical"
    model.h_layers = 0
    model.l_layers = 2
    model.h_cycles = 2
    model.l_cycles = 2
    model.gradient_window = model.get_ref("h_cycles") * (model.get_ref("l_cycles") + 1)
    model.injection = "every_call"
    model.norm = "post"
    model.visibility = "all"
    model.mixer = "attention"
    model.attention_scopes = ("row", "column", "box")
    model.equivariant = False
    model.gated_attention = False
    model.feedback = "none"
    model.shared_cache = False
    model.tied_embedding = False
    model.positions = "none"
    model.rotary_theta = 10000.0
    model.expansion = 2.0
    model.feed_forward_multiple = 64
    model.conv_width = 0
    model.norm_eps = 1e-5
    model.puzzle_width = 0
    # One token of no puzzle: it sees the whole board, and the halting head reads it.
    model.prefix_len = 1
    model.halt_bias = -5.0
    model.initial_states = "fixed"
    model.state_noise = 0.0
    model.dtype = "float32"

    # hrm_jax/halting.py
    config.halting = halting = ConfigDict()
    halting.max_segments = 8
    halting.exploration_prob = 0.1
    halting.min_confidence = 0.0
    halting.residual = 0.0
    halting.q_learning = False

    # hrm_jax/losses.py
    config.loss = loss = ConfigDict()
    loss.token_loss = "softmax"
    loss.average = "example"
    loss.halt_weight = 0.5

    # Reinforcement (`main.py reinforce`), hrm_jax/rl/objectives.py: "expert", "dagger",
    # "grpo" or "gspo"; "none" learns from the data's answers.
    config.rl = rl = ConfigDict()
    rl.objective = "none"
    # Clipping as in PPO: a ratio of probabilities counts from 1 - clip_low to
    # 1 + clip_high. GSPO's authors take 3e-4 and 4e-4.
    rl.clip_low = 0.2
    rl.clip_high = 0.28
    # Of the divergence from the weights of train.start_from; 0 forgets them.
    rl.kl_weight = 0.0

    # Its rounds, hrm_jax/rl/rounds.py: tasks, answers to each, passes over them before
    # new ones are drawn.
    config.rounds = rounds = ConfigDict()
    rounds.tasks = 32
    rounds.answers = 8
    rounds.passes = 1
    # A pass learns from at most so many answers to a task, chosen at random; 0 for all.
    rounds.lessons = 0
    rounds.temperature = 1.0
    # No answer to a task comes twice (hrm_jax/text/distinct.py).
    rounds.distinct = False
    rounds.max_tokens = 160
    # Answers drawn, and programs executed, side by side; 0 for what the sandbox takes.
    rounds.at_once = 32
    rounds.workers = 0
    # At most so many wrong answers of a round become exercises: to repair them.
    rounds.mistakes = 0

    # What an answer is worth, hrm_jax/rl/rewards.py: a weighted sum.
    config.rewards = rewards = ConfigDict()
    rewards.passed = 1.0
    rewards.share = 0.0
    rewards.unreadable = 0.0
    rewards.kept = 0.0
    rewards.similarity = 0.0

    # hrm_jax/loop.py
    config.train = train = ConfigDict()
    train.seed = 0
    # Folder of a run whose weights this one begins with; empty draws them.
    train.start_from = ""
    train.steps = 2300
    train.log_every = 20
    train.eval_every = 500
    train.save_every = 200
    train.keep_last = 2
    train.fsdp = 1
    train.tensor = 1
    # Stages of shorter segments to begin with (arXiv:2511.08653), each as SHARE:HxL:
    # that share of the steps has H H-cycles of L L-cycles. ("0.5:1x1", "0.3:2x1") ends
    # with a fifth of the steps at the model's own depth.
    train.depths = ()
    # The steps that those shares are of; `+ 0` as for optim.decay_steps. A run that is
    # trained longer than it was to be stays at its whole depth.
    train.depth_steps = train.get_ref("steps") + 0
    # Above 0: the gradient window grows from this to model.gradient_window.
    train.first_window = 0
    train.window_steps = 0
    train.profile_steps = 0

    # hrm_jax/optim.py
    config.optim = optim = ConfigDict()
    optim.name = "adam_atan2"
    optim.learning_rate = 2e-3
    optim.warmup_steps = 50
    # `+ 0` makes the reference one-way: without it, setting optim.decay_steps would set
    # train.steps as well.
    optim.decay_steps = train.get_ref("steps") + 0
    # Gradient accumulation across steps: the gradients of so many are averaged, while
    # the slots think on. For a larger batch take more slots, and microbatches.
    optim.accumulate = 1
    optim.final_fraction = 0.05
    optim.b1 = 0.9
    optim.b2 = 0.95
    optim.muon_momentum = 0.95
    optim.weight_decay = 0.1
    optim.no_decay = ()
    optim.puzzle_learning_rate = 1e-2
    optim.puzzle_weight_decay = 0.1
    optim.ema_decay = 0.995

    # hrm_jax/quantization.py: train the matrices as a package will round them, as a
    # rule beginning with a run that has learned (train.start_from).
    config.quantization = quantization = ConfigDict()
    quantization.bits = 0
    quantization.block = 32

    config.evaluation = evaluation = ConfigDict()
    # Test puzzles that `main.py evaluate` scores, and those whose every segment it
    # watches to draw the pictures; 0 means all.
    evaluation.examples = 0
    evaluation.watched = 200
    # Of ARC: augmentations beside the identity that vote, as far as data has so many.
    evaluation.augmentations = 1000
    # Puzzles handed to the device at a time, and rows that they pass through.
    evaluation.batch_size = 200
    evaluation.slots = 128
    # Segments at most; 0 means halting.max_segments.
    evaluation.max_segments = 0
    # Let each puzzle stop by itself; else all take max_segments.
    evaluation.early_halting = False
    # As halting.min_confidence, where a puzzle stops by itself: in `solve` and here.
    evaluation.min_confidence = 0.95
    # Above 0: stop when a segment changes the state by less than this share of it, and
    # not by min_confidence, which has no effect then.
    evaluation.residual = 0.0
    # Attempts at each puzzle, where model.initial_states is "random"; the first is what
    # counts as the model's own, and beside it stands the one that is selected: by
    # "confidence", "agreement" (the majority's answer) or "residual" (most settled).
    evaluation.restarts = 1
    evaluation.select = "confidence"
    evaluation.seed = 0
    # Of a text: tokens that are drafted by the first H-cycle and checked together.
    evaluation.drafts = 0

    return config

"""Every field of an agent, with its meaning (`python main.py agent`).

These fields are separate from `default.py`: a run's config says how it was trained, and
an agent can use any run.
"""

from ml_collections import ConfigDict

from configs import Config


def get_config() -> Config:
    config = ConfigDict()

    # What an attempt begins with: "build_on" with the best state so far, and all that
    # earlier attempts tell; "restart", after one that did not help, with the repository
    # as it was and no memory of them: best of n by the visible tests; "likeliest" so,
    # too, `attempts` times, of which the likeliest is taken: best of n by
    # log-probability; "tree" with the state that UCB1 and progressive widening choose
    # among all that attempts left.
    config.strategy = "build_on"
    # Of a tree: see configs/search.py. Fresh is an attempt from the first state.
    config.exploration = 0.3
    config.fresh_widening = 2.0
    config.repair_widening = 1.0
    config.widening_power = 0.6
    # Subgoals in a row that may leave no better state than the best: each one test and
    # the files it may be about. A tree, which begins with others too, wants more.
    config.attempts = 6
    # Actions of the model for one of them, and how many of these may be no action.
    config.actions = 10
    config.malformed = 3
    # From the second attempt on that begins with a state of the repository; the first
    # one takes the likeliest words.
    config.temperature = 0.8
    # Of what is drawn at that temperature.
    config.seed = 0
    # Files that a subgoal offers, those that retrieval ranks first.
    config.offered = 3

    # Tokens that an action may have; the rest of a model's context is for the prompt.
    config.answer_tokens = 96
    # Of the prompt, at most, for what was tried before, and for the repository's map:
    # what its files define, those that retrieval ranks first. Our own models have not
    # learned to read either.
    config.memory_share = 0.0
    config.map_share = 0.0
    # Attempts that are remembered.
    config.memory_size = 24

    # BM25, as Robertson and Zaragoza (2009, section 3.2) recommend.
    config.bm25_k1 = 1.2
    config.bm25_b = 0.75

    # Characters of an observation, at most.
    config.observation_chars = 8_000
    # Bytes of a file that is read at all, and of all of them.
    config.largest_file = 2**20
    config.largest_repository = 2**25
    # Wall-clock seconds of the tests, and memory.
    config.test_seconds = 60
    config.test_memory = 2**30

    # Of many tasks: seconds after which a worker that gave no sign has lost its task,
    # and how often in a row a task may lose its worker with nothing in its journal.
    config.lease_seconds = 60.0
    config.leases = 20

    # Budgets of a session where no flag says otherwise: seconds of model and tests,
    # tokens read and written, runs of the tests.
    config.seconds = 3_600.0
    config.tokens = 1_000_000
    config.runs = 100
    return config

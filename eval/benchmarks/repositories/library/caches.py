"""Caches that forget: what was used least, what is old, what costs most."""


class RecentCache:
    """Keeps the values that were used last, at most `size` of them."""

    def __init__(self, size):
        if size < 1:
            raise ValueError("a cache holds at least one value")
        self._size = size
        self._values = {}
        self.hits = 0
        self.misses = 0

    def __len__(self):
        return len(self._values)

    def get(self, key, default=None):
        """The value of a key, which counts as a use."""
        if key not in self._values:
            self.misses += 1
            return default
        self.hits += 1
        value = self._values.pop(key)
        self._values[key] = value
        return value

    def put(self, key, value):
        """Keeps a value, and forgets the one that was unused for longest."""
        if key in self._values:
            self._values.pop(key)
        elif len(self._values) >= self._size:
            self._values.pop(next(iter(self._values)))
        self._values[key] = value

    def keys(self):
        """The keys, the one used last at the end."""
        return list(self._values)


class TimedCache:
    """Keeps values for `seconds`; the time is told to it."""

    def __init__(self, seconds):
        self._seconds = seconds
        self._entries = {}

    def put(self, key, value, now):
        """Keeps a value from now on."""
        self._entries[key] = (value, now + self._seconds)

    def get(self, key, now):
        """The value of a key; None if there is none, or its time is over."""
        if key not in self._entries:
            return None
        value, end = self._entries[key]
        if now >= end:
            del self._entries[key]
            return None
        return value

    def sweep(self, now):
        """Forgets what is over, and tells how many values that were."""
        over = [key for key, (_, end) in self._entries.items() if now >= end]
        for key in over:
            del self._entries[key]
        return len(over)


class Budget:
    """Keeps values up to a total cost, and forgets the most costly ones first."""

    def __init__(self, limit):
        self._limit = limit
        self._costs = {}

    def add(self, key, cost):
        """Adds a value; returns the keys that went, which may be the new one."""
        self._costs[key] = cost
        gone = []
        while self.total() > self._limit:
            worst = max(self._costs, key=lambda one: (self._costs[one], one))
            del self._costs[worst]
            gone.append(worst)
        return gone

    def total(self):
        """The cost of all that is kept."""
        return sum(self._costs.values())


def remember(function, seen=None):
    """A function that computes each value once; `seen` holds what is known."""
    if seen is None:
        seen = {}

    def remembered(*arguments):
        if arguments not in seen:
            seen[arguments] = function(*arguments)
        return seen[arguments]

    return remembered


def batches(keys, size):
    """Keys without repetitions in lists of at most `size`, in order."""
    found, seen = [], set()
    for key in keys:
        if key in seen:
            continue
        seen.add(key)
        if not found or len(found[-1]) >= size:
            found.append([])
        found[-1].append(key)
    return found

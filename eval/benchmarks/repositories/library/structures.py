"""Intervals, sorted lists, a heap and a ring."""


def merge_intervals(intervals):
    """Intervals that overlap or touch, joined, in order of their starts."""
    merged = []
    for start, end in sorted(intervals):
        if start > end:
            raise ValueError("an interval ends before it starts")
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def insertion_point(values, value):
    """Where a value goes in a sorted list, behind those that are equal."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if value < values[middle]:
            high = middle
        else:
            low = middle + 1
    return low


def insert_sorted(value, values=None):
    """A sorted list with one more value; a new list where none is given."""
    if values is None:
        values = []
    values.insert(insertion_point(values, value), value)
    return values


def rotate(values, steps):
    """The values, moved to the right by some steps, those at the end to the front."""
    if not values:
        return []
    steps = steps % len(values)
    return values[len(values) - steps :] + values[: len(values) - steps]


class Heap:
    """A heap whose smallest value comes first; of equal ones, the one added first."""

    def __init__(self, values=()):
        self._entries = []
        self._added = 0
        for value in values:
            self.push(value)

    def __len__(self):
        return len(self._entries)

    def push(self, value):
        """Adds a value."""
        self._entries.append((value, self._added))
        self._added += 1
        place = len(self._entries) - 1
        while place > 0:
            parent = (place - 1) // 2
            if self._entries[parent] <= self._entries[place]:
                break
            self._swap(parent, place)
            place = parent

    def pop(self):
        """Takes the smallest value out; raises IndexError if there is none."""
        self._swap(0, len(self._entries) - 1)
        value, _ = self._entries.pop()
        place, size = 0, len(self._entries)
        while True:
            least = place
            for child in (2 * place + 1, 2 * place + 2):
                if child < size and self._entries[child] < self._entries[least]:
                    least = child
            if least == place:
                return value
            self._swap(place, least)
            place = least

    def _swap(self, one, two):
        entries = self._entries
        entries[one], entries[two] = entries[two], entries[one]


class Ring:
    """Keeps the last `size` values."""

    def __init__(self, size):
        if size < 1:
            raise ValueError("a ring has at least one place")
        self._values, self._size, self._next = [], size, 0

    def add(self, value):
        """Adds a value, in the place of the oldest if the ring is full."""
        if len(self._values) < self._size:
            self._values.append(value)
        else:
            self._values[self._next] = value
        self._next = (self._next + 1) % self._size

    def values(self):
        """The values, the oldest first."""
        if len(self._values) < self._size:
            return list(self._values)
        return self._values[self._next :] + self._values[: self._next]

"""Reads and writes durations, lists of ranges, and pairs of names and values."""

UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def parse_duration(text):
    """The seconds of a text such as "1h30m"; "90" alone are seconds.

    Raises ValueError if a unit is unknown, comes twice or after a smaller one.
    """
    if text.isdigit():
        return int(text)
    total, number, rest = 0, "", list(UNITS)
    for letter in text:
        if letter.isdigit():
            number += letter
            continue
        while rest and rest[0][0] != letter:
            rest.pop(0)
        if not rest or not number:
            raise ValueError(f"bad duration: {text!r}")
        total += int(number) * rest.pop(0)[1]
        number = ""
    if number or not text:
        raise ValueError(f"bad duration: {text!r}")
    return total


def format_duration(seconds, parts=2):
    """The largest units that a number of seconds holds, at most `parts` of them."""
    if seconds < 0:
        return "-" + format_duration(-seconds, parts)
    words = []
    for letter, size in UNITS:
        count, seconds = seconds // size, seconds % size
        if count > 0 and len(words) < parts:
            words.append(f"{count}{letter}")
    return "".join(words) or "0s"


def parse_ranges(text):
    """The numbers of a list such as "1-3,7", sorted and each once."""
    numbers = set()
    for part in text.split(","):
        part = part.strip()
        if not part:
            continue
        first, dash, last = part.partition("-")
        if not dash:
            last = first
        if int(first) > int(last):
            first, last = last, first
        numbers.update(range(int(first), int(last) + 1))
    return sorted(numbers)


def format_ranges(numbers):
    """The shortest list of ranges of numbers: "1-3,7"."""
    runs = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] + 1 == number:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def parse_pairs(text, known=None):
    """The pairs of a text such as "a=1; b=2", added to those that are known.

    A name without a value is true; of a name that comes twice the last value counts.
    """
    if known is None:
        known = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not name or name.startswith("#"):
            continue
        known[name] = value.strip() if equals else True
    return known
